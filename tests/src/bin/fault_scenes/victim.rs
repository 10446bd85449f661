//! Whoever is struck, and what is known about it afterwards.

use std::time::Duration;

use checks::scenes::{state_of, until};
use nix::sys::signal::Signal;
use procession::{Child, Error, JoinableQueue, Process, Queue, fault};

/// The steps of each operation. Not every queue and item passes all of them.
pub(crate) const PUT: &[&str] = &[
    "put: encoded",
    "put: before the file",
    "put: file written",
    "put: file numbered",
    "put: number taken",
    "put: gate taken",
    "put: written",
    "put: done",
    "put: about to sleep",
];
pub(crate) const GET: &[&str] = &[
    "get: before",
    "get: shown",
    "get: gate taken",
    "get: intent",
    "get: read",
    "get: in hand",
    "get: intent cleared",
    "get: rung",
    "get: before the file",
    "get: file read",
    "get: done",
    "get: about to sleep",
];

#[derive(Debug, Clone)]
pub(crate) enum Under {
    Plain(Queue<String>),
    Joinable(JoinableQueue<String>),
}

macro_rules! both {
    ($under:expr, $queue:ident => $call:expr) => {
        match $under {
            Under::Plain($queue) => $call,
            Under::Joinable($queue) => $call,
        }
    };
}

impl Under {
    /// One of each kind.
    pub(crate) fn all() -> Vec<Under> {
        vec![
            Under::Plain(Queue::new().expect("a queue")),
            Under::Plain(Queue::bounded(2).expect("a queue")),
            Under::Joinable(JoinableQueue::new().expect("a queue")),
            Under::Joinable(JoinableQueue::bounded(2).expect("a queue")),
        ]
    }

    pub(crate) fn put(&self, item: &String) -> Result<(), Error> {
        both!(self, queue => queue.put(item))
    }

    pub(crate) fn put_timeout(&self, item: &String, timeout: Duration) -> Result<(), Error> {
        both!(self, queue => queue.put_timeout(item, timeout))
    }

    pub(crate) fn get_timeout(&self, timeout: Duration) -> Result<String, Error> {
        both!(self, queue => queue.get_timeout(timeout))
    }

    pub(crate) fn len(&self) -> usize {
        both!(self, queue => queue.len()).expect("a length")
    }

    pub(crate) fn maxsize(&self) -> Option<usize> {
        both!(self, queue => queue.maxsize())
    }

    pub(crate) fn done(&self) {
        if let Under::Joinable(queue) = self {
            queue.task_done().expect("a task in hand");
        }
    }

    /// How many tasks `join` says are lost; the rest must be done.
    pub(crate) fn lost(&self) -> u32 {
        let Under::Joinable(queue) = self else { return 0 };
        let mut lost = 0;
        loop {
            match queue.join_timeout(Duration::from_secs(10)) {
                Ok(true) => return lost,
                Err(Error::TasksLost { tasks, .. }) => lost += tasks,
                other => panic!("join: {other:?}"),
            }
        }
    }
}

/// A child that does it and is struck by the signal at that step. `None` if it did not pass the step, and ended.
pub(crate) fn struck(step: &str, signal: Signal, work: impl FnOnce() -> Result<(), Error>) -> Option<Child> {
    let child = Process::new(|| {
        fault::arm(step, signal as i32);
        work()
    });
    let child = child.start().expect("a child");
    let struck = if signal == Signal::SIGSTOP { 'T' } else { 'Z' };
    until("it is struck, or ends", || {
        state_of(child.pid()).is_none_or(|state| state == struck || state == 'Z')
    });
    if state_of(child.pid()) == Some('T') {
        return Some(child);
    }
    let status = child.join().expect("a status");
    (!status.success()).then_some(child)
}
