//! [`JoinableQueue`]: a queue that knows which of its items are done.
//!
//! Nothing counts unfinished tasks up and down, so nothing can drift. A task is in the pipe, or in the hands of a
//! process: the first number is read off the pipe, the second stands at each process's seat, and `join` waits until both
//! are zero. What makes this exact is that a task passes from the pipe into a hand only under the gate.
//!
//! # What a death leaves behind
//!
//! `put` and the large items are as in [`crate::queue`], but every put passes the gate.
//!
//! | get | a death here leaves |
//! |---|---|
//! | pass the gate | a gate that names a dead one: who waits takes his place |
//! | show at the seat that it is getting | a seat without a holder: ignored |
//! | no item: set the bell, look once more, leave the gate, sleep, begin again | a set bell, or one ring lost: the others look for themselves after 100 ms |
//! | store the intent: "this seat, having so many tasks in hand, takes one of so many" | an intent; the next holder of the gate finds as many items as it says, so nothing was taken, and clears it |
//! | **read the record** | an intent; the next holder of the gate finds one item less, so it was taken, and counts it at the seat: it is lost, not forgotten |
//! | store the number in hand at the seat | as above: to store the same number once more changes nothing |
//! | clear the intent, leave the gate | a task in the hands of the dead: lost |
//! | somebody waits for room: ring | as above; and a sleeper who looks for himself after 10 ms |
//! | large: fetch it from its slot or file | as above |
//!
//! | task_done | a death here leaves |
//! |---|---|
//! | **one less at the seat** | a task that is done; before, one that is lost |
//! | ring for the joiners | joiners that look for themselves after 100 ms |
//!
//! | join | a death here leaves |
//! |---|---|
//! | pass the gate | a gate that names a dead one: who waits takes his place |
//! | a dead process's tasks: **add them to the lost ones of the seat** (one store for both numbers) | they are counted, or not yet: never twice |
//! | set the bell, and compare: nothing in the pipe, nothing in any hand | a set bell |
//! | not so: leave the gate, sleep, begin again | as above |

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::pipe::records::Record;
use crate::queue::board::{Intent, bury, pack, unpack};
use crate::queue::channel::Channel;
use crate::sys::fork::lock;
use crate::sys::step::step;
use crate::sys::wait::Wait;

/// How long a getter sleeps without looking for itself, and a joiner without looking after the workers.
const TICK: Duration = Duration::from_millis(100);

/// A [`Queue`](crate::Queue) that can be waited for: [`join`](JoinableQueue::join) returns when every task that was
/// put has been taken and declared done.
///
/// Everything told of `Queue` holds here. A task is unfinished from `put` until the process that got it calls
/// [`task_done`](JoinableQueue::task_done).
///
/// In Python: `multiprocessing.JoinableQueue`. There `join` waits for ever when a worker dies with a task in its hands;
/// here it tells of it.
///
/// ```
/// use procession::{JoinableQueue, Process};
///
/// # fn main() -> Result<(), procession::Error> {
/// let tasks = JoinableQueue::new()?;
/// let worker = Process::new(|| {
///     loop {
///         let task: String = tasks.get()?;
///         println!("{task} is eaten");
///         tasks.task_done()?;
///     }
///     # #[allow(unreachable_code)]
///     Ok::<(), procession::Error>(())
/// });
/// let _worker = worker.daemon(true).start()?;
/// for i in 0..10 {
///     tasks.put(&format!("Bun{i}"))?;
/// }
/// tasks.join()?; // all ten are eaten
/// # Ok(())
/// # }
/// ```
pub struct JoinableQueue<T> {
    channel: Arc<Channel>,
    /// How many lost tasks of each seat `join` has told of in this process.
    told: Arc<Mutex<HashMap<usize, u32>>>,
    of: PhantomData<fn(T) -> T>,
}

impl<T: Serialize + DeserializeOwned> JoinableQueue<T> {
    /// A queue without a bound of its own; see [`Queue::new`](crate::Queue::new).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn new() -> Result<JoinableQueue<T>, Error> {
        JoinableQueue::with(None)
    }

    /// A queue for at most `maxsize` items; see [`Queue::bounded`](crate::Queue::bounded).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn bounded(maxsize: usize) -> Result<JoinableQueue<T>, Error> {
        JoinableQueue::with(Some(maxsize))
    }

    fn with(maxsize: Option<usize>) -> Result<JoinableQueue<T>, Error> {
        let channel = Arc::new(Channel::new(maxsize)?);
        Ok(JoinableQueue { channel, told: Arc::default(), of: PhantomData })
    }

    /// Puts a task, waiting for room.
    ///
    /// # Errors
    ///
    /// As [`Queue::put`](crate::Queue::put).
    pub fn put(&self, item: &T) -> Result<(), Error> {
        self.channel.put(item, Wait::Forever, true)
    }

    /// Puts a task if there is room for it now.
    ///
    /// # Errors
    ///
    /// As [`Queue::try_put`](crate::Queue::try_put).
    pub fn try_put(&self, item: &T) -> Result<(), Error> {
        self.channel.put(item, Wait::Not, true)
    }

    /// Puts a task if there is room for it within the time.
    ///
    /// # Errors
    ///
    /// As [`Queue::put_timeout`](crate::Queue::put_timeout).
    pub fn put_timeout(&self, item: &T, timeout: Duration) -> Result<(), Error> {
        self.channel.put(item, Wait::at_most(timeout), true)
    }

    /// Takes the next task, waiting for it. It is in the hands of this process until `task_done`.
    ///
    /// # Errors
    ///
    /// As [`Queue::get`](crate::Queue::get). A task that cannot be decoded or read is in this process's hands all the
    /// same: whoever decides that it does not matter calls `task_done` for it.
    pub fn get(&self) -> Result<T, Error> {
        self.take(Wait::Forever)
    }

    /// Takes the next task if there is one now.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`]; and as [`get`](JoinableQueue::get).
    pub fn try_get(&self) -> Result<T, Error> {
        self.take(Wait::Not)
    }

    /// Takes the next task if there is one within the time.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`]; and as [`get`](JoinableQueue::get).
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, Error> {
        self.take(Wait::at_most(timeout))
    }

    fn take(&self, wait: Wait) -> Result<T, Error> {
        let channel = &*self.channel;
        if let Some((record, getting)) = channel.member.resume(&channel.board) {
            return channel.finish(record, getting);
        }
        let (record, getting) = loop {
            step!("get: before");
            let gate = channel.gate(wait)?.ok_or(Error::Empty)?;
            step!("get: gate taken");
            let getting = channel.member.getting(&channel.board)?;
            let mut set = None;
            // Once without and once with the bell set: who puts in between rings, or is seen.
            let taken = loop {
                match channel.take_task()? {
                    None if set.is_none() => set = Some(channel.board.item.set()),
                    taken => break taken,
                }
            };
            drop(gate);
            if let Some(record) = taken {
                break (record, getting);
            }
            drop(getting);
            let nap = wait.nap(TICK).ok_or(Error::Empty)?;
            step!("get: about to sleep");
            channel.board.item.sleep(set.unwrap_or_default(), nap);
        };
        channel.taken()?;
        step!("get: rung");
        let item = channel.finish(record, getting);
        step!("get: done");
        item
    }

    /// Says that a task which this process got is done. Which one, if it has several, does not matter.
    ///
    /// Python: `task_done()`, which any process may call, also one that got nothing.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyTaskDone`] when this process has no task in its hands; nothing has changed then.
    pub fn task_done(&self) -> Result<(), Error> {
        let channel = &*self.channel;
        let seat = channel.member.seated().ok_or(Error::TooManyTaskDone)?;
        step!("task_done: before");
        let less = |tasks| match unpack(tasks) {
            (_, 0) => None,
            (lost, held) => Some(pack(lost, held - 1)),
        };
        let _hands = lock(&channel.hands);
        let done = channel.board.seats[seat].tasks.fetch_update(SeqCst, SeqCst, less);
        done.map_err(|_| Error::TooManyTaskDone)?;
        step!("task_done: counted");
        channel.board.done.ring(i32::MAX);
        step!("task_done: done");
        Ok(())
    }

    /// Waits until every task that was put is done. Any number of processes and threads may wait. Python: `join()`.
    ///
    /// # Errors
    ///
    /// [`Error::TasksLost`] within a fifth of a second or so after a process has ended, in whatever way, with tasks in
    /// its hands: these tasks are nobody's now. Each process, or thread, that waits is told of each lost task once; when it calls
    /// `join` again, it waits for the tasks that are left, among them those that it may have put once more.
    pub fn join(&self) -> Result<(), Error> {
        self.wait(Wait::Forever).map(drop)
    }

    /// The same, but waits no longer than this, and answers whether all is done.
    ///
    /// # Errors
    ///
    /// As [`join`](JoinableQueue::join).
    pub fn join_timeout(&self, timeout: Duration) -> Result<bool, Error> {
        self.wait(Wait::at_most(timeout))
    }

    fn wait(&self, wait: Wait) -> Result<bool, Error> {
        let channel = &*self.channel;
        // Of what comes to light from now on each thread that waits is told, also when another one is told first.
        let known = lock(&self.told).clone();
        loop {
            step!("join: before");
            let gate = channel.gate(wait)?;
            let set = channel.board.done.set();
            if gate.is_some() {
                step!("join: gate taken");
                let held = self.look_after_the_workers(&known)?;
                if held == 0 && channel.records.len()? == 0 {
                    return Ok(true);
                }
            }
            drop(gate);
            let Some(nap) = wait.nap(TICK) else { return Ok(false) };
            step!("join: about to sleep");
            channel.board.done.sleep(set, nap);
        }
    }

    /// Counts the tasks in the hands of the living, and tells of those that were in the hands of the dead. Only
    /// under the gate: then none is on its way from the pipe into a hand.
    fn look_after_the_workers(&self, known: &HashMap<usize, u32>) -> Result<u32, Error> {
        let channel = &*self.channel;
        let (mut in_hands, mut tasks, mut workers) = (0, 0, Vec::new());
        for (number, seat) in channel.board.seats.iter().enumerate() {
            if unpack(seat.tasks.load(SeqCst)).1 > 0 && !channel.member.is_alive(&channel.board, number)? {
                bury(seat);
            }
            let (lost, held) = unpack(seat.tasks.load(SeqCst));
            in_hands += held;
            let before = known.get(&number).copied().unwrap_or(0);
            if lost > before {
                lock(&self.told).insert(number, lost);
                tasks += lost - before;
                workers.push(seat.victim.load(SeqCst));
            }
        }
        if tasks > 0 { Err(Error::TasksLost { tasks, workers }) } else { Ok(in_hands) }
    }
}

impl<T> JoinableQueue<T> {
    /// How many tasks wait to be taken; those in somebody's hands do not count. Python: `qsize()`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`], if the system does not answer.
    pub fn len(&self) -> Result<usize, Error> {
        self.channel.records.len()
    }

    /// Whether no task waits to be taken.
    ///
    /// # Errors
    ///
    /// As [`len`](JoinableQueue::len).
    pub fn is_empty(&self) -> Result<bool, Error> {
        Ok(self.len()? == 0)
    }

    /// Whether `maxsize` tasks wait to be taken; never without a bound.
    ///
    /// # Errors
    ///
    /// As [`len`](JoinableQueue::len).
    pub fn is_full(&self) -> Result<bool, Error> {
        self.channel.is_full()
    }

    /// The bound, if there is one.
    pub fn maxsize(&self) -> Option<usize> {
        self.channel.maxsize
    }
}

impl Channel {
    /// Takes a record into this process's hands, under the gate.
    fn take_task(&self) -> Result<Option<Record>, Error> {
        let there = self.records.len()?;
        if there == 0 {
            return Ok(None);
        }
        let seat = self.member.seat(&self.board)?;
        let _hands = lock(&self.hands);
        let tasks = &self.board.seats[seat].tasks;
        let (lost, held) = unpack(tasks.load(SeqCst));
        self.board.intent.store(Intent { seat, held, there }.pack(), SeqCst);
        step!("get: intent");
        let record = self.records.read(Wait::Not)?;
        step!("get: read");
        if record.is_some() {
            tasks.store(pack(lost, held + 1), SeqCst);
        }
        step!("get: in hand");
        self.board.intent.store(0, SeqCst);
        step!("get: intent cleared");
        Ok(record)
    }

    /// Finishes what the last holder of the gate was about when it died: under the gate only it could change
    /// the number of items, so that number tells whether it had taken one.
    pub(crate) fn settle(&self) -> Result<(), Error> {
        let Some(Intent { seat, held, there }) = Intent::unpack(self.board.intent.load(SeqCst)) else {
            return Ok(());
        };
        if self.records.len()? < there {
            let tasks = &self.board.seats[seat].tasks;
            let (lost, _) = unpack(tasks.load(SeqCst));
            tasks.store(pack(lost, held + 1), SeqCst);
        }
        step!("settle: counted");
        self.board.intent.store(0, SeqCst);
        step!("settle: done");
        Ok(())
    }
}

impl<T> Clone for JoinableQueue<T> {
    fn clone(&self) -> JoinableQueue<T> {
        JoinableQueue { channel: self.channel.clone(), told: self.told.clone(), of: PhantomData }
    }
}

impl<T> fmt::Debug for JoinableQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.channel.show(f, "JoinableQueue")
    }
}
