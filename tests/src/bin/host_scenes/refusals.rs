//! Systems and sandboxes that do not have what the library would like to use.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::process::id;
use std::thread;
use std::time::{Duration, Instant};

use checks::host::refuse;
use checks::scenes::{Bell, PATIENCE, note, notes, runs, until};
use nix::errno::Errno;
use nix::libc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use procession::{Error, Lock, Process};

use crate::{in_a_child, shown, start};

fn refused(call: libc::c_long, errno: Errno) {
    refuse(call, errno).expect("a filter");
}

/// By what the C library forks: musl prefers the old call where there is one.
const FORK: &[libc::c_long] = &[
    libc::SYS_clone,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
];

/// And by what it looks at a path.
const STAT: &[libc::c_long] = &[
    libc::SYS_newfstatat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_stat,
];

fn sleeps() {
    thread::sleep(Duration::from_secs(1000));
}

/// Waits with a limit, and signals.
fn children_can_be_waited_for_and_ended() {
    let child = start(sleeps);
    let (began, limit) = (Instant::now(), Duration::from_millis(150));
    assert_eq!(child.join_timeout(limit).expect("our child"), None);
    assert!(began.elapsed() >= limit);
    assert_eq!(child.join_timeout(Duration::ZERO).expect("our child"), None);
    assert!(child.is_alive().expect("our child"));
    child.terminate().expect("our child");
    assert!(child.join_timeout(PATIENCE).expect("a status").is_some());
    assert_eq!(shown(&child), "-SIGTERM");
    // What has ended is neither waited for nor signalled.
    child.kill().expect("nothing is sent");
    assert!(child.join_timeout(PATIENCE).expect("a status").is_some());
    let killed = start(sleeps);
    killed.kill().expect("our child");
    assert_eq!(shown(&killed), "-SIGKILL");
    // By several threads at once.
    let child = start(|| thread::sleep(Duration::from_millis(50)));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| assert!(child.join_timeout(PATIENCE).expect("a status").is_some()));
        }
    });
    // And the end of a process that has daemons.
    notes();
    in_a_child(|| {
        let daemon = Process::new(sleeps).daemon(true).start().expect("a daemon");
        note(daemon.pid());
    });
    assert!(!runs(notes()[0].parse().expect("a pid")));
}

pub(crate) fn pidfd_open_unknown() {
    refused(libc::SYS_pidfd_open, Errno::ENOSYS);
    children_can_be_waited_for_and_ended();
}

pub(crate) fn pidfd_open_forbidden() {
    refused(libc::SYS_pidfd_open, Errno::EPERM);
    children_can_be_waited_for_and_ended();
}

pub(crate) fn pidfd_signals_unknown() {
    refused(libc::SYS_pidfd_send_signal, Errno::ENOSYS);
    children_can_be_waited_for_and_ended();
}

pub(crate) fn pidfd_signals_forbidden() {
    refused(libc::SYS_pidfd_send_signal, Errno::EPERM);
    children_can_be_waited_for_and_ended();
}

/// Until the guard is dropped, this process can open nothing.
fn without_descriptors(most: u64, work: impl FnOnce()) {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    setrlimit(Resource::RLIMIT_NOFILE, most, hard).expect("one may lower it");
    work();
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard).expect("and raise it again");
}

fn waits_and_signals_need_no_descriptor(most: u64) {
    let (slow, quick) = (start(sleeps), start(|| thread::sleep(Duration::from_millis(50))));
    without_descriptors(most, || {
        assert_eq!(slow.join_timeout(Duration::from_millis(100)).expect("our child"), None);
        assert!(quick.join_timeout(PATIENCE).expect("a status").is_some());
        slow.terminate().expect("our child");
        assert_eq!(shown(&slow), "-SIGTERM");
        // A start needs one only if there are pipes.
        assert_eq!(shown(&start(|| std::process::exit(4))), "4");
    });
}

pub(crate) fn no_descriptor_left() {
    // Not how many are open: among those that were inherited there may be gaps.
    let lowest_free = File::open("/dev/null").expect("a device").as_raw_fd();
    waits_and_signals_need_no_descriptor(lowest_free as u64);
}

pub(crate) fn no_descriptor_allowed() {
    waits_and_signals_need_no_descriptor(0);
}

pub(crate) fn a_daemon_without_prctl() {
    refused(libc::SYS_prctl, Errno::EPERM);
    for by in ["SIGKILL", "its own end"] {
        notes();
        let up = Bell::new();
        let father = start(|| {
            let daemon = Process::new(|| {
                up.ring();
                sleeps();
            });
            note(daemon.daemon(true).start().expect("a daemon").pid());
            // A daemon that is only beginning would see for itself that its father has gone.
            up.wait();
            if by == "SIGKILL" {
                std::process::abort();
            }
        });
        assert_eq!(shown(&father), if by == "SIGKILL" { "-SIGABRT" } else { "0" });
        let daemon = notes()[0].parse().expect("a pid");
        until("the daemon has gone with its father", || !runs(daemon));
    }
}

/// A lock keeps out, is free when its holder is killed, and tells.
fn locks_work() {
    let lock = Lock::new().expect("a lock");
    let guard = lock.acquire().expect("a free lock");
    in_a_child(|| assert!(lock.try_acquire().is_ok_and(|guard| guard.is_none()), "the parent has it"));
    drop(guard);
    let dies = start(|| {
        let _guard = lock.acquire().expect("a free lock");
        std::process::abort()
    } as ());
    assert_eq!(shown(&dies), "-SIGABRT");
    assert!(lock.acquire().expect("a free lock").owner_died());
}

pub(crate) fn memfd_unknown() {
    refused(libc::SYS_memfd_create, Errno::ENOSYS);
    locks_work();
}

pub(crate) fn memfd_forbidden() {
    refused(libc::SYS_memfd_create, Errno::EPERM);
    locks_work();
}

pub(crate) fn fallocate_unknown() {
    refused(libc::SYS_fallocate, Errno::ENOSYS);
    refused(libc::SYS_madvise, Errno::ENOSYS);
    locks_work();
}

pub(crate) fn waitid_unknown() {
    let child = start(|| thread::sleep(Duration::from_millis(100)));
    refused(libc::SYS_waitid, Errno::ENOSYS);
    assert_eq!(shown(&child), "0");
    children_can_be_waited_for_and_ended();
    refused(libc::SYS_pidfd_open, Errno::ENOSYS);
    children_can_be_waited_for_and_ended();
}

pub(crate) fn forks_forbidden() {
    for (errno, way_out) in
        [(Errno::EAGAIN, "end some"), (Errno::ENOMEM, "end some"), (Errno::EPERM, "sandbox")]
    {
        let asks = || {
            FORK.iter().for_each(|call| refused(*call, errno));
            match Process::new(|| ()).start() {
                Err(error @ Error::Fork(_)) => assert!(error.to_string().contains(way_out), "{error}"),
                other => panic!("{other:?}"),
            }
        };
        in_a_child(asks);
    }
}

/// Some kernels do not count the threads of a process in /proc.
pub(crate) fn no_word_about_threads() {
    refused(libc::SYS_statx, Errno::ENOSYS);
    STAT.iter().for_each(|call| refused(*call, Errno::EACCES));
    one_thread_is_told_from_two();
}

fn one_thread_is_told_from_two() {
    in_a_child(|| ());
    let me = id();
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            let refused = Process::new(|| ()).start();
            assert!(matches!(refused, Err(Error::MultiThreaded { threads: 2 })), "{refused:?}");
            assert_eq!(id(), me);
        });
        other.join().expect("no panic");
    });
    in_a_child(|| ());
}

/// And where neither way is open, the error says what is missing.
pub(crate) fn one_thread_without_proc() {
    refused(libc::SYS_statx, Errno::ENOSYS);
    STAT.iter().for_each(|call| refused(*call, Errno::EACCES));
    refused(libc::SYS_unshare, Errno::EPERM);
    let error = Process::new(|| ()).start().expect_err("a start would be a risk").to_string();
    assert!(error.contains("/proc/self/task"), "{error}");
}

/// Not with ENOSYS: for that there is /dev/urandom.
pub(crate) fn no_random_numbers() {
    refused(libc::SYS_getrandom, Errno::EIO);
    in_a_child(|| in_a_child(|| ()));
    in_a_child(|| ());
}
