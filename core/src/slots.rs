//! Where large items wait as long as there is room: slots in the memory of the queue, behind the board.
//!
//! Items go in and out by `pwrite` and `pread`; the slots are not mapped. Their pages come with the first item that
//! needs them and stay for the next ones: to get a new page costs more than to copy it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use nix::sys::resource::{Resource, getrlimit};

use crate::board::Board;
use crate::error::Error;
use crate::fault::step;

/// How many there are in a queue.
const SLOTS: usize = 8;

/// The size of one: 1 MiB.
const SLOT: usize = 1 << 20;

const FREE: u64 = 0;

/// Whose each slot is, in one word: an [`Owner`], or `FREE`.
#[repr(C)]
pub(crate) struct Slots([AtomicU64; SLOTS]);

/// Whose a slot is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Owner {
    /// Of a process that writes an item there, or has died of it.
    Writer { seat: usize, pid: u32 },
    /// Of the item with this number, which is in the pipe or in the hands of a process.
    Item(u64),
}

impl Owner {
    fn pack(self) -> u64 {
        match self {
            Owner::Writer { seat, pid } => 1 << 63 | (seat as u64) << 32 | u64::from(pid),
            Owner::Item(number) => number,
        }
    }

    fn unpack(word: u64) -> Option<Owner> {
        let seat = (word >> 32) as usize & 0xffff;
        match word {
            FREE => None,
            _ if word >> 63 == 0 => Some(Owner::Item(word)),
            _ => Some(Owner::Writer { seat, pid: word as u32 }),
        }
    }
}

/// A slot in the hands of a putter. Dropping it frees the slot.
pub(crate) struct Slot<'a> {
    pub(crate) index: usize,
    word: &'a AtomicU64,
}

/// The place of a slot in the memory.
fn offset(index: usize) -> u64 {
    (size_of::<Board>().next_multiple_of(4096) + index * SLOT) as u64
}

/// Whether the system lets this process write there. Not to ask would mean to be killed by SIGXFSZ.
fn is_allowed(index: usize) -> bool {
    getrlimit(Resource::RLIMIT_FSIZE).is_ok_and(|(limit, _)| offset(index + 1) <= limit)
}

impl Slots {
    /// Writes an item into a free slot. `None` if there is none, or no memory for it, or the item is too large.
    pub(crate) fn write(&self, memory: &File, seat: usize, item: &[u8]) -> Option<Slot<'_>> {
        if item.len() > SLOT {
            return None;
        }
        let writer = Owner::Writer { seat, pid: std::process::id() }.pack();
        // From the first on: the slots used last have their pages, and these are in the processor's cache.
        let take = |word: &AtomicU64| word.compare_exchange(FREE, writer, SeqCst, SeqCst).is_ok();
        let (index, word) = self.0.iter().enumerate().find(|(_, word)| take(word))?;
        let slot = Slot { index, word };
        step!("put: slot taken");
        (is_allowed(index) && memory.write_all_at(item, offset(index)).is_ok()).then_some(slot)
    }

    /// Takes an item out of its slot; then the slot is free.
    pub(crate) fn take(&self, memory: &File, index: usize, number: u64, item: &mut [u8]) -> io::Result<()> {
        memory.read_exact_at(item, offset(index))?;
        step!("get: slot read");
        free(&self.0[index], Owner::Item(number));
        step!("get: slot free");
        Ok(())
    }

    /// Frees the slots of those for whom it is said that they are gone.
    pub(crate) fn clear(&self, is_gone: impl Fn(Owner) -> Result<bool, Error>) -> Result<(), Error> {
        for word in &self.0 {
            if let Some(owner) = Owner::unpack(word.load(SeqCst))
                && is_gone(owner)?
            {
                free(word, owner);
            }
        }
        Ok(())
    }
}

/// Frees a slot, unless it is another's by now.
fn free(word: &AtomicU64, owner: Owner) {
    let _ = word.compare_exchange(owner.pack(), FREE, SeqCst, SeqCst);
}

impl Slot<'_> {
    /// Gives the slot to an item, or back to its writer.
    pub(crate) fn give_to(&self, owner: Owner) {
        self.word.store(owner.pack(), SeqCst);
    }

    /// The record is in the pipe: the slot belongs to whoever gets it.
    pub(crate) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.word.store(FREE, SeqCst);
    }
}
