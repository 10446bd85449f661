//! Events: what processes that use a queue sleep for, and others signal.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use crate::sys;
use crate::sys::step::step;

/// What processes sleep for. A signal is lost when the process that it wakes dies, so nobody sleeps longer than a tick
/// without looking for itself.
///
/// The numbers only grow. So to answer those who were about to sleep before takes nothing away from a process that announces
/// itself meanwhile.
#[repr(C)]
pub(crate) struct Event {
    signals: AtomicU32,
    /// How often a process was about to sleep.
    announced: AtomicU64,
    /// Whoever announced itself up to this number sleeps no more.
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
