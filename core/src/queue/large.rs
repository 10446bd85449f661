//! Large items: written where they are read.
//!
//! An item that does not fit into a record is encoded straight into shared memory and decoded straight out of it; the
//! record says where. The memory is divided into slots of a few sizes, the *classes*. A slot has one owner at a time, in one
//! word: the participant that writes an item there, or the item, by its number. The memory of used slots is kept for the
//! next items, because new pages cost more than copying what goes into them. When the backlog is gone, all but a little of
//! it is given back.

use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use nix::errno::Errno;
use serde::Serialize;

use crate::error::Error;
use crate::queue::participants::Participation;
use crate::queue::records::{Content, INLINE};
use crate::queue::state::{CLASSES, LARGEST, Shared, Slot, size_of_class};
use crate::sys;
use crate::sys::step::step;
use crate::sys::this_process::{generation, pid};

/// The smallest class for an item of this size.
pub(crate) fn class_for(size: usize) -> usize {
    (0..CLASSES - 1).find(|&class| size <= size_of_class(class)).unwrap_or(CLASSES - 1)
}

/// How many slots of each class keep their memory when the backlog is gone: some MiB in all.
const KEPT: [usize; CLASSES] = [256, 64, 32, 4, 0, 0, 0];

/// The first few slots of a class take turns. One that has just been read lies in the cache of the processor that read it:
/// to write there takes half as long again.
const FEW: usize = 4;

/// These few, if one of them is free, in the order of their turns.
fn in_turn(shared: &Shared, class: usize, first_free: usize) -> impl Iterator<Item = usize> {
    let few = if first_free < FEW { FEW.min(KEPT[class]).min(shared.slots(class).len()) } else { 0 };
    let turn = shared.turns.load(SeqCst) as usize % FEW;
    (0..few).map(move |next| (turn + next) % few)
}

/// Memory for a slot is asked for in multiples of this, and at least as much as it has already.
const RESERVED_AT_ONCE: usize = 64 << 10;

/// Every so many large items, or more when many wait, what deaths have left of earlier ones is freed.
const FREE_EVERY: u64 = 64;

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
    fn writer(shared: &Shared, place: u32) -> Owner {
        Owner::Writer { place, pid: pid(), turn: shared.turns.fetch_add(1, SeqCst) }
    }

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

/// A slot in the hands of this process, which writes an item there or reads one. Dropping it frees the slot, unless it is
/// another's by now, or this is another process.
pub(crate) struct OwnedSlot<'a> {
    shared: &'a Shared,
    class: usize,
    index: usize,
    owner: Owner,
    generation: u64,
}

impl<'a> OwnedSlot<'a> {
    fn of(shared: &'a Shared, class: usize, index: usize, owner: Owner) -> OwnedSlot<'a> {
        OwnedSlot { shared, class, index, owner, generation: generation() }
    }

    /// The slot of an item that was got: what its record says.
    pub(crate) fn of_item(shared: &'a Shared, class: usize, index: usize, number: u64) -> OwnedSlot<'a> {
        OwnedSlot::of(shared, class, index, Owner::Item(number))
    }

    /// Takes this slot for a writer, if it is free.
    fn take(shared: &'a Shared, class: usize, index: usize, writer: Owner) -> Option<OwnedSlot<'a>> {
        let owner = &shared.slots(class)[index].owner;
        let taken =
            owner.load(SeqCst) == FREE && owner.compare_exchange(FREE, writer.pack(), SeqCst, SeqCst).is_ok();
        taken.then(|| OwnedSlot::of(shared, class, index, writer))
    }

    /// Takes a free slot, of this class or a larger one.
    fn take_any(shared: &'a Shared, place: u32, class: usize) -> io::Result<OwnedSlot<'a>> {
        let writer = Owner::writer(shared, place);
        for class in class..CLASSES {
            let (of, count) = (&shared.classes[class], shared.slots(class).len());
            let take = |index| OwnedSlot::take(shared, class, index, writer);
            let first = of.first_free.load(SeqCst) as usize;
            let in_turn = in_turn(shared, class, first).find_map(take);
            let is_first = in_turn.is_none();
            // From the first on: what was used last has its memory, and is in the processor's cache.
            if let Some(slot) = in_turn.or_else(|| (first..count).find_map(take)) {
                step!("put: slot taken");
                let next = slot.index as u32 + 1;
                of.slots_used.fetch_max(next, SeqCst);
                if is_first {
                    // Not if one before it has become free meanwhile.
                    let _ = of.first_free.compare_exchange(first as u32, next, SeqCst, SeqCst);
                }
                return Ok(slot);
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

    /// Gets memory for the first `size` bytes. That there is none is an error here; later it would be a signal.
    fn reserve(&self, size: usize) -> io::Result<()> {
        let before = self.slot().reserved.load(SeqCst) as usize;
        if size > before {
            sys::within_file_limit(size as u64)?;
            let all = size.max(2 * before).next_multiple_of(RESERVED_AT_ONCE).min(size_of_class(self.class));
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

    /// The first bytes of what was written there.
    pub(crate) fn bytes(&self, size: usize) -> &[u8] {
        // SAFETY: the slot is ours, and stays so until self is dropped: a writer's as above, and `write` is not called while
        // the slice is there; an item's since we read its record, which nobody else did, and nobody frees it sooner, for we
        // are shown to be getting it.
        unsafe { self.shared.memory.bytes(self.start()..self.start() + size) }
    }

    /// Gives its memory back to the system, if that can be done now.
    fn give_back_memory(&self) {
        // First this: a death in between leaves a slot that has memory and seems to have none.
        let reserved = self.slot().reserved.swap(0, SeqCst);
        let size = (reserved as usize).min(size_of_class(self.class));
        if self.shared.memory.give_back(self.start()..self.start() + size).is_err() {
            self.slot().reserved.store(reserved, SeqCst);
        }
    }

    /// Gives the slot to the item with this number, and says what the record about it is.
    pub(crate) fn give_to(&self, number: u64, size: usize) -> Content<'static> {
        self.slot().owner.store(Owner::Item(number).pack(), SeqCst);
        Content::Large { class: self.class, slot: self.index, number, size }
    }

    /// Takes the slot back, for the item could not be put.
    pub(crate) fn take_back(&self) {
        self.slot().owner.store(self.owner.pack(), SeqCst);
    }

    /// The record is in the queue: the slot belongs to whoever gets it.
    pub(crate) fn leave_to_getter(self) {
        std::mem::forget(self);
    }
}

impl Drop for OwnedSlot<'_> {
    fn drop(&mut self) {
        let (mine, owner) = (self.generation == generation(), self.owner.pack());
        if mine && self.slot().owner.compare_exchange(owner, FREE, SeqCst, SeqCst).is_ok() {
            self.shared.classes[self.class].first_free.fetch_min(self.index as u32, SeqCst);
        }
    }
}

/// An item on its way into the queue, as JSON: in `small` as long as it fits, then in a slot.
pub(crate) struct Encoded<'a> {
    participation: &'a Participation,
    /// The class of the last large item that this process put.
    last_class: &'a AtomicUsize,
    /// Frees the slots of the dead, when there is no other.
    free_slots: &'a dyn Fn(),
    pub(crate) small: [u8; INLINE],
    pub(crate) size: usize,
    pub(crate) slot: Option<OwnedSlot<'a>>,
    failed: Option<Error>,
}

impl<'a> Encoded<'a> {
    pub(crate) fn new<T: Serialize>(
        item: &T,
        participation: &'a Participation,
        last_class: &'a AtomicUsize,
        free_slots: &'a dyn Fn(),
    ) -> Result<Encoded<'a>, Error> {
        let (small, size, slot, failed) = ([0; INLINE], 0, None, None);
        let mut encoded = Encoded { participation, last_class, free_slots, small, size, slot, failed };
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
            // The memory is no file, but the limit says how much is to be written at once; and a slot that was used before
            // has more than may be asked for now.
            sys::within_file_limit(size as u64).map_err(Error::io("getting memory for a large item"))?;
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
        let place = self.participation.place()?;
        loop {
            let class = match &self.slot {
                // The next one is likely to be as large as the last one.
                None => self.last_class.load(SeqCst),
                Some(slot) if size <= size_of_class(slot.class) => break,
                Some(slot) => slot.class + 1,
            };
            let larger = self.take_slot(place, class, class_for(size)).map_err(Error::io(doing))?;
            let so_far = match &self.slot {
                None => &self.small[..before],
                Some(slot) => slot.bytes(before),
            };
            larger.write(0, so_far).map_err(Error::io(doing))?;
            self.slot = Some(larger);
        }
        self.slot.as_ref().map_or(Ok(()), |slot| slot.write(before, more)).map_err(Error::io(doing))
    }

    /// Takes a slot of the class that is likely to do; if there is none, of the smallest that will.
    fn take_slot(&self, place: u32, likely: usize, least: usize) -> io::Result<OwnedSlot<'a>> {
        let take = |class| OwnedSlot::take_any(&self.participation.shared, place, class);
        take(likely).or_else(|_| take(least)).or_else(|_| {
            // It may be the dead that have them all.
            (self.free_slots)();
            take(least)
        })
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

/// Whether this slot is one of those that have memory only while there is a backlog.
pub(crate) fn is_for_a_backlog(class: usize, slot: usize) -> bool {
    slot >= KEPT[class]
}

/// Every now and then, under the mutex: frees the slots that nobody will come for, of writers that are gone, and of
/// items that were in the hands of a process that died.
pub(crate) fn free_slots_of_the_dead(participation: &Participation, number: u64) -> Result<(), Error> {
    if number >= participation.shared.next_search.load(SeqCst) {
        let used = free_slots_of_the_dead_now(participation)?;
        participation.shared.next_search.store(number + FREE_EVERY.max(used / 8), SeqCst);
    }
    Ok(())
}

/// Answers how many slots it has looked at.
pub(crate) fn free_slots_of_the_dead_now(participation: &Participation) -> Result<u64, Error> {
    let (gone, mut all) = (large_gone(participation)?, 0);
    for (class, known) in participation.shared.classes.iter().enumerate() {
        let used = known.slots_used.load(SeqCst) as usize;
        for (index, slot) in participation.shared.slots(class)[..used].iter().enumerate() {
            let Some(owner) = Owner::unpack(slot.owner.load(SeqCst)) else {
                // Perhaps forgotten, by a process that died before it could note it.
                known.first_free.fetch_min(index as u32, SeqCst);
                continue;
            };
            let is_gone = match owner {
                Owner::Item(number) => number <= gone,
                Owner::Writer { place, pid, .. } => participation.is_gone(place, pid)?,
            };
            if is_gone {
                drop(OwnedSlot::of(&participation.shared, class, index, owner));
            }
        }
        all += used as u64;
    }
    Ok(all)
}

/// The number up to which every large item that was put is certainly not in the queue any more, nor about to be read
/// by anybody alive. A process that began to get when `n` was taken can only get what is behind it.
fn large_gone(participation: &Participation) -> Result<u64, Error> {
    let mut gone = participation.shared.large_taken.load(SeqCst);
    for (place, participant) in participation.shared.places() {
        let getting = participant.getting.load(SeqCst);
        if getting != 0 && getting <= gone && participation.is_alive(place)? {
            gone = getting - 1;
        }
    }
    Ok(gone)
}

/// The backlog is gone: gives back the memory of the slots that it needed. `place` is that of this process.
pub(crate) fn give_back_slots(shared: &Shared, place: u32) {
    for (class, kept) in KEPT.iter().enumerate() {
        let used = shared.classes[class].slots_used.load(SeqCst) as usize;
        for index in *kept..used {
            if shared.slots(class)[index].reserved.load(SeqCst) == 0 {
                continue;
            }
            if let Some(slot) = OwnedSlot::take(shared, class, index, Owner::writer(shared, place)) {
                step!("give back: slot taken");
                slot.give_back_memory();
                step!("give back: given");
            }
        }
    }
}
