//! The objects, as they are made for a schedule: a share for each process.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::O_NONBLOCK;
use procession::{Error, FileLock, JoinableQueue, Lock, Pipe, Queue, Receiver, Sender};

use crate::naive::Naive;
use crate::operations::small;
use crate::scenario::{Object, Scenario};
use crate::stage::{MOST, Stage};

/// So many bytes the pipe of a queue without a bound holds: a page, or 16 items. What the system gives it is 256 times
/// that, and each schedule would begin with filling it.
const PIPE: i32 = 4096;

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
    (1000..).take(scenario.items)
}

/// Makes an object as the scenario wants it. Files go into the folder.
pub(crate) fn make(scenario: &Scenario, stage: &'static Stage, folder: &Path) -> Result<Vec<Share>, Error> {
    let (maxsize, descriptors) = (scenario.maxsize, lowest_free());
    let mut items = first_items(scenario).map(small);
    let all = |share: &dyn Fn() -> Share| (0..MOST).map(|_| share()).collect();
    Ok(match scenario.object {
        Object::Queue => {
            let queue = maxsize.map_or_else(Queue::new, Queue::bounded)?;
            shrink_pipes(descriptors..lowest_free(), maxsize);
            items.try_for_each(|item| queue.put(&item))?;
            all(&|| Share::Queue(queue.clone()))
        }
        Object::Joinable => {
            let queue = maxsize.map_or_else(JoinableQueue::new, JoinableQueue::bounded)?;
            shrink_pipes(descriptors..lowest_free(), maxsize);
            items.try_for_each(|item| queue.put(&item))?;
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

/// Makes the pipes among these descriptors as small as they can be, if that is all the same to the bound.
fn shrink_pipes(descriptors: std::ops::Range<i32>, maxsize: Option<usize>) {
    if maxsize.is_some_and(|maxsize| maxsize <= 16) {
        return;
    }
    let mut options = File::options();
    options.read(true).write(true).custom_flags(O_NONBLOCK);
    let open = |descriptor| options.open(format!("/proc/self/fd/{descriptor}")).ok();
    for file in descriptors.filter_map(open) {
        if file.metadata().is_ok_and(|data| data.file_type().is_fifo()) {
            fcntl(&file, FcntlArg::F_SETPIPE_SZ(PIPE)).expect("a smaller pipe");
        }
    }
}
