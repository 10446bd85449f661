//! What the scheduler and the processes tell each other, in memory that they share.

use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering::SeqCst};

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};

use crate::calls;
use crate::history::{Answer, Event, Op};
use crate::naive::Naive;

/// Three that are explored, and one that looks after them.
pub(crate) const MOST: usize = 4;

/// The deadline of one that sleeps until it is woken.
pub(crate) const NEVER: u64 = u64::MAX;

/// The hour at which each schedule begins.
const MORNING: u64 = 1_000_000_000_000;

const LONGEST_NAME: usize = 48;
const MOST_EVENTS: usize = 1500;

#[repr(C)]
pub(crate) struct Stage {
    /// Changes whenever a process has something to tell. The scheduler sleeps on it.
    pub(crate) news: AtomicU32,
    /// The time, in nanoseconds, for all processes that are explored. It stands still.
    pub(crate) clock: AtomicU64,
    pub(crate) places: [Place; MOST],
    /// For the whole of an exploration: the scenario that comes next, and what there has been so far.
    scenario: AtomicUsize,
    schedules: AtomicU64,
    faults: AtomicU64,
    pub(crate) naive: Naive,
    events: AtomicUsize,
    log: [[AtomicU64; 3]; MOST_EVENTS],
}

/// Where one process is.
#[repr(C)]
pub(crate) struct Place {
    /// 1 while it waits for leave to go on.
    waits: AtomicU32,
    /// How often it has come to a step, or gone to sleep.
    pub(crate) moves: AtomicU32,
    pub(crate) has_done: AtomicBool,
    /// When it would wake by itself, if it sleeps.
    pub(crate) deadline: AtomicU64,
    step: [AtomicU8; LONGEST_NAME],
}

/// The stage, and the number of this process on it. Nobody but the processes that are explored has one.
static ROLE: OnceLock<(&'static Stage, usize)> = OnceLock::new();

pub(crate) fn role() -> Option<(&'static Stage, &'static Place)> {
    ROLE.get().map(|&(stage, who)| (stage, &stage.places[who]))
}

impl Stage {
    pub(crate) fn new() -> &'static Stage {
        let size = const { NonZeroUsize::new(size_of::<Stage>()).expect("a size") };
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping at a place of the kernel's choice touches nothing that exists.
        let memory = unsafe { mmap_anonymous(None, size, access, MapFlags::MAP_SHARED) }.expect("memory");
        // SAFETY: it is large enough, aligned to a page, stays for ever, and is all zero, which is a value of each of
        // the atomics that a stage consists of.
        unsafe { memory.cast::<Stage>().as_ref() }
    }

    /// Clears the stage for the next schedule.
    pub(crate) fn clear(&self) {
        self.clock.store(MORNING, SeqCst);
        self.events.store(0, SeqCst);
        self.naive.release();
        for place in &self.places {
            place.waits.store(0, SeqCst);
            place.moves.store(0, SeqCst);
            place.has_done.store(false, SeqCst);
            place.deadline.store(NEVER, SeqCst);
        }
    }

    /// The number of the scenario that nobody has taken yet.
    pub(crate) fn next_scenario(&self) -> usize {
        self.scenario.fetch_add(1, SeqCst)
    }

    pub(crate) fn count(&self, (schedules, is_faulty): (u64, bool)) {
        self.schedules.fetch_add(schedules, SeqCst);
        self.faults.fetch_add(is_faulty.into(), SeqCst);
    }

    pub(crate) fn counted(&self) -> (u64, u64) {
        (self.schedules.load(SeqCst), self.faults.load(SeqCst))
    }

    /// In a new process: from now on time stands still for it.
    pub(crate) fn enter(&'static self, who: usize) {
        ROLE.set((self, who)).unwrap_or_else(|_| panic!("one role each"));
    }

    /// This process is done, and ends.
    pub(crate) fn has_done(&self, who: usize) {
        self.log(who, Op::Ended, 0, None);
        self.places[who].has_done.store(true, SeqCst);
        self.tell();
    }

    pub(crate) fn tell(&self) {
        self.news.fetch_add(1, SeqCst);
        calls::futex_wake(&self.news);
    }

    pub(crate) fn log(&self, who: usize, op: Op, item: u32, answer: Option<Answer>) {
        let at = self.events.fetch_add(1, SeqCst);
        let event = Event { who, op, item, answer, clock: self.clock.load(SeqCst) };
        for (word, value) in self.log[at].iter().zip(event.pack()) {
            word.store(value, SeqCst);
        }
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        let log = &self.log[..self.events.load(SeqCst)];
        log.iter().map(|words| Event::unpack(words.each_ref().map(|word| word.load(SeqCst)))).collect()
    }
}

/// Comes to a step, and waits for leave to go on.
pub(crate) fn pass(step: &str) {
    let Some((stage, place)) = role() else { return };
    assert!(step.len() < LONGEST_NAME, "{step:?} is too long a name");
    for (to, from) in place.step.iter().zip(step.bytes().chain([0])) {
        to.store(from, SeqCst);
    }
    place.moves.fetch_add(1, SeqCst);
    place.waits.store(1, SeqCst);
    stage.tell();
    while place.waits.load(SeqCst) == 1 {
        calls::futex_wait(&place.waits, 1, None);
    }
}

impl Place {
    pub(crate) fn waits(&self) -> bool {
        self.waits.load(SeqCst) == 1
    }

    pub(crate) fn give_leave(&self) {
        self.waits.store(0, SeqCst);
        calls::futex_wake(&self.waits);
    }

    pub(crate) fn step(&self) -> String {
        let bytes = self.step.iter().map(|byte| byte.load(SeqCst)).take_while(|&byte| byte != 0).collect();
        String::from_utf8(bytes).expect("a name")
    }
}
