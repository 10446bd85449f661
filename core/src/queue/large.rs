//! Large items: written where they are read.
//!
//! An item that does not fit into a record is encoded straight into shared memory and decoded straight out of it; the
//! record says where. The memory is divided into slots of a few sizes, the *classes*. A slot has one owner at a time, in one
//! word: the participant that writes an item there, or the item, by its number. The memory of slots that were used is kept
//! for the next items, for new pages cost more than to copy what goes into them; when the backlog is gone, it is given
//! back but for a little.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

use nix::errno::Errno;
use nix::libc::RLIM_INFINITY;
use nix::sys::resource::{Resource, getrlimit};
use serde::Serialize;

use crate::error::Error;
use crate::queue::channel::Channel;
use crate::queue::records::{Content, INLINE};
use crate::queue::state::Shared;
use crate::sys::fork::{generation, pid};
use crate::sys::step::step;
use crate::sys::wait::Wait;

/// The largest item, as JSON: 1 GiB.
pub(crate) const LARGEST: usize = 1 << 30;

/// From 4 KiB on, each eight times as large as the one before, up to 1 GiB.
pub(crate) const CLASSES: usize = 7;

pub(crate) const fn size_of_class(class: usize) -> usize {
    4096 << (3 * class)
}

const _: () = assert!(size_of_class(CLASSES - 1) == LARGEST);

/// The smallest class for an item of this size.
fn class_for(size: usize) -> usize {
    (0..CLASSES - 1).find(|&class| size <= size_of_class(class)).unwrap_or(CLASSES - 1)
}

/// Whether an item may be as large as that. The memory is no file, but `ulimit -f` says how much is to be written at once.
fn within_the_limit(size: usize) -> io::Result<()> {
    let (limit, _) = getrlimit(Resource::RLIMIT_FSIZE)?;
    if limit != RLIM_INFINITY && size as u64 > limit { Err(Errno::EFBIG.into()) } else { Ok(()) }
}

/// How many slots of each class keep their memory when the backlog is gone: some MiB in all.
const KEPT: [usize; CLASSES] = [256, 64, 32, 4, 0, 0, 0];

/// The memory of a slot is got in multiples of this; and as much as there is already, at the least.
const STEP: usize = 64 << 10;

/// Every so many large items, or more when many wait, what deaths have left of earlier ones is freed.
const FREE_EVERY: u64 = 64;

/// What is known of a class.
#[repr(C)]
pub(crate) struct Class {
    /// No slot before this one is free, as far as is known.
    first_free: AtomicU32,
    /// No slot from this one on was ever used.
    fresh: AtomicU32,
}

#[repr(C)]
pub(crate) struct Slot {
    /// An [`Owner`], or `FREE`.
    owner: AtomicU64,
    /// How many bytes of it have memory. It is the owner's.
    reserved: AtomicU64,
}

const FREE: u64 = 0;

/// Whose a slot is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Owner {
    /// Of a participant that is writing there, or died of it. The turn tells one such time from another.
    Writer { place: u32, pid: u32, turn: u64 },
    /// Of the item with this number, which is in the queue or in the hands of a process.
    Item(u64),
}

/// In the word of a writer: a mark, then the turn, the place and the pid, with so many bits for each of the last two.
/// Linux gives no pid that needs more.
const WRITER: u64 = 1 << 63;
const BITS: u32 = 22;

impl Owner {
    fn pack(self) -> u64 {
        match self {
            Owner::Writer { place, pid, turn } => {
                WRITER | (turn << (2 * BITS) & !WRITER) | u64::from(place) << BITS | u64::from(pid)
            }
            Owner::Item(number) => number,
        }
    }

    fn unpack(word: u64) -> Option<Owner> {
        if word & WRITER == 0 {
            return (word != FREE).then_some(Owner::Item(word));
        }
        let low = |word: u64| (word & ((1 << BITS) - 1)) as u32;
        Some(Owner::Writer { place: low(word >> BITS), pid: low(word), turn: (word & !WRITER) >> (2 * BITS) })
    }
}

/// A slot in the hands of a putter. Dropping it frees the slot, in the process that took it.
pub(crate) struct Taken<'a> {
    shared: &'a Shared,
    class: usize,
    index: usize,
    writer: Owner,
    generation: u64,
}

impl<'a> Taken<'a> {
    /// Takes a free slot, of this class or a larger one.
    fn new(shared: &'a Shared, place: u32, class: usize) -> io::Result<Taken<'a>> {
        let turn = shared.turns.fetch_add(1, SeqCst);
        let writer = Owner::Writer { place, pid: pid(), turn };
        for class in class..CLASSES {
            let (of, slots) = (&shared.classes[class], shared.slots(class));
            let first = of.first_free.load(SeqCst);
            // From the first on: what was used last has its memory, and is in the processor's cache.
            let take = |slot: &Slot| slot.owner.compare_exchange(FREE, writer.pack(), SeqCst, SeqCst).is_ok();
            if let Some(index) = (first as usize..slots.len()).find(|&index| take(&slots[index])) {
                step!("put: slot taken");
                let next = index as u32 + 1;
                of.fresh.fetch_max(next, SeqCst);
                // Not if one before it has become free meanwhile.
                let _ = of.first_free.compare_exchange(first, next, SeqCst, SeqCst);
                return Ok(Taken { shared, class, index, writer, generation: generation() });
            }
        }
        Err(Errno::ENOMEM.into())
    }

    fn slot(&self) -> &'a Slot {
        &self.shared.slots(self.class)[self.index]
    }

    fn start(&self) -> usize {
        self.shared.bytes(self.class, self.index)
    }

    /// Sees to it that the first `size` bytes have memory: here that there is none is an error, later it would be a signal.
    fn reserve(&self, size: usize) -> io::Result<()> {
        let before = self.slot().reserved.load(SeqCst) as usize;
        if size > before {
            within_the_limit(size)?;
            let all = size.max(2 * before).next_multiple_of(STEP).min(size_of_class(self.class));
            self.shared.memory.reserve(self.start() + before..self.start() + all)?;
            self.slot().reserved.store(all as u64, SeqCst);
        }
        Ok(())
    }

    fn write(&self, at: usize, bytes: &[u8]) -> io::Result<()> {
        self.reserve(at + bytes.len())?;
        // SAFETY: the slot is ours until it is given to an item: no other process writes or reads there, and of this
        // one only who has this value, whose methods write from one thread at a time.
        unsafe { self.shared.memory.write(self.start() + at, bytes) };
        Ok(())
    }

    /// The first bytes that were written.
    fn written(&self, size: usize) -> &[u8] {
        // SAFETY: as above; and `write` is not called while the slice is there, as both have self.
        unsafe { self.shared.memory.bytes(self.start()..self.start() + size) }
    }

    /// Gives the slot to the item with this number, and says what the record about it is.
    pub(crate) fn give_to(&self, number: u64, size: usize) -> Content<'static> {
        self.slot().owner.store(Owner::Item(number).pack(), SeqCst);
        Content::Large { class: self.class, slot: self.index, number, size }
    }

    /// Takes it back, for the item could not be put.
    pub(crate) fn take_back(&self) {
        self.slot().owner.store(self.writer.pack(), SeqCst);
    }

    /// The record is in the queue: the slot belongs to whoever gets it.
    pub(crate) fn leave(self) {
        std::mem::forget(self);
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if self.generation == generation() {
            free(self.shared, self.class, self.index, self.writer);
        }
    }
}

/// Frees a slot, unless it is another's by now.
fn free(shared: &Shared, class: usize, index: usize, owner: Owner) {
    let slot = &shared.slots(class)[index];
    if slot.owner.compare_exchange(owner.pack(), FREE, SeqCst, SeqCst).is_ok() {
        shared.classes[class].first_free.fetch_min(index as u32, SeqCst);
    }
}

/// An item on its way into the queue, as JSON: in `small` as long as it fits, then in a slot.
pub(crate) struct Encoded<'a> {
    channel: &'a Channel,
    pub(crate) small: [u8; INLINE],
    pub(crate) size: usize,
    pub(crate) slot: Option<Taken<'a>>,
    failed: Option<Error>,
}

impl<'a> Encoded<'a> {
    pub(crate) fn new<T: Serialize>(channel: &'a Channel, item: &T) -> Result<Encoded<'a>, Error> {
        let mut encoded = Encoded { channel, small: [0; INLINE], size: 0, slot: None, failed: None };
        let written = serde_json::to_writer(&mut encoded, item);
        if let Some(failed) = encoded.failed {
            return Err(failed);
        }
        written.map_err(Error::Encode)?;
        let size = encoded.size;
        if size > LARGEST {
            return Err(Error::TooLarge { size, limit: LARGEST });
        }
        if encoded.slot.is_some() {
            // A slot that was used before has more memory than may be asked for now.
            within_the_limit(size).map_err(Error::io("getting memory for a large item"))?;
        }
        Ok(encoded)
    }

    /// Writes what does not fit into `small`.
    fn write_large(&mut self, more: &[u8]) -> Result<(), Error> {
        let doing = "getting memory for a large item";
        let (before, size) = (self.size, self.size + more.len());
        if size > LARGEST {
            // Only counted, for the error to tell how large it is.
            self.slot = None;
            return Ok(());
        }
        let place = self.channel.participation.place(self.channel)?;
        loop {
            let class = match &self.slot {
                // The next one is likely to be as large as the last one.
                None => self.channel.guess.load(SeqCst),
                Some(slot) if size <= size_of_class(slot.class) => break,
                Some(slot) => slot.class + 1,
            };
            let larger = self.channel.take_slot(place, class, class_for(size)).map_err(Error::io(doing))?;
            let so_far = match &self.slot {
                None => &self.small[..before],
                Some(slot) => slot.written(before),
            };
            larger.write(0, so_far).map_err(Error::io(doing))?;
            self.slot = Some(larger);
        }
        self.slot.as_ref().map_or(Ok(()), |slot| slot.write(before, more)).map_err(Error::io(doing))
    }

    /// Notes of which class this item should have been from the start.
    pub(crate) fn remember(&self) {
        self.channel.guess.store(class_for(self.size), SeqCst);
    }
}

impl Write for Encoded<'_> {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        self.write_all(more).map(|()| more.len())
    }

    fn write_all(&mut self, more: &[u8]) -> io::Result<()> {
        let end = self.size + more.len();
        match self.small.get_mut(self.size..end) {
            Some(room) => room.copy_from_slice(more),
            None => {
                if let Err(e) = self.write_large(more) {
                    self.failed = Some(e);
                    return Err(io::Error::other("no memory"));
                }
            }
        }
        self.size = end;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A large item in the hands of the process that got it. Dropping it frees the slot.
pub(crate) struct Got<'a> {
    pub(crate) channel: &'a Channel,
    pub(crate) class: usize,
    pub(crate) slot: usize,
    pub(crate) number: u64,
    pub(crate) size: usize,
    pub(crate) generation: u64,
}

impl Got<'_> {
    pub(crate) fn bytes(&self) -> &[u8] {
        let start = self.channel.shared.bytes(self.class, self.slot);
        // SAFETY: the slot belongs to the item, and the item to us, since we read its record, which nobody else did; it
        // is freed when self is dropped. Nobody frees it sooner: we are shown to be getting it.
        unsafe { self.channel.shared.memory.bytes(start..start + self.size) }
    }
}

impl Drop for Got<'_> {
    fn drop(&mut self) {
        if self.generation == generation() {
            step!("get: large part read");
            free(&self.channel.shared, self.class, self.slot, Owner::Item(self.number));
            step!("get: slot free");
        }
    }
}

/// Whether this slot is one of those that have memory only while there is a backlog.
pub(crate) fn is_for_a_backlog(class: usize, slot: usize) -> bool {
    slot >= KEPT[class]
}

impl Channel {
    /// Takes a slot of the class that is likely to do; if there is none, of the smallest that will.
    fn take_slot(&self, place: u32, likely: usize, least: usize) -> io::Result<Taken<'_>> {
        let take = |class| Taken::new(&self.shared, place, class);
        take(likely).or_else(|_| take(least)).or_else(|e| {
            // It may be the dead that have them all.
            if let Ok(Some(_held)) = self.lock(Wait::Not) {
                let _ = self.free_slots_of_the_dead_now();
                return take(least);
            }
            Err(e)
        })
    }

    /// Every now and then, under the mutex: frees the slots that nobody will come for, of writers that are gone, and of
    /// items that were in the hands of a process that died.
    pub(crate) fn free_slots_of_the_dead(&self, number: u64) -> Result<(), Error> {
        if number >= self.shared.free_at.load(SeqCst) {
            let used = self.free_slots_of_the_dead_now()?;
            self.shared.free_at.store(number + FREE_EVERY.max(used / 8), SeqCst);
        }
        Ok(())
    }

    /// Answers how many slots it has looked at.
    fn free_slots_of_the_dead_now(&self) -> Result<u64, Error> {
        let (gone, mut all) = (self.large_gone()?, 0);
        for class in 0..CLASSES {
            let used = self.shared.classes[class].fresh.load(SeqCst) as usize;
            for (index, slot) in self.shared.slots(class)[..used].iter().enumerate() {
                let Some(owner) = Owner::unpack(slot.owner.load(SeqCst)) else {
                    // Perhaps forgotten, by a process that died before it could note it.
                    self.shared.classes[class].first_free.fetch_min(index as u32, SeqCst);
                    continue;
                };
                let is_gone = match owner {
                    Owner::Item(number) => number <= gone,
                    Owner::Writer { place, pid, .. } => self.participation.is_gone(self, place, pid)?,
                };
                if is_gone {
                    free(&self.shared, class, index, owner);
                }
            }
            all += used as u64;
        }
        Ok(all)
    }

    /// The number up to which every large item that was put is certainly not in the queue any more, nor about to be read
    /// by anybody alive. A process that began to get when `n` was taken can only get what is behind it.
    fn large_gone(&self) -> Result<u64, Error> {
        let mut gone = self.shared.large_taken.load(SeqCst);
        let used = self.shared.fresh.load(SeqCst);
        for (place, participant) in (0..used).zip(self.shared.participants()) {
            let getting = participant.getting.load(SeqCst);
            if getting != 0 && getting <= gone && self.participation.is_alive(self, place)? {
                gone = getting - 1;
            }
        }
        Ok(gone)
    }

    /// The backlog is gone: gives back the memory of the slots that it needed.
    pub(crate) fn give_back_slots(&self, place: u32) {
        for (class, kept) in KEPT.iter().enumerate() {
            let used = self.shared.classes[class].fresh.load(SeqCst) as usize;
            let size = size_of_class(class);
            for index in *kept..used {
                let slot = &self.shared.slots(class)[index];
                if slot.reserved.load(SeqCst) == 0 {
                    continue;
                }
                let turn = self.shared.turns.fetch_add(1, SeqCst);
                let owner = Owner::Writer { place, pid: pid(), turn };
                if slot.owner.compare_exchange(FREE, owner.pack(), SeqCst, SeqCst).is_ok() {
                    step!("give back: slot taken");
                    // First this: whoever dies in between leaves a slot that seems to have no memory and has.
                    let reserved = slot.reserved.swap(0, SeqCst) as usize;
                    let start = self.shared.bytes(class, index);
                    if self.shared.memory.give_back(start..start + reserved.min(size)).is_err() {
                        slot.reserved.store(reserved as u64, SeqCst);
                    }
                    step!("give back: given");
                    free(&self.shared, class, index, owner);
                }
            }
        }
    }
}
