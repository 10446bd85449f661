//! What each process of a storm writes down, in memory that outlives it.
//!
//! The queue under test is no witness. Each note is one store to memory that all processes share, so a death falls before
//! it or after it.

use std::ops::Deref;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::SeqCst};

use crate::common::zeroed::{Shareable, Zeroed};

pub(crate) const PRODUCERS: usize = 3;
pub(crate) const CONSUMERS: usize = 3;
pub(crate) const WORKERS: usize = PRODUCERS + CONSUMERS;

/// As many items can one producer number. Memory is used only for those it puts.
const MOST: usize = 1 << 28;

/// A producer's book. Its successor goes on with it.
#[repr(C)]
pub(crate) struct Producer {
    /// The number of the last item that it began to put, and of the last one for which `put` returned.
    pub(crate) begun: AtomicU64,
    pub(crate) acknowledged: AtomicU64,
}

/// A consumer's book.
#[repr(C)]
pub(crate) struct Consumer {
    /// One of the three below.
    pub(crate) state: AtomicU64,
    pub(crate) received: AtomicU64,
    /// The last item of each producer that it received.
    pub(crate) last: [AtomicU64; PRODUCERS],
    pub(crate) corrupt: AtomicU64,
    pub(crate) disorder: AtomicU64,
}

/// It has nothing in its hands.
pub(crate) const IDLE: u64 = 0;
/// It is in `get`.
pub(crate) const GETTING: u64 = 1;
/// It has got an item, which it has perhaps not noted yet, or perhaps declared done already.
pub(crate) const GOT: u64 = 2;

/// All books, and what the supervisor says to all.
#[repr(C)]
pub(crate) struct Desk {
    pub(crate) producers: [Producer; PRODUCERS],
    pub(crate) consumers: [Consumer; CONSUMERS],
    /// The pids of those at work, producers first.
    pub(crate) pids: [AtomicU64; WORKERS],
    /// Who is slow now: see `workers`.
    pub(crate) phase: AtomicU64,
    /// Calls that answered with an error. Who got it may be killed before it can end by that.
    pub(crate) errors: AtomicU64,
    /// Not 0: producers come to an end.
    pub(crate) over: AtomicU64,
    /// Not 0: consumers leave more in the queue than its pipe holds.
    pub(crate) lags: AtomicU64,
}

// SAFETY: atomics, and arrays and structs of them.
unsafe impl Shareable for Desk {}

pub(crate) struct Books {
    desk: Zeroed<Desk>,
    /// For each producer and number: how often it was received.
    received: [Zeroed<AtomicU8>; PRODUCERS],
}

impl Books {
    pub(crate) fn new() -> Books {
        Books { desk: Zeroed::new(1), received: std::array::from_fn(|_| Zeroed::new(MOST)) }
    }

    /// Counts an item as received. False: there is no such number.
    pub(crate) fn receive(&self, producer: usize, number: u64) -> bool {
        let found = self.received[producer].get(number as usize);
        // Beyond 255 it says no more than "much too often".
        found.map(|count| count.fetch_update(SeqCst, SeqCst, |count| count.checked_add(1))).is_some()
    }

    pub(crate) fn times_received(&self, producer: usize, number: u64) -> u8 {
        self.received[producer].get(number as usize).map_or(0, |count| count.load(SeqCst))
    }

    pub(crate) fn acknowledged(&self) -> u64 {
        self.producers.iter().map(|producer| producer.acknowledged.load(SeqCst)).sum()
    }

    pub(crate) fn received(&self) -> u64 {
        self.consumers.iter().map(|consumer| consumer.received.load(SeqCst)).sum()
    }
}

impl Deref for Books {
    type Target = Desk;

    fn deref(&self) -> &Desk {
        &self.desk[0]
    }
}
