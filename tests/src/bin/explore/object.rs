//! The objects, as they are made for a schedule: a share for each process.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::atomic::Ordering::SeqCst;

use procession::{Error, FileLock, JoinableQueue, Lock, Pipe, Queue, Receiver, Sender};

use crate::calls::PIPE;
use crate::naive::Naive;
use crate::operations::small;
use crate::scenario::{Object, Scenario};
use crate::stage::{MOST, Stage};

/// The size of a record in a pipe of a queue.
const RECORD: u32 = 256;

/// What one process has of an object.
#[derive(Debug)]
pub(crate) enum Share {
    Queue(Queue<String>),
    Joinable(JoinableQueue<String>),
    Lock(Lock),
    FileLock(FileLock),
    Sender(Sender<String>),
    Receiver(Receiver<String>),
    Naive(&'static Naive),
    /// Of a pipe, whoever has neither end.
    Nothing,
}

/// The items that a queue has at the beginning.
pub(crate) fn first_items(scenario: &Scenario) -> impl Iterator<Item = u32> {
    (1000..).skip(scenario.taken).take(scenario.items)
}

/// Makes an object as the scenario wants it. Files go into the folder.
pub(crate) fn make(scenario: &Scenario, stage: &'static Stage, folder: &Path) -> Result<Vec<Share>, Error> {
    let maxsize = scenario.maxsize;
    // What the system gives as a rule is 4096 records, and each schedule would begin with filling it.
    PIPE.store(scenario.pipe * RECORD, SeqCst);
    let mut items = (1000..).take(scenario.taken + scenario.items).map(small);
    let all = |share: &dyn Fn() -> Share| (0..MOST).map(|_| share()).collect();
    Ok(match scenario.object {
        Object::Queue => {
            let queue = maxsize.map_or_else(Queue::new, Queue::bounded)?;
            items.try_for_each(|item| queue.put(&item))?;
            (0..scenario.taken).try_for_each(|_| queue.get().map(drop))?;
            all(&|| Share::Queue(queue.clone()))
        }
        Object::Joinable => {
            let queue = maxsize.map_or_else(JoinableQueue::new, JoinableQueue::bounded)?;
            items.try_for_each(|item| queue.put(&item))?;
            (0..scenario.taken).try_for_each(|_| queue.get().and_then(|_| queue.task_done()))?;
            all(&|| Share::Joinable(queue.clone()))
        }
        Object::Lock => {
            let lock = Lock::new()?;
            all(&|| Share::Lock(lock.clone()))
        }
        Object::FileLock => {
            let lock = FileLock::new(folder.join("the lock"));
            all(&|| Share::FileLock(lock.clone()))
        }
        Object::Naive => all(&|| Share::Naive(&stage.naive)),
        Object::Pipe => {
            let Pipe { sender, receiver } = Pipe::new()?;
            vec![Share::Sender(sender), Share::Receiver(receiver), Share::Nothing, Share::Nothing]
        }
    })
}

/// The descriptor that the next file would get: higher than before, if one was left open.
pub(crate) fn lowest_free() -> i32 {
    File::open("/dev/null").expect("a descriptor").as_raw_fd()
}
