//! What [`Queue`](crate::Queue) and [`JoinableQueue`](crate::JoinableQueue) have in common: items in, items out.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::queue::large::{self, Encoded, OwnedSlot};
use crate::queue::mutex::Held;
use crate::queue::participants::{Intent, Participation};
use crate::queue::records::{Content, Record, Records};
use crate::queue::state::Shared;
use crate::sys::step::{step, trace};
use crate::sys::wait::Wait;

/// The largest `maxsize`, that of Python.
const LARGEST_MAXSIZE: usize = i32::MAX as usize;

/// How long a putter that waits for room sleeps without looking for itself.
const TICK: Duration = Duration::from_millis(10);

/// How long a call that is not to wait at all waits for the mutex before it asks whether its holder is stopped. If it is
/// not, it will be done with a system call or two in no time.
const PATIENCE: Duration = Duration::from_millis(100);

/// From this size on a putter is woken only when the queue is half empty: to wake it for each single item would
/// cost two context switches an item.
const LARGE_QUEUE: usize = 64;

/// The parts of a queue.
pub(crate) struct Channel {
    pub(crate) records: Records,
    pub(crate) shared: Arc<Shared>,
    pub(crate) participation: Participation,
    pub(crate) maxsize: Option<usize>,
    /// Whether its items are tasks, which a [`JoinableQueue`](crate::JoinableQueue) counts.
    joinable: bool,
    /// The class of the last large item that this process put.
    last_class: AtomicUsize,
    /// One thread of this process at a time changes how many tasks the process has in hand.
    pub(crate) tasks_in_hand: Mutex<()>,
}

impl Channel {
    pub(crate) fn new(maxsize: Option<usize>, joinable: bool) -> Result<Channel, Error> {
        if let Some(asked) = maxsize.filter(|asked| !(1..=LARGEST_MAXSIZE).contains(asked)) {
            return Err(Error::Maxsize { asked, limit: LARGEST_MAXSIZE });
        }
        let (records, shared) = (Records::new(maxsize)?, Arc::new(Shared::new()?));
        let participation = Participation::new(shared.clone(), records.file());
        let (last_class, tasks_in_hand) = (AtomicUsize::new(0), Mutex::new(()));
        Ok(Channel { records, shared, participation, maxsize, joinable, last_class, tasks_in_hand })
    }

    /// Puts an item. Into a joinable queue, or one with a bound, only under the mutex.
    pub(crate) fn put<T: Serialize>(&self, item: &T, wait: Wait) -> Result<(), Error> {
        let free_slots = || {
            if let Ok(Some(_held)) = self.lock(Wait::Not) {
                let _ = large::free_slots_of_the_dead_now(&self.participation);
            }
        };
        let encoded = Encoded::new(item, &self.participation, &self.last_class, &free_slots)
            .inspect_err(|_| self.give_back_memory())?;
        if let Some(slot) = encoded.slot {
            return self.put_large(slot, encoded.size, wait);
        }
        let record = Record::new(Content::Small(&encoded.small[..encoded.size]));
        step!("put: encoded", of = self.id(), item = String::from_utf8_lossy(&encoded.small[..encoded.size]));
        if !self.joinable && self.maxsize.is_none() && self.overflow_is_empty() {
            step!("put: no overflow");
            if self.records.write(&record)? {
                step!("put: written at once");
                return Ok(());
            }
        }
        self.put_when_there_is_room(wait, || self.write(&record))
    }

    fn put_large(&self, slot: OwnedSlot<'_>, size: usize, wait: Wait) -> Result<(), Error> {
        self.last_class.store(large::class_for(size), SeqCst);
        step!("put: large part written", of = self.id(), item = format_args!("{size} bytes"));
        self.put_when_there_is_room(wait, || {
            let number = self.shared.large_put.load(SeqCst) + 1;
            let record = Record::new(slot.give_to(number, size));
            step!("put: slot given to the item");
            self.shared.large_put.store(number, SeqCst);
            step!("put: number taken");
            // If this fails, a later one tries again: the item at hand is what matters.
            let _ = large::free_slots_of_the_dead(&self.participation, number);
            let written = self.write(&record);
            if written.is_err() {
                slot.take_back();
            }
            written
        })?;
        slot.leave_to_getter();
        Ok(())
    }

    /// Does `put` under the mutex as soon as there is room.
    fn put_when_there_is_room(&self, wait: Wait, put: impl Fn() -> Result<(), Error>) -> Result<(), Error> {
        // Without a bound there is nothing to wait for but a mutex.
        let wait = if self.maxsize.is_none() && !matches!(wait, Wait::Forever) { Wait::Not } else { wait };
        loop {
            let held = self.lock(wait)?.ok_or(Error::Full)?;
            step!("put: locked");
            if !self.has_room()? {
                step!("put: no room");
                let prepared = self.shared.room.prepare();
                step!("put: about to look again");
                // A getter that has made room since then signals; what it made before is seen now.
                if !self.has_room()? {
                    drop(held);
                    let nap = wait.nap(TICK).ok_or(Error::Full)?;
                    step!("put: about to sleep");
                    self.shared.room.sleep(prepared, nap);
                    continue;
                }
            }
            step!("put: room");
            put()?;
            step!("put: written");
            if self.joinable {
                self.shared.waiting.fetch_add(1, SeqCst);
            }
            step!("put: counted");
            drop(held);
            self.shared.item.signal(1);
            step!("put: done");
            return Ok(());
        }
    }

    /// Writes a record behind all others: into the pipe, or, if that is full, to the end of the overflow. Under the mutex.
    fn write(&self, record: &Record) -> Result<(), Error> {
        if self.overflow_is_empty() {
            if self.records.write(record)? {
                return Ok(());
            }
            // Announced before it is true: getters that come now look there, and find nothing yet.
            self.shared.overflow_epoch.fetch_add(1, SeqCst);
            step!("put: overflow announced");
        }
        if let Err(e) = self.records.append(record) {
            // There may be room in the pipe by now, and nothing before this record.
            self.refill()?;
            let written = self.overflow_is_empty() && self.records.write(record)?;
            return if written { Ok(()) } else { Err(e) };
        }
        step!("put: appended");
        // Getters may have emptied the pipe meanwhile, and sleep. If this fails, the record is put all the same: to answer
        // with an error would free a slot that it names.
        if self.pipe_is_low() {
            let _ = self.refill();
        }
        Ok(())
    }

    fn pipe_is_low(&self) -> bool {
        self.records.in_pipe().is_ok_and(|in_pipe| self.records.is_low(in_pipe))
    }

    /// Whether there is no record in the overflow, and none is announced.
    fn overflow_is_empty(&self) -> bool {
        is_empty_in(self.shared.overflow_epoch.load(SeqCst))
    }

    /// Moves records from the overflow into the pipe. Under the mutex.
    pub(crate) fn refill(&self) -> Result<(), Error> {
        if !self.overflow_is_empty() && self.records.refill(&self.shared.overflow_freed)? {
            step!("refill: empty");
            self.shared.overflow_epoch.fetch_add(1, SeqCst);
        }
        step!("refill: done");
        Ok(())
    }

    /// Takes the next record out of a queue without tasks.
    ///
    /// No mutex is needed as long as nothing lies in the overflow. Else it is the getters who move records from there, and
    /// before the pipe runs low, so that nobody sleeps at the pipe while there is something in the overflow.
    pub(crate) fn take_record(&self, wait: Wait) -> Result<Record, Error> {
        loop {
            let epoch = self.shared.overflow_epoch.load(SeqCst);
            if !is_empty_in(epoch) {
                let in_pipe = self.records.in_pipe()?;
                let mut refilled = true;
                if self.records.is_low(in_pipe) {
                    // As long as there is something in the pipe a process that is stopped holds up nobody.
                    let held = self.lock(if in_pipe > 0 { Wait::Not } else { wait })?;
                    step!("get: locked");
                    refilled = held.is_some();
                    if refilled {
                        self.refill()?;
                    }
                }
                step!("get: refilled");
                match self.records.read(Wait::Not)? {
                    Some(record) => return Ok(record),
                    None if refilled || matches!(wait, Wait::Forever) => continue,
                    None => return Err(Error::Empty),
                }
            }
            step!("get: overflow empty");
            match self.records.read(wait)? {
                Some(record) => {
                    step!("get: read");
                    if !self.overflow_is_empty() && self.pipe_is_low() {
                        // While we slept the pipe has overflowed, and we may have taken the last that was in it. If this
                        // fails, others do it: the item at hand is what matters.
                        if let Ok(Some(_held)) = self.lock(Wait::Not) {
                            let _ = self.refill();
                        }
                    }
                    return Ok(record);
                }
                None => {
                    let is_the_same = self.shared.overflow_epoch.load(SeqCst) == epoch;
                    if is_the_same && wait.left() == Some(Duration::ZERO) {
                        return Err(Error::Empty);
                    }
                }
            }
        }
    }

    /// Whether there is room for one more. Under the mutex.
    fn has_room(&self) -> Result<bool, Error> {
        match self.maxsize {
            Some(maxsize) => Ok(self.len_locked()? < maxsize),
            None => Ok(true),
        }
    }

    /// How many items there are. Under the mutex.
    pub(crate) fn len_locked(&self) -> Result<usize, Error> {
        // The pipe last: records leave it at any time, and go there only under the mutex.
        let in_overflow = if self.overflow_is_empty() { 0 } else { self.records.in_overflow()? };
        Ok(in_overflow + self.records.in_pipe()?)
    }

    pub(crate) fn len(&self) -> Result<usize, Error> {
        let epoch = self.shared.overflow_epoch.load(SeqCst);
        if is_empty_in(epoch) {
            let len = self.records.in_pipe()?;
            if self.shared.overflow_epoch.load(SeqCst) == epoch {
                return Ok(len);
            }
        }
        // Without the mutex, too: its holder is stopped then, and nobody moves anything.
        let _held = self.lock(Wait::Not)?;
        self.len_locked()
    }

    pub(crate) fn is_full(&self) -> Result<bool, Error> {
        Ok(match self.maxsize {
            Some(maxsize) => self.len()? >= maxsize,
            None => false,
        })
    }

    /// Takes the mutex. What its last holder left half done by dying is settled first.
    pub(crate) fn lock(&self, wait: Wait) -> Result<Option<Held<'_>>, Error> {
        let place = self.participation.place()?;
        let held = loop {
            let soon = || Instant::now() + PATIENCE;
            let end = match wait {
                Wait::Forever => Wait::Forever,
                Wait::Until(moment) => Wait::Until(moment.max(soon())),
                Wait::Not => Wait::Until(soon()),
            };
            let held = self.shared.mutex.lock(place, end, |holder| self.participation.is_alive(holder))?;
            // Else others were only quicker each time, or the machine is busy: that does not make a queue full.
            if held.is_some() || matches!(wait, Wait::Forever) || self.holder_is_stopped() {
                break held;
            }
        };
        let Some(mut held) = held else { return Ok(None) };
        if held.abandoned {
            self.settle()?;
            held.abandoned = false;
        }
        Ok(Some(held))
    }

    /// Finishes what the last holder of the mutex was doing when it died. Only it can have taken a task since it stored its
    /// intent, so the number of tasks tells whether it did. Under the mutex.
    fn settle(&self) -> Result<(), Error> {
        let waiting = self.len_locked()? as u64;
        if let Some(intent) = Intent::of(&self.shared) {
            if intent.is_done(waiting) {
                self.shared.participants()[intent.place as usize].one_more(intent.in_hand);
            }
            step!("settle: in hand");
        }
        self.shared.waiting.store(waiting, SeqCst);
        step!("settle: counted");
        self.shared.intent.store(0, SeqCst);
        step!("settle: intent cleared");
        // It may have died emptying the overflow.
        self.refill()
    }

    /// Whether the holder of the mutex is stopped, and so will not release it soon.
    fn holder_is_stopped(&self) -> bool {
        self.shared
            .mutex
            .holder()
            .is_some_and(|holder| is_stopped(self.shared.participants()[holder as usize].pid.load(SeqCst)))
    }

    /// There is one item less: wakes a putter that waits for room, if it is worth it.
    pub(crate) fn signal_room(&self) {
        let Some(maxsize) = self.maxsize.filter(|_| self.shared.room.is_awaited()) else { return };
        let low = if maxsize < LARGE_QUEUE { maxsize } else { maxsize / 2 };
        // A putter looks for itself if this fails: the item at hand is what matters.
        if self.len().is_ok_and(|len| len <= low) {
            self.shared.room.signal(1);
        }
    }

    /// The last part of getting: makes the item out of its record.
    pub(crate) fn decode<T: DeserializeOwned>(&self, record: &Record) -> Result<T, Error> {
        let (class, slot, number, size) = match record.content() {
            Content::Small(bytes) => {
                trace!("get: item", of = self.id(), item = String::from_utf8_lossy(bytes));
                return serde_json::from_slice(bytes).map_err(Error::Decode);
            }
            Content::Large { class, slot, number, size } => (class, slot, number, size),
        };
        self.shared.large_taken.fetch_max(number, SeqCst);
        step!("get: before the large part", of = self.id(), item = format_args!("{size} bytes"));
        let owned = OwnedSlot::of_item(&self.shared, class, slot, number);
        let item = serde_json::from_slice(owned.bytes(size)).map_err(Error::Decode);
        step!("get: large part read");
        drop(owned);
        step!("get: slot free");
        if large::is_for_a_backlog(class, slot) {
            self.give_back_memory();
        }
        item
    }

    /// If nothing waits any more, gives back what memory a backlog needed. It may fail, and is then done by a later one.
    fn give_back_memory(&self) {
        if let (Some(place), Ok(0)) = (self.participation.known_place(), self.len()) {
            large::give_back_slots(&self.shared, place);
        }
    }

    /// The same in all processes of the family.
    #[cfg(feature = "__trace")]
    pub(crate) fn id(&self) -> String {
        format!("queue {self:p}")
    }

    pub(crate) fn show(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        f.debug_struct(name).field("len", &self.len()).field("maxsize", &self.maxsize).finish()
    }
}

/// Whether the overflow is empty in this epoch.
fn is_empty_in(epoch: u32) -> bool {
    epoch % 2 == 0
}

fn is_stopped(pid: u32) -> bool {
    // The state comes after the name, which is in brackets and may hold brackets itself.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    // A process that cannot be asked about might be stopped; one that is gone does not keep the mutex.
    stat.map_or(true, |stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['T', 't'])))
}
