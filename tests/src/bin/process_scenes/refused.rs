//! Starts that are refused, and what is left of them.

use std::process::id;
use std::thread;

use checks::scenes::{Bell, descriptors};
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{Gid, Uid, setgid, setuid};
use procession::{Error, Lock, Pipe, Process, active_children};

use crate::borders::Told;
use crate::{in_a_child, start};

pub(crate) fn by_threads() {
    let bell = Bell::new();
    thread::scope(|scope| {
        let thread = scope.spawn(|| bell.wait());
        let value = Told("value");
        let refused = Process::new(move || drop(value)).start();
        assert!(matches!(refused, Err(Error::MultiThreaded { threads: 2 })), "{refused:?}");
        assert_eq!(checks::scenes::notes().len(), 1, "the closure is dropped, and never called");
        // From the other thread it is no better.
        thread::scope(|inner| {
            let refused = inner.spawn(|| Process::new(|| ()).start().map(drop)).join().expect("no panic");
            assert!(matches!(refused, Err(Error::MultiThreaded { threads: 3 })), "{refused:?}");
        });
        bell.ring();
        thread.join().expect("the thread");
    });
    in_a_child(|| ());
}

pub(crate) fn by_threads_never_in_vain() {
    for round in 0..500 {
        thread::spawn(|| ()).join().expect("the thread");
        match Process::new(|| ()).start() {
            Ok(child) => assert!(child.join().expect("a status").success()),
            Err(e) => panic!("round {round}: {e}"),
        }
    }
}

pub(crate) fn by_a_daemon() {
    let daemon = Process::new(|| {
        for daemon in [true, false] {
            match Process::new(|| ()).daemon(daemon).start() {
                Err(Error::DaemonHasChildren { name }) => assert_eq!(name, "Dai"),
                other => panic!("{other:?}"),
            }
        }
    });
    let daemon = daemon.daemon(true).name("Dai").start().expect("a daemon");
    assert_eq!(crate::shown(&daemon), "0");
}

pub(crate) fn by_another_process() {
    let main = id();
    let of_main = Process::new(|| ()).name("Bob");
    in_a_child(|| match of_main.start() {
        Err(Error::NotMyChild { name, parent }) => assert_eq!((name.as_str(), parent), ("Bob", main)),
        other => panic!("{other:?}"),
    });
}

/// Makes this process an ordinary one that may have no children, and gives back the way to allow them again.
fn no_more_processes() -> impl Fn() {
    if Uid::effective().is_root() {
        // The limit is not for root. Nobody owns nothing here, and needs nothing.
        setgid(Gid::from_raw(65534)).expect("root may");
        setuid(Uid::from_raw(65534)).expect("root may");
        // Or its own /proc would belong to root.
        prctl::set_dumpable(true).expect("it may be looked at");
    }
    let (soft, hard) = getrlimit(Resource::RLIMIT_NPROC).expect("a limit");
    setrlimit(Resource::RLIMIT_NPROC, 0, hard).expect("one may lower it");
    move || setrlimit(Resource::RLIMIT_NPROC, soft, hard).expect("and raise it again")
}

pub(crate) fn by_the_system() {
    let allow = no_more_processes();
    let before = descriptors();
    for _ in 0..10 {
        match Process::new(|| ()).start() {
            Err(Error::Fork(e)) => assert_eq!(e.raw_os_error(), Some(Errno::EAGAIN as i32)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(descriptors(), before);
    assert!(active_children().is_empty());
    allow();
    in_a_child(|| ());
    assert_eq!(descriptors(), before);
}

pub(crate) fn by_the_system_with_pipes_open() {
    let allow = no_more_processes();
    let Pipe { sender, receiver } = Pipe::<u32>::new().expect("a pipe");
    let lock = Lock::new().expect("a lock");
    let guard = lock.acquire().expect("a free lock");
    let before = descriptors();
    // Borrowed, nothing is lost by a refusal.
    for _ in 0..10 {
        assert!(matches!(Process::new(|| sender.send(&1)).start(), Err(Error::Fork(_))));
    }
    assert_eq!(descriptors(), before);
    assert!(matches!(lock.acquire(), Err(Error::Reentrant)), "the lock is still held");
    sender.send(&2).expect("the sender is still here");
    assert_eq!(receiver.recv().ok(), Some(2));
    // Moved, the end goes with the closure.
    assert!(matches!(Process::new(move || sender.send(&3)).start(), Err(Error::Fork(_))));
    assert!(matches!(receiver.recv(), Err(Error::Eof)));
    allow();
    let Pipe { sender, receiver } = Pipe::<u32>::new().expect("a pipe");
    let child = start(move || sender.send(&4));
    assert_eq!(receiver.recv().ok(), Some(4));
    assert_eq!(crate::shown(&child), "0");
    drop(guard);
}
