//! What a child finds around it, and what children leave behind.

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::io::{Read, stdin};
use std::time::Duration;

use checks::scenes::{descriptors, note, notes};
use nix::errno::Errno;
use nix::libc;
use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use procession::{Lock, Pipe};
use rand::RngExt;

use crate::{in_a_child, start};

pub(crate) fn two_hundred_leave_nothing() {
    let maps = || read_to_string("/proc/self/maps").expect("/proc").lines().count();
    let round = || {
        let lock = Lock::new().expect("a lock");
        let guard = lock.acquire().expect("a free lock");
        let Pipe { sender, receiver } = Pipe::<u32>::new().expect("a pipe");
        let child = start(|| lock.acquire().map(drop));
        assert_eq!(child.join_timeout(Duration::ZERO).expect("our child"), None);
        drop(guard);
        let sends = start(move || sender.send(&7));
        assert_eq!(receiver.recv().ok(), Some(7));
        assert!(child.join().expect("a status").success());
        assert!(sends.join_timeout(Duration::MAX).expect("our child").is_some());
    };
    (0..5).for_each(|_| round());
    let before = (descriptors(), maps());
    (0..100).for_each(|_| round());
    assert_eq!((descriptors(), maps()), before);
    assert_eq!(waitpid(Pid::from_raw(-1), None), Err(Errno::ECHILD), "no zombie");
}

pub(crate) fn stdin_is_empty() {
    in_a_child(|| {
        let mut buffer = [0; 8];
        // SAFETY: the buffer is valid for writes.
        assert_eq!(unsafe { libc::read(0, buffer.as_mut_ptr().cast(), buffer.len()) }, 0);
        let mut text = String::new();
        assert_eq!(stdin().read_line(&mut text).expect("it can be read"), 0);
        assert_eq!(stdin().lock().read(&mut buffer).expect("it can be read"), 0);
        // A grandchild finds the same.
        in_a_child(|| assert_eq!(std::io::read_to_string(stdin()).expect("it can be read"), ""));
    });
    assert_eq!(std::io::read_to_string(stdin()).expect("it can be read"), "for the parent\nalone\n");
}

pub(crate) fn stdin_was_closed() {
    // SAFETY: nobody in this process reads from it.
    assert_eq!(unsafe { libc::close(0) }, 0);
    let works = || {
        assert_eq!(std::io::read_to_string(stdin()).expect("it can be read"), "");
        assert!(descriptors()[0].starts_with("0 -> /dev/null"), "{:?}", descriptors());
    };
    in_a_child(works);
    // A pipe now takes the number 0, and must still be a pipe in the child.
    let Pipe { sender, receiver } = Pipe::<u32>::new().expect("a pipe");
    let child = start(move || receiver.recv().map_err(|e| e.to_string()).map(|got| assert_eq!(got, 7)));
    sender.send(&7).expect("there is a receiver");
    assert_eq!(crate::shown(&child), "0");
    // And so does a lock.
    let lock = Lock::new().expect("a lock");
    let guard = lock.acquire().expect("a free lock");
    in_a_child(|| assert!(lock.try_acquire().is_ok_and(|guard| guard.is_none()), "the parent has it"));
    drop(guard);
}

/// Not only pipes and files, but what is a device as /dev/null is one, a terminal for example.
pub(crate) fn stdin_is_a_device() {
    let zero = std::fs::File::open("/dev/zero").expect("a device");
    nix::unistd::dup2_stdin(&zero).expect("another stdin");
    in_a_child(|| assert_eq!(stdin().read(&mut [0; 8]).expect("it can be read"), 0));
    assert_eq!(stdin().read(&mut [0; 8]).expect("it can be read"), 8, "the parent's is as it was");
}

pub(crate) fn stdin_read_ahead() {
    let mut line = String::new();
    stdin().read_line(&mut line).expect("a line");
    assert_eq!(line, "for the parent\n");
    in_a_child(|| {
        // SAFETY: the buffer is valid for writes.
        assert_eq!(unsafe { libc::read(0, [0u8; 8].as_mut_ptr().cast(), 8) }, 0);
        assert_eq!(std::io::read_to_string(stdin()).expect("it can be read"), "alone\n");
    });
    assert_eq!(std::io::read_to_string(stdin()).expect("it can be read"), "alone\n");
}

pub(crate) fn descriptors_of_a_child() {
    notes();
    let without_stdin = |all: Vec<String>| all.into_iter().filter(|one| !one.starts_with("0 ")).collect();
    let before: BTreeSet<String> = without_stdin(descriptors());
    in_a_child(|| {
        let now: BTreeSet<String> = without_stdin(descriptors());
        assert_eq!(now, before, "nothing is added");
    });
    // With ends of pipes to be handed over, and locks to be given up.
    let lock = Lock::new().expect("a lock");
    let guard = lock.acquire().expect("a free lock");
    let Pipe { sender, receiver } = Pipe::<u32>::new().expect("a pipe");
    let before: BTreeSet<String> = without_stdin(descriptors());
    let all_before = &before;
    let child = start(move || {
        drop(sender);
        let now: BTreeSet<String> = without_stdin(descriptors());
        assert!(now.is_subset(all_before), "{now:?} holds more than {all_before:?}");
        // Both ends of the pipe, and the parent's own opening of the lock.
        assert_eq!(now.len(), all_before.len() - 3, "{now:?} of {all_before:?}");
    });
    assert_eq!(crate::shown(&child), "0");
    let now: BTreeSet<String> = without_stdin(descriptors());
    assert_eq!(now.len(), before.len() - 1, "only the moved sender is gone");
    drop((guard, receiver));
}

pub(crate) fn random_numbers_differ() {
    notes();
    // Used before, so that there is a generator to inherit.
    note(rand::rng().random::<u64>());
    let draws = || (0..3).for_each(|_| note(rand::rng().random::<u64>()));
    let children = [start(draws), start(draws), start(|| in_a_child(draws))];
    draws();
    for child in &children {
        assert_eq!(crate::shown(child), "0");
    }
    let drawn = notes();
    assert_eq!(drawn.len(), 1 + 3 * 4);
    assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), drawn.len(), "{drawn:?}");
}
