//! [`Queue`]: a pipe and a lock.
//!
//! # What a death leaves behind
//!
//! The pipe carries records of one size, and moves each in one system call: see [`crate::pipe::records`]. So an item is put,
//! or it is not; it is taken, or it is not. Every step of an operation, and what `kill -9` after it leaves:
//!
//! | put | a death here leaves |
//! |---|---|
//! | encode the item | nothing |
//! | large: take a seat, if it has none yet | a seat without a holder: taken by the next process that needs one |
//! | large: take a free slot, see [`crate::queue::slots`], and write it there | a slot of one that is dead; cleared away later, see below |
//! | large, and no slot for it: write it into the file `new-<seat>` | that file; the next holder of the seat writes over it |
//! | pass the gate (not for small items of an unbounded queue) | a gate that names a dead one: who waits takes his place, see [`crate::queue::gate`] |
//! | look whether there is room: the pipe knows how many items it holds | as above |
//! | no room: set the bell, leave the gate, sleep, begin again at the gate | a set bell: the next getters ring in vain |
//! | large: mark the slot with the next number, or rename the file to it | a slot or a file that nobody will come for; cleared away later, see below |
//! | large: store that number as taken; each 64th time clear away what nobody will come for | as above |
//! | large, and no room in the pipe itself: mark the slot, or name the file, as before | as above, or as while it was written |
//! | **write the record** | the item is put, though `put` did not come to say so |
//! | leave the gate; somebody waits for an item (in a joinable queue): ring | as above; who waits looks for himself after 100 ms |
//!
//! | get | a death here leaves |
//! |---|---|
//! | show at the seat that it is getting | a seat without a holder: ignored, and taken by the next process that needs one |
//! | **read the record** | the item is gone: it was in the hands of who died |
//! | somebody waits for room: ring | a sleeper who looks for himself after 10 ms |
//! | large: note that this number is taken | a slot or a file that nobody will come for |
//! | large: read the slot, or the file | as above |
//! | large: free the slot, or remove the file | nothing |
//!
//! The number of items is never stored anywhere, so it cannot be wrong, and room cannot get lost.
//!
//! **What nobody will come for.** Large items get their numbers under the gate, so they leave the pipe in the order of
//! their numbers. A process shows at its seat which number was the last one taken when it began to get: what it gets lies
//! behind that. So everything up to the smallest number shown by a living process, and taken at all, can be cleared
//! away, and every 64th large put does. No clock is asked: a process that was stopped in the middle of `get` keeps its
//! item as long as it lives. With that the slots of writers that are no longer on their seats are freed. As long as a slot
//! is not, large items take another one, or a file.

mod board;
mod channel;
mod gate;
mod joinable;
mod large;
mod slots;
pub(crate) mod spill;

pub use joinable::JoinableQueue;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::queue::channel::Channel;
use crate::sys::step::step;
use crate::sys::wait::Wait;

/// A queue that any number of processes put into and get from.
///
/// It is shared by inheritance: whoever is started after it was made can use it. Items are of one type, which
/// serde writes as JSON and reads back; for items of several kinds use an enum or `serde_json::Value`.
///
/// - **Order.** First in, first out: the items of one process come out in the order in which it put them.
/// - **Once.** Each item comes out exactly once, however many processes get.
/// - **At once.** An item is there for everybody as soon as `put` has returned.
/// - **Bound.** With `maxsize` there are never more items in it than that, across all processes. Without, it holds what
///   its pipe holds, 4081 items as a rule; then `put` waits.
/// - **Deaths.** A process that is killed, at whatever moment, blocks nobody, breaks no item and takes no room with it.
///   What is lost with it is at most the one item that it was getting, or putting and had not yet put.
/// - **Size.** Items of up to 252 bytes as JSON travel in the pipe. Eight of up to 1 MiB can wait in memory of the queue's
///   own, which it keeps once it has needed it. What is larger, up to 1 GiB, or finds no room there waits in a file, in a
///   folder of the program's own in `$TMPDIR` if that is set, else in `/dev/shm`.
///
/// In Python: `multiprocessing.Queue`. There the items wait in a buffer of the process that put them, and are lost
/// with it; a process that is killed in `put` or `get` can block all others for ever.
///
/// ```
/// use procession::{Process, Queue};
///
/// # fn main() -> Result<(), procession::Error> {
/// let basket = Queue::bounded(3)?;
/// let child = Process::new(|| {
///     for i in 0..10 {
///         basket.put(&format!("Bun{i}"))?; // waits while three buns lie there
///     }
///     Ok::<(), procession::Error>(())
/// })
/// .start()?;
/// for i in 0..10 {
///     assert_eq!(basket.get()?, format!("Bun{i}"));
/// }
/// child.join()?;
/// # Ok(())
/// # }
/// ```
///
/// # Caveats
///
/// There is no end of file: `get` on a queue that nobody will put into any more waits for ever, as in Python. Put an
/// item that means "no more" for each getter, or use a [`JoinableQueue`](crate::JoinableQueue).
///
/// JSON has no NaN and no infinities: they come out as `null`, and `Some(f64::NAN)` therefore as `None`. `Some(())`
/// and `Some(None)` come out as `None`, too. Bytes travel as lists of numbers, at up to four bytes each. What is nested
/// deeper than 127 levels can be put, but not be read back: `get` answers [`Error::Decode`].
///
/// A process that is *stopped* (not killed) in the middle of `put` may hold up other putters until it goes on.
pub struct Queue<T> {
    channel: Arc<Channel>,
    of: PhantomData<fn(T) -> T>,
}

impl<T: Serialize + DeserializeOwned> Queue<T> {
    /// A queue without a bound of its own.
    ///
    /// It uses three descriptors in each process, and all queues of a program together one more. Python: `Queue()`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when there is no descriptor or memory left.
    pub fn new() -> Result<Queue<T>, Error> {
        Ok(Queue { channel: Arc::new(Channel::new(None)?), of: PhantomData })
    }

    /// A queue for at most `maxsize` items, up to 4081 of them: that many lie in the largest pipe for sure.
    ///
    /// Python: `Queue(maxsize)`, where 0 means no bound; here it is an error, and [`new`](Queue::new) has no bound.
    ///
    /// # Errors
    ///
    /// [`Error::Maxsize`] when no pipe holds so many, be it in general, be it because this user's share of pipe memory
    /// (`/proc/sys/fs/pipe-user-pages-soft`) is used up; [`Error::Io`] when there is no descriptor or memory left.
    pub fn bounded(maxsize: usize) -> Result<Queue<T>, Error> {
        Ok(Queue { channel: Arc::new(Channel::new(Some(maxsize))?), of: PhantomData })
    }

    /// Puts an item, waiting for room. When it returns, the item is in the queue, and outlives this process.
    ///
    /// Python: `put(item)`, which returns before the item is in the queue.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`], [`Error::TooLarge`], and [`Error::Io`] when the file of a large item cannot be written
    /// (full disk, read-only folder, no descriptor): nothing was put then, and the queue can be used on.
    /// [`Error::TooManyProcesses`] when 1024 others are using the queue.
    pub fn put(&self, item: &T) -> Result<(), Error> {
        self.channel.put(item, Wait::Forever, false)
    }

    /// Puts an item if there is room for it now. Python: `put(item, block=False)`, `put_nowait(item)`.
    ///
    /// It does not wait for room, only for another process that is putting at this moment.
    ///
    /// # Errors
    ///
    /// [`Error::Full`]; and as [`put`](Queue::put).
    pub fn try_put(&self, item: &T) -> Result<(), Error> {
        self.channel.put(item, Wait::Not, false)
    }

    /// Puts an item if there is room for it within the time. Python: `put(item, timeout=…)`.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] when the time is over; and as [`put`](Queue::put).
    pub fn put_timeout(&self, item: &T, timeout: Duration) -> Result<(), Error> {
        self.channel.put(item, Wait::at_most(timeout), false)
    }

    /// Takes the next item, waiting for it. Each item wakes one of those who wait. Python: `get()`.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] when the item is no `T`: it is consumed, and the next call gets the next one. [`Error::Io`] when
    /// the file of a large item cannot be read, as when there is no descriptor left: the item is this process's then,
    /// and its next call tries again. [`Error::TooManyProcesses`] when 1024 others are using the queue.
    pub fn get(&self) -> Result<T, Error> {
        self.take(Wait::Forever)
    }

    /// Takes the next item if there is one now. Python: `get(block=False)`, `get_nowait()`.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`]; and as [`get`](Queue::get).
    pub fn try_get(&self) -> Result<T, Error> {
        self.take(Wait::Not)
    }

    /// Takes the next item if there is one within the time. Python: `get(timeout=…)`.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] when the time is over; and as [`get`](Queue::get).
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, Error> {
        self.take(Wait::at_most(timeout))
    }

    fn take(&self, wait: Wait) -> Result<T, Error> {
        let channel = &*self.channel;
        step!("get: before");
        if let Some((record, getting)) = channel.member.resume(&channel.board) {
            return channel.finish(record, getting);
        }
        let getting = channel.member.getting(&channel.board)?;
        step!("get: shown");
        let record = channel.records.read(wait)?.ok_or(Error::Empty)?;
        step!("get: read");
        channel.taken()?;
        step!("get: rung");
        let item = channel.finish(record, getting);
        step!("get: done");
        item
    }
}

impl<T> Queue<T> {
    /// How many items are in the queue at this moment. Python: `qsize()`.
    ///
    /// The number is exact, but what other processes do the moment after, it does not know.
    ///
    /// # Errors
    ///
    /// [`Error::Io`], if the system does not answer.
    pub fn len(&self) -> Result<usize, Error> {
        self.channel.records.len()
    }

    /// Whether there is no item in the queue at this moment. Python: `empty()`.
    ///
    /// # Errors
    ///
    /// As [`len`](Queue::len).
    pub fn is_empty(&self) -> Result<bool, Error> {
        Ok(self.len()? == 0)
    }

    /// Whether there are `maxsize` items in the queue at this moment; never without a bound. Python: `full()`.
    ///
    /// # Errors
    ///
    /// As [`len`](Queue::len).
    pub fn is_full(&self) -> Result<bool, Error> {
        self.channel.is_full()
    }

    /// The bound, if there is one.
    pub fn maxsize(&self) -> Option<usize> {
        self.channel.maxsize
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Queue<T> {
        Queue { channel: self.channel.clone(), of: PhantomData }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.channel.show(f, "Queue")
    }
}
