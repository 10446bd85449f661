//! [`Queue`] and [`JoinableQueue`]: a pipe, and what makes it a queue.
//!
//! ```text
//!              small item in its record                            record
//!   put ───────────────────────────────▶ ┌──────────────────┐ ───────────▶ get
//!    │                                   │ pipe             │               │
//!    │   the pipe is full: append        └──────────────────┘               │
//!    ├──────────▶ ┌──────────┐ splice           ▲                           │
//!    │            │ overflow │ ─────────────────┘                           │
//!    │            └──────────┘                                              │
//!    │   large item: encoded in a slot   ┌──────────────────┐  decoded there
//!    └─────────────────────────────────▶ │ slots            │ ◀─────────────┘
//!                                        ├──────────────────┤
//!    shared memory, inherited            │ mutex, events    │
//!                                        │ participants     │
//!                                        └──────────────────┘
//! ```
//!
//! | file | what |
//! |---|---|
//! | `joinable.rs` | tasks: in the queue, or in the hands of a participant |
//! | `channel.rs` | the path of an item, put to get |
//! | `large.rs` | items that do not fit into a record, and the slots that they lie in |
//! | `participants.rs` | who lives, and what each is in the middle of |
//! | `state.rs` | the shared memory, and how it is divided |
//! | `mutex.rs` | one process at a time, until it releases the mutex or dies |
//! | `event.rs` | what a process sleeps for, and others signal |
//! | `records.rs` | records of one size, the pipe, and the overflow behind it: each record moves in one system call |
//!
//! Each file knows only those below it.
//!
//! # What a death leaves behind
//!
//! An item is put, or it is not; it is taken, or it is not: a record moves in one system call. Every step of each operation,
//! and what `kill -9` after it leaves: `docs/how-the-queue-works.md` in the repository.
//!
//! The number of items is asked of the kernel and stored nowhere (but for tasks), so it cannot be wrong, and room cannot
//! get lost.
//!
//! **The overflow** is announced before the first record is appended, under the mutex, and found empty under the mutex
//! only. A getter moves records *before* the pipe is empty: when it is half empty. So half a pipe of records lies between
//! getters that sleep and the overflow, and each process that takes one of these sees the announcement. Nobody sleeps at an
//! empty pipe while there is something behind it, unless every one of so many processes is killed between two of its
//! instructions. Pipes that hold less than 128 records, for want of pipe pages, are waited at with a tick.
//!
//! **Slots of the dead.** Large items get their numbers under the mutex, so they leave the queue in the order of their
//! numbers. A process that gets shows which number was the last one taken when it began: its item has a later one. So the
//! slots of all items that were taken, up to the smallest number that a living process shows, are free. They are looked for
//! with every 64th large item. No clock is asked: a process that was stopped in the middle of `get` keeps its item as long
//! as it lives.

mod channel;
mod event;
mod joinable;
mod large;
mod mutex;
mod participants;
mod records;
mod state;

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
/// It is shared by inheritance: every process that is started after it was made can use it. Items are of one type,
/// which serde writes as JSON and reads back; for items of several kinds use an enum or `serde_json::Value`.
///
/// - **Order.** First in, first out: the items of one process come out in the order in which it put them.
/// - **Once.** Each item comes out exactly once, however many processes get.
/// - **At once.** An item is there for everybody as soon as `put` has returned.
/// - **Bound.** With `maxsize` there are never more items in it than that, across all processes. Without, there is no
///   limit but the memory of the system, and `put` does not wait.
/// - **Deaths.** A process that is killed, at whatever moment, blocks nobody, breaks no item and takes no room with it.
///   What is lost with it is at most the one item that it was getting, or putting and had not yet put.
/// - **Size.** Items of up to 252 bytes as JSON take 256 bytes each while they wait. Larger ones, up to 1 GiB, are written
///   into shared memory and read there. Some MiB of that are kept for the next large items, the rest goes back to the
///   system when the queue has been emptied. Nothing of a queue is a file that could be left behind.
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
/// item that means "no more" for each getter, or use a [`JoinableQueue`].
///
/// JSON has no NaN and no infinities: they come out as `null`, and `Some(f64::NAN)` therefore as `None`. `Some(())`
/// and `Some(None)` come out as `None`, too. Bytes travel as lists of numbers, at up to four bytes each. What is nested
/// deeper than 127 levels can be put, but not be read back: `get` answers [`Error::Decode`].
///
/// A process that is *stopped* (not killed) in the middle of `put` may hold up other putters until it goes on; of an unbounded
/// queue only when more lies in it than its pipe holds. The calls that are not to wait, or not longer, answer
/// [`Error::Full`] then.
///
/// A signal handler must not use a queue: when it interrupts a call on the same queue in its own process, it may wait for
/// that call for ever.
pub struct Queue<T> {
    channel: Arc<Channel>,
    of: PhantomData<fn(T) -> T>,
}

impl<T: Serialize + DeserializeOwned> Queue<T> {
    /// A queue without a bound of its own.
    ///
    /// It uses three descriptors in each process. Python: `Queue()`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when there is no descriptor or memory left.
    pub fn new() -> Result<Queue<T>, Error> {
        Ok(Queue { channel: Arc::new(Channel::new(None, false)?), of: PhantomData })
    }

    /// A queue for at most `maxsize` items, from 1 to 2^31-1.
    ///
    /// Python: `Queue(maxsize)`, where 0 means no bound; here it is an error, and [`new`](Queue::new) has no bound.
    ///
    /// # Errors
    ///
    /// [`Error::Maxsize`] for 0 and for more than that; [`Error::Io`] when there is no descriptor or memory left.
    pub fn bounded(maxsize: usize) -> Result<Queue<T>, Error> {
        Ok(Queue { channel: Arc::new(Channel::new(Some(maxsize), false)?), of: PhantomData })
    }

    /// Puts an item, waiting for room if there is a bound. When it returns, the item is in the queue, and outlives this process.
    ///
    /// Python: `put(item)`, which returns before the item is in the queue.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`], [`Error::TooLarge`], and [`Error::Io`] when the system gives no memory, or the item, or the
    /// backlog, is larger than a file may be here (`ulimit -f`): nothing was put then, and the queue can be used on.
    pub fn put(&self, item: &T) -> Result<(), Error> {
        self.channel.put(item, Wait::Forever)
    }

    /// Puts an item if there is room for it now. Python: `put(item, block=False)`, `put_nowait(item)`.
    ///
    /// It does not wait for room, only for another process that is putting at this moment.
    ///
    /// # Errors
    ///
    /// [`Error::Full`], if there is a bound; and as [`put`](Queue::put).
    pub fn try_put(&self, item: &T) -> Result<(), Error> {
        self.channel.put(item, Wait::Not)
    }

    /// Puts an item if there is room for it within the time. Python: `put(item, timeout=…)`.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] when the time is over; and as [`put`](Queue::put).
    pub fn put_timeout(&self, item: &T, timeout: Duration) -> Result<(), Error> {
        self.channel.put(item, Wait::at_most(timeout))
    }

    /// Takes the next item, waiting for it. Each item wakes one of those who wait. Python: `get()`.
    ///
    /// Before it sleeps it looks again for at most 50 µs, unless there is only one processor: to be woken takes as long.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] when the item is no `T`: it is consumed, and the next call gets the next one; [`Error::Io`] when
    /// the system fails.
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
        step!("get: before", of = channel.id());
        let _getting = channel.participation.getting()?;
        step!("get: shown");
        let record = channel.take_record(wait)?;
        step!("get: taken");
        channel.signal_room();
        step!("get: signalled");
        let item = channel.decode(&record);
        step!("get: done");
        item
    }
}

impl<T> Queue<T> {
    /// How many items are in the queue at this moment. Python: `qsize()`.
    ///
    /// The number is exact at that moment; other processes may change it in the next.
    ///
    /// # Errors
    ///
    /// [`Error::Io`], if the system does not answer.
    pub fn len(&self) -> Result<usize, Error> {
        self.channel.len()
    }

    /// Whether there is no item in the queue at this moment; errors as [`len`](Queue::len). Python: `empty()`.
    pub fn is_empty(&self) -> Result<bool, Error> {
        Ok(self.len()? == 0)
    }

    /// Whether there are `maxsize` items in the queue at this moment; never without a bound; errors as
    /// [`len`](Queue::len). Python: `full()`.
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
