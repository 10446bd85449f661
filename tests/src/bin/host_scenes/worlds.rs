//! Containers, and what is missing or different in them. It takes root's rights to make one.

use std::fs::{self, File};
use std::io::{Write, pipe, read_to_string, stdin};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio, id};
use std::thread;
use std::time::Duration;

use checks::Signal;
use checks::scenes::{Bell, PATIENCE, note, notes, runs, until};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::kill;
use nix::sys::wait::waitpid;
use nix::unistd::{Gid, Pid, Uid, setgid, setuid};
use procession::{Error, FileLock, Lock, Pipe, Process, Queue, active_children};

use crate::{in_a_child, shown, start};

/// A view of the file systems that is this process's own.
fn own_view() {
    unshare(CloneFlags::CLONE_NEWNS).expect("root may");
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)
        .expect("root may");
}

/// Covers a folder with an empty one.
fn cover(folder: &str, options: &str) {
    mount(Some("none"), folder, Some("tmpfs"), MsFlags::empty(), Some(options)).expect("root may");
}

fn sleeps() {
    thread::sleep(Duration::from_secs(1000));
}

pub(crate) fn without_proc() {
    own_view();
    let before = Lock::new().expect("a lock");
    cover("/proc", "");
    // Processes need none.
    assert_eq!(shown(&start(|| std::process::exit(7))), "7");
    let child = start(sleeps);
    assert_eq!(child.join_timeout(Duration::from_millis(50)).expect("our child"), None);
    child.terminate().expect("our child");
    assert_eq!(shown(&child), "-SIGTERM");
    in_a_child(|| drop(Process::new(sleeps).daemon(true).start().expect("a daemon")));
    thread::scope(|scope| {
        let refused = scope.spawn(|| Process::new(|| ()).start().map(drop)).join().expect("no panic");
        assert!(matches!(refused, Err(Error::MultiThreaded { threads: 2 })), "{refused:?}");
    });
    // Nor do locks on a path.
    let lock = FileLock::new("tickets.lock");
    let guard = lock.acquire().expect("a free lock");
    in_a_child(|| assert!(lock.try_acquire().expect("a lock").is_none(), "the parent has it"));
    drop(guard);
    fs::remove_file("tickets.lock").expect("a file of our own");
    let Pipe { sender, receiver } = Pipe::<u32>::new().expect("a pipe");
    let child = start(move || sender.send(&7));
    assert_eq!(receiver.recv().ok(), Some(7));
    assert!(matches!(receiver.recv(), Err(Error::Eof)));
    assert_eq!(shown(&child), "0");
    // A lock without a path does, and a queue, and they say so.
    let error = Queue::<u32>::new().expect_err("it cannot be opened").to_string();
    assert!(error.contains("/proc/self/fd/"), "{error}");
    for lock in [before, Lock::new().expect("a lock")] {
        let error = lock.acquire().expect_err("no process can open it").to_string();
        assert!(error.contains("/proc/self/fd/"), "{error}");
    }
}

pub(crate) fn without_dev() {
    own_view();
    cover("/dev", "");
    let (ours, mut theirs) = pipe().expect("a pipe");
    nix::unistd::dup2_stdin(&ours).expect("another stdin");
    theirs.write_all(b"for the parent").expect("room");
    drop(theirs);
    for _ in 0..2 {
        in_a_child(|| {
            assert_eq!(read_to_string(stdin()).expect("it can be read"), "");
            in_a_child(|| assert_eq!(read_to_string(stdin()).expect("it can be read"), ""));
            assert!(File::open("/proc/self/fd/0").is_ok(), "the number is taken");
        });
    }
    assert_eq!(read_to_string(stdin()).expect("it can be read"), "for the parent");
    let lock = Lock::new().expect("a lock");
    in_a_child(|| drop(lock.acquire().expect("a free lock")));
}

pub(crate) fn a_file_system_to_read_only() {
    own_view();
    fs::create_dir("disk").expect("a folder");
    cover("disk", "");
    fs::write("disk/there.lock", "").expect("a file");
    let flags = MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
    mount(None::<&str>, "disk", None::<&str>, flags, None::<&str>).expect("root may");
    let lock = FileLock::new("disk/there.lock");
    let guard = lock.acquire().expect("a free lock");
    in_a_child(|| assert!(lock.try_acquire().expect("a lock").is_none(), "the parent has it"));
    drop(guard);
    let error = FileLock::new("disk/new.lock").acquire().expect_err("it cannot be made").to_string();
    assert!(error.contains("disk/new.lock") && error.contains("Read-only"), "{error}");
    drop(lock);
    leave_disk();
}

pub(crate) fn a_full_file_system() {
    own_view();
    fs::create_dir("disk").expect("a folder");
    cover("disk", "nr_inodes=2");
    let there = FileLock::new("disk/there.lock");
    drop(there.acquire().expect("room for one"));
    let new = FileLock::new("disk/new.lock");
    let error = new.acquire().expect_err("there is no room").to_string();
    assert!(error.contains("disk/new.lock") && error.contains("No space left"), "{error}");
    drop(there.acquire().expect("a free lock"));
    fs::remove_file("disk/there.lock").expect("a file of our own");
    drop(there);
    drop(new.acquire().expect("there is room again"));
    drop(new);
    leave_disk();
}

fn leave_disk() {
    nix::mount::umount("disk").expect("nobody uses it");
    fs::remove_dir("disk").expect("a folder of our own");
}

/// As in a container: this program is its first process, and has no other one to look after it.
fn run_as_first(before: &str) {
    let program = std::env::current_exe().expect("/proc");
    let script = format!("{before} exec '{}' as-first", program.display());
    in_a_child(|| {
        own_view();
        unshare(CloneFlags::CLONE_NEWPID).expect("root may");
        let status = Command::new("sh").args(["-c", &script]).stdin(Stdio::null()).status();
        assert!(status.expect("a shell").success());
    });
}

pub(crate) fn the_first_process() {
    run_as_first("mount -t proc proc /proc &&");
}

pub(crate) fn a_proc_of_other_processes() {
    run_as_first("");
}

pub(crate) fn as_first() {
    assert_eq!(id(), 1);
    assert_eq!(shown(&start(|| std::process::exit(7))), "7");
    let child = start(|| {
        assert_eq!(
            procession::parent_process().map(|parent| (parent.pid(), parent.is_alive())),
            Some((1, true))
        );
        sleeps();
    });
    assert_eq!(child.join_timeout(Duration::from_millis(50)).expect("our child"), None);
    child.terminate().expect("our child");
    assert_eq!(shown(&child), "-SIGTERM");
    // A killed father's daemon goes with it, and its other children become ours without being so.
    let (go, alive) = (Bell::new(), Bell::new());
    notes();
    let father = start(|| {
        note(start(|| go.wait()).pid());
        let daemon = Process::new(|| {
            alive.ring();
            sleeps();
        });
        note(daemon.daemon(true).start().expect("a daemon").pid());
        alive.wait();
        std::process::abort()
    } as ());
    assert_eq!(shown(&father), "-SIGABRT");
    let pids: Vec<i32> = notes().iter().map(|pid| pid.parse().expect("a pid")).collect();
    assert!(active_children().is_empty());
    go.ring();
    for pid in pids {
        waitpid(Pid::from_raw(pid), None).expect("an orphan that ends");
    }
    // What signals a process like this does not heed, its children do.
    kill(Pid::from_raw(1), Signal::SIGTERM).expect("our own");
    let lock = Lock::new().expect("a lock");
    let guard = lock.acquire().expect("a free lock");
    in_a_child(|| assert!(lock.try_acquire().is_ok_and(|guard| guard.is_none()), "the parent has it"));
    drop(guard);
    // At the end, daemons are ended and others are waited for.
    drop(Process::new(sleeps).daemon(true).start().expect("a daemon"));
    drop(start(|| thread::sleep(Duration::from_millis(50))));
}

pub(crate) fn a_child_that_is_the_first_process() {
    let lock = Lock::new().expect("a lock");
    let guard = lock.acquire().expect("a free lock");
    in_a_child(|| {
        unshare(CloneFlags::CLONE_NEWPID).expect("root may");
        in_a_child(|| {
            assert_eq!(id(), 1);
            assert!(lock.try_acquire().is_ok_and(|guard| guard.is_none()), "somebody outside has it");
            assert_eq!(shown(&start(|| std::process::exit(7))), "7");
        });
    });
    drop(guard);
    // A daemon whose parent is not to be seen from inside lives, and does not outlive it.
    notes();
    let alive = Bell::new();
    let father = start(|| {
        unshare(CloneFlags::CLONE_NEWPID).expect("root may");
        let daemon = Process::new(|| {
            assert_eq!(id(), 1);
            alive.ring();
            sleeps();
        });
        let daemon = daemon.daemon(true).start().expect("a daemon");
        note(daemon.pid());
        alive.wait();
        assert_eq!(daemon.join_timeout(Duration::from_millis(200)).expect("our child"), None);
        std::process::abort()
    } as ());
    assert_eq!(shown(&father), "-SIGABRT");
    let daemon = notes()[0].parse().expect("a pid");
    until("the daemon has gone with its father", || !runs(daemon));
}

fn become_nobody() {
    setgid(Gid::from_raw(65534)).expect("root may");
    setuid(Uid::from_raw(65534)).expect("root may");
}

pub(crate) fn another_user_later() {
    let (lock, path) = (Lock::new().expect("a lock"), FileLock::new("tickets.lock"));
    let (guard, other) = (lock.acquire().expect("a free lock"), path.acquire().expect("a free lock"));
    let child = start(|| {
        become_nobody();
        assert!(lock.try_acquire().is_ok_and(|guard| guard.is_none()), "the parent has it");
        assert!(path.try_acquire().is_ok_and(|guard| guard.is_none()), "the parent has it");
        in_a_child(|| assert!(lock.acquire_timeout(Duration::ZERO).is_ok_and(|guard| guard.is_none())));
    });
    assert_eq!(shown(&child), "0");
    drop((guard, other));
    in_a_child(|| {
        become_nobody();
        drop(lock.acquire().expect("a free lock"));
        drop(path.acquire().expect("a free lock"));
    });
    fs::remove_file("tickets.lock").expect("a file of our own");
    // A daemon that only root could end: its parent says so and does not wait for it, nor for ever at the end.
    let (ready, go) = (Bell::new(), Bell::new());
    let parent = start(|| {
        let daemon = Process::new(|| {
            ready.ring();
            go.rings_within(PATIENCE);
        });
        let daemon = daemon.daemon(true).start().expect("a daemon");
        ready.wait();
        become_nobody();
        let error = daemon.terminate().expect_err("it is root's").to_string();
        assert!(error.contains("Operation not permitted"), "{error}");
    });
    assert!(
        parent.join_timeout(PATIENCE / 2).expect("a status").is_some(),
        "it does not wait for its daemon"
    );
    go.ring();
}

pub(crate) fn not_to_be_looked_at() {
    in_a_child(|| {
        become_nobody();
        prctl::set_dumpable(false).expect("any process may");
        assert_eq!(fs::metadata("/proc/self/fd").expect("/proc").uid(), 0);
        let lock = Lock::new().expect("a lock");
        let guard = lock.acquire().expect("a free lock");
        in_a_child(|| assert!(lock.try_acquire().is_ok_and(|guard| guard.is_none()), "the parent has it"));
        drop(guard);
        let child = start(sleeps);
        child.terminate().expect("our child");
        assert_eq!(shown(&child), "-SIGTERM");
    });
}

pub(crate) fn memfds_only_without_execution() {
    const RULE: &str = "/proc/sys/vm/memfd_noexec";
    if !Path::new(RULE).exists() {
        return;
    }
    in_a_child(|| {
        unshare(CloneFlags::CLONE_NEWPID).expect("root may");
        in_a_child(|| {
            fs::write(RULE, "2").expect("root may");
            let lock = Lock::new().expect("a lock");
            in_a_child(|| drop(lock.acquire().expect("a free lock")));
        });
    });
}
