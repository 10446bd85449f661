//! Tasks: what a [`JoinableQueue`] knows beyond a queue.
//!
//! A task is in the queue, or in the hands of a process: each participant shows how many it has. `join` waits until there is
//! none in either. What makes this exact is that a task passes from the queue into a hand only under the mutex.
//!
//! How many tasks are in the queue is stored, under the mutex, so that it need not be asked of the kernel each time; if its
//! holder died, the next one asks.

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
use crate::queue::participants::Intent;
use crate::queue::records::Record;
use crate::sys::lock;
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
/// here it returns an error that says so.
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
    /// How many lost tasks of each place `join` has reported in this process.
    reported: Arc<Mutex<HashMap<u32, u32>>>,
    of: PhantomData<fn(T) -> T>,
}

impl<T: Serialize + DeserializeOwned> JoinableQueue<T> {
    /// As [`Queue::new`](crate::Queue::new), errors included.
    pub fn new() -> Result<JoinableQueue<T>, Error> {
        JoinableQueue::with(None)
    }

    /// As [`Queue::bounded`](crate::Queue::bounded), errors included.
    pub fn bounded(maxsize: usize) -> Result<JoinableQueue<T>, Error> {
        JoinableQueue::with(Some(maxsize))
    }

    fn with(maxsize: Option<usize>) -> Result<JoinableQueue<T>, Error> {
        let channel = Arc::new(Channel::new(maxsize, true)?);
        Ok(JoinableQueue { channel, reported: Arc::default(), of: PhantomData })
    }

    /// Puts a task, waiting for room: as [`Queue::put`](crate::Queue::put), errors included.
    pub fn put(&self, item: &T) -> Result<(), Error> {
        self.channel.put(item, Wait::Forever)
    }

    /// Puts a task if there is room for it now: as [`Queue::try_put`](crate::Queue::try_put), errors included.
    pub fn try_put(&self, item: &T) -> Result<(), Error> {
        self.channel.put(item, Wait::Not)
    }

    /// Puts a task if there is room for it within the time: as [`Queue::put_timeout`](crate::Queue::put_timeout), errors
    /// included.
    pub fn put_timeout(&self, item: &T, timeout: Duration) -> Result<(), Error> {
        self.channel.put(item, Wait::at_most(timeout))
    }

    /// Takes the next task, waiting for it. It is in the hands of this process until `task_done`.
    ///
    /// # Errors
    ///
    /// As [`Queue::get`](crate::Queue::get). A task that cannot be decoded or read is in this process's hands all the
    /// same: a process that decides that it does not matter calls `task_done` for it.
    pub fn get(&self) -> Result<T, Error> {
        self.take(Wait::Forever)
    }

    /// Takes the next task if there is one now, or answers [`Error::Empty`]; else as [`get`](JoinableQueue::get).
    pub fn try_get(&self) -> Result<T, Error> {
        self.take(Wait::Not)
    }

    /// Takes the next task if there is one within the time, or answers [`Error::Empty`]; else as
    /// [`get`](JoinableQueue::get).
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, Error> {
        self.take(Wait::at_most(timeout))
    }

    fn take(&self, wait: Wait) -> Result<T, Error> {
        let channel = &*self.channel;
        loop {
            step!("get: before", of = channel.id());
            let held = channel.lock(wait)?.ok_or(Error::Empty)?;
            step!("get: locked");
            let getting = channel.participation.getting()?;
            if let Some(record) = channel.take_task(getting.place)? {
                drop(held);
                channel.signal_room();
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
        let place = channel.participation.known_place().ok_or(Error::TooManyTaskDone)?;
        step!("task_done: before");
        let _one_thread = lock(&channel.tasks_in_hand);
        let participant = &channel.shared.participants()[place as usize];
        let before = participant.one_less().ok_or(Error::TooManyTaskDone)?;
        step!("task_done: counted");
        // Who has the last one signals. If one that has others ends without, `join` looks for itself.
        if before == 1 && channel.shared.waiting.load(SeqCst) == 0 {
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

    /// As [`join`](JoinableQueue::join), but waits no longer than this, and answers whether all is done.
    pub fn join_timeout(&self, timeout: Duration) -> Result<bool, Error> {
        self.wait(Wait::at_most(timeout))
    }

    fn wait(&self, wait: Wait) -> Result<bool, Error> {
        let channel = &*self.channel;
        // Of what comes to light from now on each thread that waits is told, also when another one is told first.
        let reported = lock(&self.reported).clone();
        loop {
            step!("join: before", of = channel.id());
            let held = channel.lock(wait)?;
            let prepared = channel.shared.done.prepare();
            step!("join: prepared");
            if held.is_some() {
                step!("join: locked");
                let in_hand = self.look_after_the_workers(&reported)?;
                if in_hand == 0 && channel.shared.waiting.load(SeqCst) == 0 {
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
    fn look_after_the_workers(&self, reported: &HashMap<u32, u32>) -> Result<u32, Error> {
        let channel = &*self.channel;
        let (mut in_hands, mut tasks, mut workers) = (0, 0, Vec::new());
        for (place, participant) in channel.shared.places() {
            if participant.tasks().1 > 0 && !channel.participation.is_alive(place)? {
                participant.count_lost();
            }
            let (lost, in_hand) = participant.tasks();
            in_hands += in_hand;
            let before = reported.get(&place).copied().unwrap_or(0);
            if lost > before {
                lock(&self.reported).insert(place, lost);
                tasks += lost - before;
                workers.push(participant.victim.load(SeqCst));
            }
        }
        if tasks > 0 { Err(Error::TasksLost { tasks, workers }) } else { Ok(in_hands) }
    }
}

impl<T> JoinableQueue<T> {
    /// How many tasks wait to be taken; those in somebody's hands do not count. As [`Queue::len`](crate::Queue::len).
    pub fn len(&self) -> Result<usize, Error> {
        self.channel.len()
    }

    /// Whether no task waits to be taken. As [`Queue::is_empty`](crate::Queue::is_empty).
    pub fn is_empty(&self) -> Result<bool, Error> {
        Ok(self.len()? == 0)
    }

    /// Whether `maxsize` tasks wait to be taken. As [`Queue::is_full`](crate::Queue::is_full).
    pub fn is_full(&self) -> Result<bool, Error> {
        self.channel.is_full()
    }

    /// The bound, if there is one.
    pub fn maxsize(&self) -> Option<usize> {
        self.channel.maxsize
    }
}

impl Channel {
    /// Takes a task into the hands of this process, under the mutex.
    fn take_task(&self, place: u32) -> Result<Option<Record>, Error> {
        let waiting = self.shared.waiting.load(SeqCst);
        if waiting == 0 {
            return Ok(None);
        }
        let _one_thread = lock(&self.tasks_in_hand);
        let participant = &self.shared.participants()[place as usize];
        let (_, in_hand) = participant.tasks();
        self.shared.intent.store(Intent { place, in_hand, waiting }.pack(), SeqCst);
        step!("get: intent stored");
        let record = self.next_record();
        step!("get: read");
        if let Ok(Some(_)) = record {
            participant.one_more(in_hand);
            step!("get: in hand");
            self.shared.waiting.store(waiting - 1, SeqCst);
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
}

impl<T> Clone for JoinableQueue<T> {
    fn clone(&self) -> JoinableQueue<T> {
        JoinableQueue { channel: self.channel.clone(), reported: self.reported.clone(), of: PhantomData }
    }
}

impl<T> fmt::Debug for JoinableQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.channel.show(f, "JoinableQueue")
    }
}
