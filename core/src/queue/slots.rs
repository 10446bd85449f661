//! Where large items wait as long as there is room: slots in the memory of the queue, behind the board.
//!
//! Items go in and out by `pwrite` and `pread`; the slots are not mapped. Their pages come with the first item that
//! needs them and stay for the next ones: to get a new page costs more than to copy it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use crate::error::Error;
use crate::queue::board::{Board, SEATS};
use crate::queue::spill::may_write_up_to;
use crate::sys::step::step;

/// How many there are in a queue.
const SLOTS: usize = 8;

/// The size of one: 1 MiB.
const SLOT: usize = 1 << 20;

const FREE: u64 = 0;

#[repr(C)]
pub(crate) struct Slots {
    /// Whose each slot is, in one word: an [`Owner`], or `FREE`.
    owners: [AtomicU64; SLOTS],
    /// How often a slot was taken to be written to.
    turns: AtomicU64,
}

/// Whose a slot is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Owner {
    /// Of a process that writes an item there, or has died of it. The turn tells one such time from another, even if
    /// both seat and pid are the same.
    Writer { seat: usize, pid: u32, turn: u64 },
    /// Of the item with this number, which is in the pipe or in the hands of a process.
    Item(u64),
}

/// In the word of a writer: a mark, then the turn, the seat and the pid, with so many bits for the last two. Linux gives
/// no pid that needs more.
const WRITER: u64 = 1 << 63;
const SEAT_BITS: u32 = 10;
const PID_BITS: u32 = 22;
const _: () = assert!(SEATS <= 1 << SEAT_BITS);

impl Owner {
    fn pack(self) -> u64 {
        match self {
            Owner::Writer { seat, pid, turn } => {
                let turn = turn << (SEAT_BITS + PID_BITS) & !WRITER;
                WRITER | turn | (seat as u64) << PID_BITS | u64::from(pid)
            }
            Owner::Item(number) => number,
        }
    }

    fn unpack(word: u64) -> Option<Owner> {
        if word & WRITER == 0 {
            return (word != FREE).then_some(Owner::Item(word));
        }
        let (pid, seat) = (word & ((1 << PID_BITS) - 1), word >> PID_BITS & ((1 << SEAT_BITS) - 1));
        let turn = (word & !WRITER) >> (SEAT_BITS + PID_BITS);
        Some(Owner::Writer { seat: seat as usize, pid: pid as u32, turn })
    }
}

/// A slot in the hands of a putter. Dropping it frees the slot.
pub(crate) struct Slot<'a> {
    pub(crate) index: usize,
    owner: &'a AtomicU64,
    writer: Owner,
}

/// The place of a slot in the memory.
fn offset(index: usize) -> u64 {
    (size_of::<Board>().next_multiple_of(4096) + index * SLOT) as u64
}

impl Slots {
    /// Writes an item into a free slot. `None` if there is none, or no memory for it, or the item is too large.
    pub(crate) fn write(&self, memory: &File, seat: usize, item: &[u8]) -> Option<Slot<'_>> {
        if item.len() > SLOT {
            return None;
        }
        let turn = self.turns.fetch_add(1, SeqCst);
        let writer = Owner::Writer { seat, pid: std::process::id(), turn };
        // From the first on: the slots used last have their pages, and these are in the processor's cache.
        let take = |owner: &AtomicU64| owner.compare_exchange(FREE, writer.pack(), SeqCst, SeqCst).is_ok();
        let (index, owner) = self.owners.iter().enumerate().find(|(_, owner)| take(owner))?;
        let slot = Slot { index, owner, writer };
        step!("put: slot taken");
        let allowed = may_write_up_to(offset(index + 1));
        (allowed && memory.write_all_at(item, offset(index)).is_ok()).then_some(slot)
    }

    /// Takes an item out of its slot; then the slot is free.
    pub(crate) fn take(&self, memory: &File, index: usize, number: u64, item: &mut [u8]) -> io::Result<()> {
        memory.read_exact_at(item, offset(index))?;
        step!("get: slot read");
        free(&self.owners[index], Owner::Item(number));
        step!("get: slot free");
        Ok(())
    }

    /// Frees the slots of those for whom it is said that they are gone.
    pub(crate) fn clear(&self, is_gone: impl Fn(Owner) -> Result<bool, Error>) -> Result<(), Error> {
        for slot in &self.owners {
            if let Some(owner) = Owner::unpack(slot.load(SeqCst))
                && is_gone(owner)?
            {
                free(slot, owner);
            }
        }
        Ok(())
    }
}

/// Frees a slot, unless it is another's by now.
fn free(slot: &AtomicU64, owner: Owner) {
    let _ = slot.compare_exchange(owner.pack(), FREE, SeqCst, SeqCst);
}

impl Slot<'_> {
    /// Gives the slot to the item with this number.
    pub(crate) fn number(&self, number: u64) {
        self.owner.store(Owner::Item(number).pack(), SeqCst);
    }

    /// Takes it back, for the item could not be put.
    pub(crate) fn unnumber(&self) {
        self.owner.store(self.writer.pack(), SeqCst);
    }

    /// The record is in the pipe: the slot belongs to whoever gets it.
    pub(crate) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.owner.store(FREE, SeqCst);
    }
}
