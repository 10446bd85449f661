//! Tasks: what a [`JoinableQueue`] knows beyond a queue.
//!
//! A task is in the queue, or in the hands of a process: each participant shows how many it has. `join` waits until both are
//! none. What makes this exact is that a task passes from the queue into a hand only under the mutex.
//!
//! How many tasks are in the queue is stored, under the mutex, so that it need not be asked of the kernel each time; if its
//! holder died, the next one asks.
//!
//! # What a death leaves behind
//!
//! `put` is as in [`crate::queue`], but always takes the mutex.
//!
//! | get | a death here leaves |
//! |---|---|
//! | take the mutex | a mutex that names a dead one: the next waiter takes it over |
//! | show among the participants that it is getting | a place without an owner |
//! | no task: prepare the event, release the mutex, sleep, begin again | a prepared event, or one signal lost: the others look for themselves after 100 ms |
//! | store the intent: "this participant, having so many tasks in hand, takes one of so many" | an intent; the next holder of the mutex finds as many tasks as it says, so nothing was taken, and clears it |
//! | **read the record** | an intent; the next holder of the mutex finds one task less, so it was taken, and counts it: it is lost, not forgotten |
//! | store the number in hand | as above: to store the same number once more changes nothing |
//! | store how many tasks are left | as above |
//! | clear the intent, release the mutex | a task in the hands of the dead: lost |
//! | somebody waits for room: signal | as above; and a sleeper that looks for itself after 10 ms |
//! | large: decode it, free its slot | as above |
//!
//! | task_done | a death here leaves |
//! |---|---|
//! | **one less in hand** | a task that is done; before, one that is lost |
//! | it was the last: signal the joiners | joiners that look for themselves after 100 ms |
//!
//! | join | a death here leaves |
//! |---|---|
//! | take the mutex | a mutex that names a dead one: the next waiter takes it over |
//! | the tasks of a dead participant: **add them to the lost ones of its place** (one store for both numbers) | they are counted, or not yet: never twice |
//! | prepare the event, and compare: nothing in the queue, nothing in any hand | a prepared event |
//! | not so: release the mutex, sleep, begin again | as above |

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::queue::channel::Channel;
use crate::queue::participants::{pack, unpack};
use crate::queue::records::Record;
use crate::queue::state::{Shared, State};
use crate::sys::fork::lock;
use crate::sys::step::{step, trace};
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
    /// How many lost tasks of each place `join` has told of in this process.
    told: Arc<Mutex<HashMap<u32, u32>>>,
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
        loop {
            step!("get: before", of = channel.id());
            let held = channel.lock(wait)?.ok_or(Error::Empty)?;
            step!("get: locked");
            let getting = channel.participation.getting(channel)?;
            if let Some(record) = channel.take_task(getting.place)? {
                drop(held);
                channel.taken();
                step!("get: signalled");
                let item = channel.decode(&record);
                step!("get: done");
                return item;
            }
            step!("get: nothing there");
            // Still under the mutex, without which no task is put: so every one from now on is signalled.
            let prepared = channel.shared.item.prepare();
            drop(held);
            drop(getting);
            let nap = wait.nap(TICK).ok_or(Error::Empty)?;
            step!("get: about to sleep");
            channel.shared.item.sleep(prepared, nap);
        }
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
        let place = channel.participation.known().ok_or(Error::TooManyTaskDone)?;
        step!("task_done: before");
        let less = |tasks| match unpack(tasks) {
            (_, 0) => None,
            (lost, in_hand) => Some(pack(lost, in_hand - 1)),
        };
        let _one_thread = lock(&channel.tasks_in_hand);
        let tasks = &channel.shared.participants()[place as usize].tasks;
        let before = tasks.fetch_update(SeqCst, SeqCst, less).map_err(|_| Error::TooManyTaskDone)?;
        step!("task_done: counted");
        // Who has the last one signals. If one that has others ends without, `join` looks for itself.
        if unpack(before).1 == 1 && channel.shared.tasks.load(SeqCst) == 0 {
            channel.shared.done.signal(i32::MAX);
        }
        step!("task_done: done", of = channel.id());
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
            step!("join: before", of = channel.id());
            let held = channel.lock(wait)?;
            let prepared = channel.shared.done.prepare();
            step!("join: prepared");
            if held.is_some() {
                step!("join: locked");
                let in_hand = self.look_after_the_workers(&known)?;
                if in_hand == 0 && channel.shared.tasks.load(SeqCst) == 0 {
                    trace!("join: all is done", of = channel.id());
                    return Ok(true);
                }
            }
            drop(held);
            let Some(nap) = wait.nap(TICK) else { return Ok(false) };
            step!("join: about to sleep");
            channel.shared.done.sleep(prepared, nap);
        }
    }

    /// Counts the tasks in the hands of the living, and tells of those that were in the hands of the dead. Only
    /// under the mutex: then none is on its way from the queue into a hand.
    fn look_after_the_workers(&self, known: &HashMap<u32, u32>) -> Result<u32, Error> {
        let channel = &*self.channel;
        let (mut in_hands, mut tasks, mut workers) = (0, 0, Vec::new());
        let places = 0..channel.shared.fresh.load(SeqCst);
        for (place, participant) in places.zip(channel.shared.participants()) {
            if unpack(participant.tasks.load(SeqCst)).1 > 0
                && !channel.participation.is_alive(channel, place)?
            {
                participant.count_lost();
            }
            let (lost, in_hand) = unpack(participant.tasks.load(SeqCst));
            in_hands += in_hand;
            let before = known.get(&place).copied().unwrap_or(0);
            if lost > before {
                lock(&self.told).insert(place, lost);
                tasks += lost - before;
                workers.push(participant.victim.load(SeqCst));
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
        self.channel.len()
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

/// "The participant at this place, with so many tasks in hand, is about to take one of so many." One word, so that it is
/// there or is not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Intent {
    pub(crate) place: u32,
    in_hand: u32,
    /// The last nine bits of how many tasks there were: enough to see whether it is one less.
    there: u64,
}

impl Intent {
    const THERE: u64 = 0x1ff;

    fn pack(self) -> u64 {
        1 << 63 | u64::from(self.place) << 41 | (self.there & Intent::THERE) << 32 | u64::from(self.in_hand)
    }

    /// The one that is stored, if there is one.
    pub(crate) fn of(state: &State) -> Option<Intent> {
        let word = state.intent.load(SeqCst);
        let place = (word >> 41) as u32 & ((1 << 22) - 1);
        (word != 0).then_some(Intent { place, in_hand: word as u32, there: word >> 32 & Intent::THERE })
    }
}

/// Notes that there is one more task in the hands of a participant, which had so many.
fn one_more(shared: &Shared, place: u32, in_hand: u32) {
    let tasks = &shared.participants()[place as usize].tasks;
    let (lost, _) = unpack(tasks.load(SeqCst));
    tasks.store(pack(lost, in_hand + 1), SeqCst);
}

impl Channel {
    /// Takes a task into the hands of this process, under the mutex.
    fn take_task(&self, place: u32) -> Result<Option<Record>, Error> {
        let there = self.shared.tasks.load(SeqCst);
        if there == 0 {
            return Ok(None);
        }
        let _one_thread = lock(&self.tasks_in_hand);
        let (_, in_hand) = unpack(self.shared.participants()[place as usize].tasks.load(SeqCst));
        self.shared.intent.store(Intent { place, in_hand, there }.pack(), SeqCst);
        step!("get: intent stored");
        let record = self.next_record();
        step!("get: read");
        if let Ok(Some(_)) = record {
            one_more(&self.shared, place, in_hand);
            step!("get: in hand");
            self.shared.tasks.store(there - 1, SeqCst);
        }
        step!("get: counted");
        self.shared.intent.store(0, SeqCst);
        step!("get: intent cleared");
        record
    }

    /// The next record, from wherever it lies. Under the mutex.
    fn next_record(&self) -> Result<Option<Record>, Error> {
        if let Some(record) = self.records.read(Wait::Not)? {
            return Ok(Some(record));
        }
        self.refill()?;
        self.records.read(Wait::Not)
    }

    /// Finishes what the last holder of the mutex was about when it died. Under the mutex, so that of the tasks only it can
    /// have taken one: their number tells whether it had.
    pub(crate) fn settle(&self) -> Result<(), Error> {
        let there = self.len_locked()? as u64;
        if let Some(Intent { place, in_hand, there: before }) = Intent::of(&self.shared) {
            if there & Intent::THERE != before {
                one_more(&self.shared, place, in_hand);
            }
            step!("settle: in hand");
        }
        self.shared.tasks.store(there, SeqCst);
        step!("settle: counted");
        self.shared.intent.store(0, SeqCst);
        step!("settle: intent cleared");
        // It may have been emptying the overflow.
        self.refill()
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
