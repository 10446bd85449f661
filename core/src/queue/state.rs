//! What the processes that use one queue share besides its pipe: one stretch of memory, and how it is divided.

use std::num::NonZeroUsize;
use std::ops::Deref;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use nix::unistd::{SysconfVar, sysconf};

use crate::error::Error;
use crate::queue::large::{CLASSES, Class, Slot, size_of_class};
use crate::queue::mutex::Word;
use crate::queue::participants::Participant;
use crate::sys;
use crate::sys::shared::{Memory, Shareable};
use crate::sys::step::step;

/// What there is once in a queue.
///
/// The number of items is not there: it is asked of the kernel.
#[repr(C)]
pub(crate) struct State {
    pub(crate) mutex: Word,
    /// Signalled when there is room again.
    pub(crate) room: Event,
    /// Signalled when there is a task (by a joinable queue; getters of a plain one wait in the pipe itself).
    pub(crate) item: Event,
    /// Signalled when all tasks may be done.
    pub(crate) done: Event,
    /// Odd while there may be records in the overflow; changed under the mutex only, and each time one more, so that
    /// the same even number twice means that there were none in between.
    pub(crate) overflow: AtomicU32,
    /// How many bytes at the start of the overflow have been given back to the system.
    pub(crate) freed: AtomicU64,
    /// Of a joinable queue: how many tasks wait, unless the last holder of the mutex died.
    pub(crate) tasks: AtomicU64,
    /// What the holder of the mutex is about to take, packed, or 0.
    pub(crate) intent: AtomicU64,
    /// The number of the last large item put, and the highest one taken.
    pub(crate) large_put: AtomicU64,
    pub(crate) large_taken: AtomicU64,
    /// The number of the large item with which slots of the dead are looked for the next time.
    pub(crate) free_at: AtomicU64,
    /// How often a slot was taken.
    pub(crate) turns: AtomicU64,
    /// Places of participants from this one on were never anybody's.
    pub(crate) fresh: AtomicU32,
    /// Where the next newcomer begins to look for a place whose holder is gone.
    pub(crate) hand: AtomicU32,
    pub(crate) classes: [Class; CLASSES],
}

// SAFETY: atomics, and arrays and structs of them.
unsafe impl Shareable for State {}
// SAFETY: as above.
unsafe impl Shareable for Participant {}
// SAFETY: as above.
unsafe impl Shareable for Slot {}

/// An event that processes sleep for and others signal. A signal can get lost when the one that it wakes dies, so nobody
/// sleeps longer than a tick without looking for itself.
///
/// To say that one is about to sleep is to count up, and nobody counts down: so to answer those who said it before can take
/// nothing away from one who says it meanwhile.
#[repr(C)]
pub(crate) struct Event {
    signals: AtomicU32,
    /// How often somebody was about to sleep.
    announced: AtomicU64,
    /// Of these, who announced itself up to this number sleeps no more.
    answered: AtomicU64,
}

impl Event {
    /// Says that somebody is about to sleep. Look once more after this, then `sleep`.
    pub(crate) fn prepare(&self) -> u32 {
        // In this order: whoever answers the announcement signals after this, so that `sleep` returns at once.
        let seen = self.signals.load(SeqCst);
        step!("signal: last one seen");
        self.announced.fetch_add(1, SeqCst);
        seen
    }

    /// Sleeps until it is signalled, unless it has been since `prepared`.
    pub(crate) fn sleep(&self, prepared: u32, nap: Duration) {
        sys::futex_wait(&self.signals, prepared, nap);
    }

    pub(crate) fn is_awaited(&self) -> bool {
        self.announced.load(SeqCst) != self.answered.load(SeqCst)
    }

    /// Wakes at most that many. Costs nothing but a look when nobody sleeps.
    pub(crate) fn signal(&self, sleepers: i32) {
        let announced = self.announced.load(SeqCst);
        if announced != self.answered.load(SeqCst) {
            step!("signal: awaited");
            self.signals.fetch_add(1, SeqCst);
            step!("signal: sent");
            if sys::futex_wake(&self.signals, sleepers) == 0 {
                step!("signal: nobody slept");
                self.answered.fetch_max(announced, SeqCst);
            }
        }
    }
}

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
            let room = NonZeroUsize::MIN.saturating_add(4 * size);
            match Memory::new(room)
                .map(drop)
                .and_then(|()| Memory::new(NonZeroUsize::MIN.saturating_add(size - 1)))
            {
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
