//! What [`Queue`](crate::Queue) and [`JoinableQueue`](crate::JoinableQueue) have in common: items in, items out.

use std::fmt;
use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::pipe::records::{Content, INLINE, Record, Records};
use crate::process::exit;
use crate::queue::board::{Bell, Board, Getting, Member};
use crate::queue::gate::{Gate, Inside};
use crate::queue::large::Large;
use crate::queue::slots::Owner;
use crate::queue::spill::Spill;
use crate::sys::fork::lock;
use crate::sys::shared::Shared;
use crate::sys::step::step;
use crate::sys::wait::Wait;

/// The largest item, as JSON: 1 GiB.
const LARGEST: usize = 1 << 30;

/// The largest buffer that is kept for the next large item.
const SPARE: usize = 4 << 20;

/// How long a putter that waits for room sleeps without looking for itself.
const TICK: Duration = Duration::from_millis(10);

/// How long a call that is not to wait at all waits at the gate before it asks whether the process inside is stopped.
/// If it is not, it will be done with its one write in no time.
const PATIENCE: Duration = Duration::from_millis(100);

/// Every so many large items, what deaths have left of earlier ones is cleared away.
const CLEAR_EVERY: u64 = 64;

/// From this size on a putter is woken only when the queue is half empty: to wake it for each single item would
/// cost two changes of process an item.
const LARGE_QUEUE: usize = 64;

/// An item on its way, as JSON: in `small` as long as it fits, then in `large`. A small one needs no memory from
/// the heap, and large ones use the same memory again and again: to get it anew costs a page fault every 4 KiB.
struct Encoded<'a> {
    small: [u8; INLINE],
    size: usize,
    large: Vec<u8>,
    spare: &'a Mutex<Vec<u8>>,
}

impl Encoded<'_> {
    fn new<'a, T: Serialize>(item: &T, spare: &'a Mutex<Vec<u8>>) -> Result<Encoded<'a>, Error> {
        let mut encoded = Encoded { small: [0; INLINE], size: 0, large: Vec::new(), spare };
        serde_json::to_writer(&mut encoded, item).map_err(Error::Encode)?;
        let size = encoded.large.len();
        if size > LARGEST { Err(Error::TooLarge { size, limit: LARGEST }) } else { Ok(encoded) }
    }
}

impl Write for Encoded<'_> {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        let end = self.size + more.len();
        match self.small.get_mut(self.size..end) {
            Some(room) if self.large.is_empty() => {
                room.copy_from_slice(more);
                self.size = end;
            }
            _ => {
                if self.large.is_empty() {
                    self.large = std::mem::take(&mut *lock(self.spare));
                    self.large.extend_from_slice(&self.small[..self.size]);
                }
                self.large.extend_from_slice(more);
            }
        }
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Encoded<'_> {
    fn drop(&mut self) {
        keep(std::mem::take(&mut self.large), self.spare);
    }
}

/// Keeps a buffer for the next large item, unless it is a very large one.
fn keep(mut buffer: Vec<u8>, spare: &Mutex<Vec<u8>>) {
    if (1..=SPARE).contains(&buffer.capacity()) {
        buffer.clear();
        *lock(spare) = buffer;
    }
}

/// The parts of a queue.
pub(crate) struct Channel {
    pub(crate) records: Records,
    pub(crate) board: Shared<Board>,
    pub(crate) member: Member,
    pub(crate) maxsize: Option<usize>,
    spill: Spill,
    /// One thread of this process at a time writes a large item: they share the name of the file.
    writing: Mutex<()>,
    /// A buffer for a large item, if nobody uses it just now.
    spare: Mutex<Vec<u8>>,
    /// One thread of this process at a time changes how many tasks the process has in its hands.
    pub(crate) hands: Mutex<()>,
}

impl Channel {
    pub(crate) fn new(maxsize: Option<usize>) -> Result<Channel, Error> {
        exit::watch_over_the_end();
        Ok(Channel {
            records: Records::new(maxsize)?,
            board: Shared::new()?,
            member: Member::new(),
            maxsize,
            spill: Spill::new()?,
            writing: Mutex::new(()),
            spare: Mutex::default(),
            hands: Mutex::new(()),
        })
    }

    /// Puts an item. With `gated` false a small item of an unbounded queue goes straight into the pipe.
    pub(crate) fn put<T: Serialize>(&self, item: &T, wait: Wait, gated: bool) -> Result<(), Error> {
        let encoded = Encoded::new(item, &self.spare)?;
        if !encoded.large.is_empty() {
            return self.put_large(&encoded.large, wait);
        }
        let record = Record::new(Content::Item(&encoded.small[..encoded.size]));
        step!("put: encoded");
        if gated || self.maxsize.is_some() {
            return self.put_when_there_is_room(wait, || self.records.write(&record, Wait::Not));
        }
        if !self.records.write(&record, wait)? {
            return Err(Error::Full);
        }
        step!("put: done at once");
        Ok(())
    }

    fn put_large(&self, bytes: &[u8], wait: Wait) -> Result<(), Error> {
        let seat = self.member.seat(&self.board)?;
        let _one_at_a_time = lock(&self.writing);
        step!("put: before the large part");
        let mut large = Large::write(&self.board, &self.spill, seat, bytes)?;
        step!("put: large part written");
        self.put_when_there_is_room(wait, || {
            let number = self.board.large_put.load(SeqCst) + 1;
            let record = Record::new(large.number(number)?);
            step!("put: numbered");
            self.board.large_put.store(number, SeqCst);
            step!("put: number taken");
            if number.is_multiple_of(CLEAR_EVERY) {
                // If this fails, a later one tries again: the item at hand is what matters.
                let _ = self.clear();
            }
            let put = self.records.write(&record, Wait::Not)?;
            if !put {
                // Under its number it would be cleared away once later ones have been taken.
                large.unnumber(seat)?;
                step!("put: number given back");
            }
            Ok(put)
        })?;
        large.keep();
        Ok(())
    }

    /// Clears away the large items that nobody will come for.
    fn clear(&self) -> Result<(), Error> {
        let gone = self.member.large_gone(&self.board)?;
        self.board.slots.clear(|owner| match owner {
            Owner::Item(number) => Ok(number <= gone),
            Owner::Writer { seat, pid, .. } => self.member.is_gone(&self.board, seat, pid),
        })?;
        self.spill.clear(gone)
    }

    /// Does `put` under the gate as soon as there is room. It answers false if there is none in the pipe itself.
    fn put_when_there_is_room(
        &self,
        wait: Wait,
        mut put: impl FnMut() -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let mut slept = false;
        loop {
            let gate = self.gate(wait)?.ok_or(Error::Full)?;
            step!("put: gate taken");
            let mut set = None;
            // Once without and once with the bell set: who reads in between rings, or is seen.
            let done = loop {
                if self.has_room()? && put()? {
                    break true;
                }
                if set.is_some() {
                    break false;
                }
                set = Some(self.board.room.set());
            };
            if done {
                step!("put: written");
                drop(gate);
                if slept {
                    // Others may have slept beside us, and one ring wakes one.
                    self.board.room.set();
                }
                self.board.item.ring(1);
                step!("put: done");
                return Ok(());
            }
            drop(gate);
            let nap = wait.nap(TICK).ok_or(Error::Full)?;
            step!("put: about to sleep");
            self.board.room.sleep(set.unwrap_or_default(), nap);
            slept = true;
        }
    }

    fn has_room(&self) -> Result<bool, Error> {
        Ok(match self.maxsize {
            Some(maxsize) => self.records.len()? < maxsize,
            None => true,
        })
    }

    /// Passes the gate. What its last holder left half-done by dying is settled first.
    pub(crate) fn gate(&self, wait: Wait) -> Result<Option<Inside<'_>>, Error> {
        let gate = loop {
            let soon = Instant::now() + PATIENCE;
            let end = match wait {
                Wait::Forever => Wait::Forever,
                Wait::Until(moment) => Wait::Until(moment.max(soon)),
                Wait::Not => Wait::Until(soon),
            };
            let gate = Gate::pass(&self.board, &self.member, end)?;
            // Others may only have been quicker each time, or the machine be busy: that does not make a queue full.
            let bad_luck = gate.is_none() && matches!(wait, Wait::Not) && !Gate::is_blocked(&self.board);
            if !bad_luck {
                break gate;
            }
        };
        if gate.is_some() {
            self.settle()?;
        }
        Ok(gate)
    }

    /// There is one item less: wakes a putter that waits for room, if it is worth it.
    pub(crate) fn taken(&self) -> Result<(), Error> {
        let room: &Bell = &self.board.room;
        if room.somebody_sleeps() {
            let low = match self.maxsize {
                Some(maxsize) if maxsize < LARGE_QUEUE => maxsize,
                Some(maxsize) => maxsize / 2,
                None => self.records.holds / 2,
            };
            if self.records.len()? <= low {
                room.ring(1);
            }
        }
        Ok(())
    }

    /// The last part of getting: makes the item out of its record. If its file cannot be read, for want of a descriptor,
    /// say, the item stays in the hands of this process, and its next get tries again.
    pub(crate) fn finish<T: DeserializeOwned>(
        &self,
        record: Record,
        getting: Getting<'_>,
    ) -> Result<T, Error> {
        let item = self.open(&record);
        match &item {
            Err(Error::Io { source, .. }) if source.kind() != io::ErrorKind::NotFound => {
                self.member.put_off(record, getting);
            }
            _ => drop(getting),
        }
        item
    }

    /// Makes the item out of its record. A large one is fetched from where it waits.
    fn open<T: DeserializeOwned>(&self, record: &Record) -> Result<T, Error> {
        match record.content() {
            Content::Item(bytes) => serde_json::from_slice(bytes).map_err(Error::Decode),
            Content::Slot { index, number, size } => self.open_large(number, |bytes| {
                bytes.resize(size as usize, 0);
                let taken = self.board.slots.take(self.board.file(), index as usize, number, bytes);
                taken.map_err(Error::io("reading a large item"))
            }),
            Content::File(number) => self.open_large(number, |bytes| self.spill.take(number, bytes)),
        }
    }

    fn open_large<T: DeserializeOwned>(
        &self,
        number: u64,
        take: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
    ) -> Result<T, Error> {
        self.board.large_taken.fetch_max(number, SeqCst);
        step!("get: before the large part");
        let mut bytes = std::mem::take(&mut *lock(&self.spare));
        let item = take(&mut bytes).and_then(|()| serde_json::from_slice(&bytes).map_err(Error::Decode));
        keep(bytes, &self.spare);
        item
    }

    pub(crate) fn is_full(&self) -> Result<bool, Error> {
        Ok(!self.has_room()?)
    }

    pub(crate) fn show(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        f.debug_struct(name).field("len", &self.records.len()).field("maxsize", &self.maxsize).finish()
    }
}
