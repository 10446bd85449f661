//! Whom a lock keeps out.

use std::fs::{read_to_string, write};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::thread;

use checks::scenes::Bell;
use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use procession::{Child, Error, FileLock, Lock};

use crate::{in_a_child, shown, start};

/// A number in a file, which is lost when two add to it at the same time.
pub(crate) struct Counter<'a>(pub(crate) &'a Path);

impl Counter<'_> {
    pub(crate) fn value(&self) -> u32 {
        read_to_string(self.0).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    pub(crate) fn add(&self) {
        let value = self.value();
        // Here the others have their chance.
        thread::yield_now();
        write(self.0, (value + 1).to_string()).expect("a file of our own");
    }

    pub(crate) fn is(&self, expected: u32) {
        assert_eq!(self.value(), expected, "additions that were not lost");
        std::fs::remove_file(self.0).expect("a file of our own");
    }
}

const PROCESSES: u32 = 4;
const TIMES: u32 = 500;

/// Each process adds to the counter so many times in this way.
fn added_by_processes(add: impl Fn(&Counter)) -> u32 {
    let counter = Counter(Path::new("counter"));
    let work = || (0..TIMES).for_each(|_| add(&counter));
    let children: Vec<Child> = (0..PROCESSES).map(|_| start(work)).collect();
    for child in &children {
        assert_eq!(shown(child), "0");
    }
    let sum = counter.value();
    counter.is(sum);
    sum
}

pub(crate) fn processes_exclude_each_other() {
    let lock = Lock::new().expect("a lock");
    // Held once by the one who starts the others: what they inherit must be no way in.
    drop(lock.acquire().expect("a free lock"));
    let sum = added_by_processes(|counter| {
        let _guard = lock.acquire().expect("the lock");
        counter.add();
    });
    assert_eq!(sum, PROCESSES * TIMES);
}

/// Two processes add to the counter, and each waits between reading and writing until the other has read, too. That
/// can only come about if they are not kept apart.
fn added_by_two_at_a_time(enter: impl Fn(), leave: impl Fn()) -> u32 {
    let counter = Counter(Path::new("counter"));
    let has_read = [Bell::new(), Bell::new()];
    let work = |me: usize| {
        enter();
        let value = counter.value();
        has_read[me].ring();
        has_read[1 - me].wait();
        write(counter.0, (value + 1).to_string()).expect("a file of our own");
        leave();
    };
    let children = [start(|| work(0)), start(|| work(1))];
    assert_eq!(children.each_ref().map(shown), ["0", "0"]);
    let sum = counter.value();
    counter.is(sum);
    sum
}

pub(crate) fn without_the_lock_an_update_is_lost() {
    assert_eq!(added_by_two_at_a_time(|| (), || ()), 1);
}

pub(crate) fn with_an_inherited_descriptor_an_update_is_lost() {
    let file = tempfile::tempfile().expect("a file");
    let flock = |operation| {
        // SAFETY: flock takes two numbers.
        assert_eq!(unsafe { libc::flock(file.as_raw_fd(), operation) }, 0);
    };
    assert_eq!(added_by_two_at_a_time(|| flock(libc::LOCK_EX), || flock(libc::LOCK_UN)), 1);
}

pub(crate) fn threads_exclude_each_other() {
    let counter = Counter(Path::new("counter"));
    let lock = Lock::new().expect("a lock");
    let other_process = start(|| add_under(&lock, &counter));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| add_under(&lock, &counter));
        }
    });
    assert_eq!(shown(&other_process), "0");
    counter.is(4 * TIMES);
}

fn add_under(lock: &Lock, counter: &Counter) {
    for _ in 0..TIMES {
        let _guard = lock.acquire().expect("the lock");
        counter.add();
    }
}

pub(crate) fn clones_exclude_each_other() {
    let counter = Counter(Path::new("counter"));
    let lock = Lock::new().expect("a lock");
    let clones = [lock.clone(), lock.clone()];
    let children: Vec<Child> = clones.iter().map(|clone| start(|| add_under(clone, &counter))).collect();
    thread::scope(|scope| {
        for clone in [&clones[0], &clones[1], &lock] {
            scope.spawn(|| add_under(clone, &counter));
        }
    });
    for child in &children {
        assert_eq!(shown(child), "0");
    }
    counter.is(5 * TIMES);
    let _guard = lock.acquire().expect("the lock");
    assert!(clones[0].try_acquire().expect("a lock").is_none());
}

pub(crate) fn paths_exclude_each_other() {
    let lock = FileLock::new("counter.lock");
    let sum = added_by_processes(|counter| {
        let _guard = lock.acquire().expect("the lock");
        counter.add();
    });
    assert_eq!(sum, PROCESSES * TIMES);
    std::fs::remove_file("counter.lock").expect("the lock's file");
}

pub(crate) fn a_child_of_the_holder_sees_it_taken() {
    let (lock, released) = (Lock::new().expect("a lock"), Bell::new());
    let guard = lock.acquire().expect("a free lock");
    let child = start(|| {
        assert!(lock.try_acquire().expect("a lock").is_none());
        in_a_child(|| assert!(lock.try_acquire().expect("a lock").is_none()));
        released.ring();
        // Waits until the parent lets go.
        assert!(!lock.acquire().expect("a lock").owner_died());
    });
    released.wait();
    guard.release();
    assert_eq!(shown(&child), "0");
    assert!(lock.try_acquire().expect("a lock").is_some());
}

pub(crate) fn a_lock_made_by_a_child() {
    in_a_child(|| {
        let lock = Lock::new().expect("a lock");
        let guard = lock.acquire().expect("a free lock");
        in_a_child(|| assert!(lock.try_acquire().expect("a lock").is_none()));
        drop(guard);
        in_a_child(|| assert!(lock.try_acquire().expect("a lock").is_some()));
    });
}

pub(crate) fn a_fork_that_is_not_ours() {
    let lock = Lock::new().expect("a lock");
    let guard = lock.acquire().expect("a free lock");
    // SAFETY: this process has one thread.
    match unsafe { fork() }.expect("a fork") {
        ForkResult::Child => {
            assert!(lock.try_acquire().expect("a lock").is_none(), "the parent has it");
            drop(guard);
            assert!(lock.try_acquire().expect("a lock").is_none(), "the parent still has it");
        }
        ForkResult::Parent { child } => {
            assert_eq!(
                waitpid(child, None),
                Ok(WaitStatus::Exited(child, 0)),
                "what was asserted in the child"
            );
            assert!(matches!(lock.acquire(), Err(Error::Reentrant)));
            drop(guard);
        }
    }
}
