//! What the processes that use one queue share besides its pipe: one stretch of memory, and how it is divided.

use std::ops::Deref;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

use nix::unistd::{SysconfVar, sysconf};

use crate::error::Error;
use crate::queue::event::Event;
use crate::queue::mutex::Mutex;
use crate::sys::shared::{Memory, Shareable};

/// The part of the shared memory that a queue has once.
///
/// The number of items is not there: it is asked of the kernel.
#[repr(C)]
pub(crate) struct State {
    pub(crate) mutex: Mutex,
    /// Signalled when there is room again.
    pub(crate) room: Event,
    /// Signalled when there is a task (by a joinable queue; getters of a plain one wait in the pipe itself).
    pub(crate) item: Event,
    /// Signalled when all tasks may be done.
    pub(crate) done: Event,
    /// Odd while there may be records in the overflow; changed under the mutex only, and each time one more, so that
    /// the same even number twice means that there were none in between.
    pub(crate) overflow_epoch: AtomicU32,
    /// How many bytes at the start of the overflow have been given back to the system.
    pub(crate) overflow_freed: AtomicU64,
    /// Of a joinable queue: how many tasks wait, unless the last holder of the mutex died.
    pub(crate) waiting: AtomicU64,
    /// What the holder of the mutex is about to take, packed, or 0.
    pub(crate) intent: AtomicU64,
    /// The number of the last large item put, and the highest one taken.
    pub(crate) large_put: AtomicU64,
    pub(crate) large_taken: AtomicU64,
    /// The large item of this number brings the next search for slots of the dead.
    pub(crate) next_search: AtomicU64,
    /// How often a slot was taken.
    pub(crate) turns: AtomicU64,
    /// How many places of participants were ever taken. Those behind them are new.
    pub(crate) places_used: AtomicU32,
    /// Where the next newcomer begins to look for a place whose holder is gone.
    pub(crate) next_look: AtomicU32,
    pub(crate) classes: [Class; CLASSES],
}

/// What a participant shows to the others.
#[repr(C)]
pub(crate) struct Participant {
    pub(crate) pid: AtomicU32,
    /// The pid of the last one who died at this place with tasks in hand.
    pub(crate) victim: AtomicU32,
    /// Two numbers in one word, so that they change together: tasks lost by former owners of this place, and tasks in
    /// the hands of the present one. See `participants.rs`.
    pub(crate) tasks: AtomicU64,
    /// 0, or one more than the highest number of a large item taken when it began to get an item.
    pub(crate) getting: AtomicU64,
}

/// What is known of a class.
#[repr(C)]
pub(crate) struct Class {
    /// No slot before this one is free, as far as is known.
    pub(crate) first_free: AtomicU32,
    /// How many slots were ever used. Those behind them are new.
    pub(crate) slots_used: AtomicU32,
}

/// Room for one large item.
#[repr(C)]
pub(crate) struct Slot {
    /// Whose it is, packed, or 0; see `large.rs`.
    pub(crate) owner: AtomicU64,
    /// How many bytes of it have memory. It is the owner's.
    pub(crate) reserved: AtomicU64,
}

/// The largest item, as JSON: 1 GiB.
pub(crate) const LARGEST: usize = 1 << 30;

/// Slots are of this many sizes. From 4 KiB on, each eight times as large as the one before, up to 1 GiB.
pub(crate) const CLASSES: usize = 7;

pub(crate) const fn size_of_class(class: usize) -> usize {
    4096 << (3 * class)
}

const _: () = assert!(size_of_class(CLASSES - 1) == LARGEST);

// SAFETY: atomics, and arrays and structs of them.
unsafe impl Shareable for State {}
// SAFETY: as above.
unsafe impl Shareable for Participant {}
// SAFETY: as above.
unsafe impl Shareable for Slot {}

/// The stretch of memory: the state at its start, then the participants, then for each class of large items its slots,
/// and at last the bytes of these.
///
/// It is much address space and little memory: a page of it comes when it is touched for the first time.
pub(crate) struct Shared {
    pub(crate) memory: Memory,
    most_processes: usize,
    regions: [Region; CLASSES],
}

/// Where the large items of one class lie.
#[derive(Clone, Copy, Default)]
struct Region {
    slots: usize,
    count: usize,
    bytes: usize,
}

/// Linux has no more processes at a time.
const MOST_PROCESSES: usize = 1 << 22;

/// How much address space the large items of a class get: as much as there is memory, but not more than this. A process
/// has 128 TiB of it, for all of its queues.
const LARGEST_REGION: usize = 16 << 30;

/// With less than this for the large items of a class a queue is of no use.
const LEAST_REGION: usize = 64 << 10;

const PAGE: usize = 4096;

/// No processor that Linux runs on has larger pages.
const LARGEST_PAGE: usize = 64 << 10;

impl Shared {
    pub(crate) fn new() -> Result<Shared, Error> {
        let pages = sysconf(SysconfVar::_PHYS_PAGES).ok().flatten().unwrap_or(0);
        let mut region = (pages as usize).saturating_mul(PAGE).clamp(1 << 30, LARGEST_REGION);
        let mut most_processes = MOST_PROCESSES;
        loop {
            let (regions, size) = divide(most_processes, region);
            // Where address space is limited (`ulimit -v`), most of what is left of it is for the program.
            match Memory::new(4 * size).map(drop).and_then(|()| Memory::new(size)) {
                Err(e) if region <= LEAST_REGION => return Err(Error::io("getting memory for a queue")(e)),
                Err(_) => (most_processes, region) = (most_processes / 8, (region / 8).max(LEAST_REGION)),
                Ok(memory) => {
                    // With no page left, this is the place that can still tell.
                    memory.reserve(0..PAGE).map_err(Error::io("getting memory for a queue"))?;
                    return Ok(Shared { memory, most_processes, regions });
                }
            }
        }
    }

    pub(crate) fn participants(&self) -> &[Participant] {
        self.memory.slice(PARTICIPANTS, self.most_processes)
    }

    /// The participants whose places were ever somebody's, and the numbers of these.
    pub(crate) fn places(&self) -> impl Iterator<Item = (u32, &Participant)> {
        (0..self.places_used.load(SeqCst)).zip(self.participants())
    }

    /// The slots of a class.
    pub(crate) fn slots(&self, class: usize) -> &[Slot] {
        self.memory.slice(self.regions[class].slots, self.regions[class].count)
    }

    /// Where the bytes of a slot begin.
    pub(crate) fn bytes(&self, class: usize, slot: usize) -> usize {
        self.regions[class].bytes + slot * size_of_class(class)
    }
}

impl Deref for Shared {
    type Target = State;

    fn deref(&self) -> &State {
        &self.memory.slice(0, 1)[0]
    }
}

const PARTICIPANTS: usize = size_of::<State>().next_multiple_of(64);

/// The places of everything, and the size of it all.
fn divide(most_processes: usize, region: usize) -> ([Region; CLASSES], usize) {
    let mut end = PARTICIPANTS + most_processes * size_of::<Participant>();
    let mut regions = [Region::default(); CLASSES];
    for (class, of) in regions.iter_mut().enumerate() {
        (of.slots, of.count) = (end, region / size_of_class(class));
        end += of.count * size_of::<Slot>();
    }
    for (class, of) in regions.iter_mut().enumerate() {
        of.bytes = end.next_multiple_of(LARGEST_PAGE);
        end = of.bytes + of.count * size_of_class(class);
    }
    (regions, end)
}
