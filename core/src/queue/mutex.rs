//! The mutex of a queue, which outlives its holder.
//!
//! It is one word of shared memory that names the participant that holds it, so taking it costs no system call as long as
//! nobody else has it. Whether the holder lives is told by its record lock (see [`crate::queue::participants`]): when it
//! is dead, the next waiter takes the mutex over. A [`Lock`](crate::Lock) would do as well, at two system calls each time,
//! and without a timeout. The system's own robust mutex would lose a wake-up when the process that is woken dies, and
//! takes processes of two PID namespaces for one.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use crate::error::Error;
use crate::sys;
use crate::sys::step::step;
use crate::sys::this_process::generation;
use crate::sys::wait::Wait;

/// One word. In its lower half: the holder (0, or one more than the number of its place), whether others wait, and whether a
/// holder died. In its upper half: how often the mutex was taken. The count wraps, but not while somebody looks twice: the
/// same word means that it was neither taken nor released in between.
#[repr(transparent)]
pub(crate) struct Mutex(AtomicU64);

const HOLDER: u64 = (1 << 23) - 1;
const AWAITED: u64 = 1 << 31;
/// Its last holder died with it.
const ABANDONED: u64 = 1 << 30;
const ONE_TURN: u64 = 1 << 32;
const TURNS: u64 = !(ONE_TURN - 1);

/// How long to wait before looking whether the holder is alive, and whether a wake-up got lost with the process that was
/// woken.
const TICK: Duration = Duration::from_millis(10);

/// How often to look before going to sleep: the holder is done after a system call or two, and to sleep takes longer.
const LOOKS: u32 = 100;

/// Whoever has this holds the mutex. In a process that was forked behind our back it is the parent's.
pub(crate) struct Held<'a> {
    mutex: &'a Mutex,
    generation: u64,
    /// Its last holder died with it, and may have left its work half done. Until that is settled, the next holder is told,
    /// too.
    pub(crate) abandoned: bool,
}

impl Mutex {
    /// Takes the mutex for the participant `me`, unless that takes longer than `wait`. `is_alive` tells of a participant
    /// whether it lives.
    pub(crate) fn lock(
        &self,
        me: u32,
        wait: Wait,
        is_alive: impl Fn(u32) -> Result<bool, Error>,
    ) -> Result<Option<Held<'_>>, Error> {
        let mut mine = u64::from(me) + 1;
        loop {
            let now = self.look();
            if now & HOLDER == 0 {
                if let Some(held) = self.take(now, mine, now & ABANDONED != 0) {
                    return Ok(Some(held));
                }
                continue;
            }
            // We sleep now, and may be woken in place of another that waits: it must be woken after us.
            mine |= AWAITED;
            let waited_for = now | AWAITED;
            if now != waited_for && self.0.compare_exchange(now, waited_for, SeqCst, SeqCst).is_err() {
                continue;
            }
            step!("lock: awaited");
            let Some(nap) = wait.nap(TICK) else { return Ok(None) };
            sys::futex_wait(sys::lower_half(&self.0), waited_for as u32, nap);
            let holder = (now & HOLDER) as u32 - 1;
            if self.0.load(SeqCst) == waited_for && !is_alive(holder)? {
                step!("lock: holder gone");
                if let Some(held) = self.take(waited_for, mine, true) {
                    return Ok(Some(held));
                }
            }
        }
    }

    /// The word, as soon as the mutex is free or has been looked at for a while.
    fn look(&self) -> u64 {
        for _ in 0..LOOKS {
            let now = self.0.load(SeqCst);
            if now & HOLDER == 0 {
                return now;
            }
            std::hint::spin_loop();
        }
        self.0.load(SeqCst)
    }

    fn take(&self, now: u64, mine: u64, abandoned: bool) -> Option<Held<'_>> {
        let taken = (now & TURNS).wrapping_add(ONE_TURN) | mine;
        self.0.compare_exchange(now, taken, SeqCst, SeqCst).ok()?;
        Some(Held { mutex: self, generation: generation(), abandoned })
    }

    /// The place of the holder.
    pub(crate) fn holder(&self) -> Option<u32> {
        ((self.0.load(SeqCst) & HOLDER) as u32).checked_sub(1)
    }

    /// A place has changed hands: if the participant before died with the mutex, nobody holds it any more.
    pub(crate) fn abandon(&self, place: u32) {
        // In a loop, for waiters change the word, too. If it went on naming this place, whose new owner lives, they would
        // wait for ever.
        let without = |now: u64| {
            step!("place: mutex seen");
            (now & HOLDER == u64::from(place) + 1).then_some(now & TURNS | ABANDONED)
        };
        if self.0.fetch_update(SeqCst, SeqCst, without).is_ok_and(|before| before & AWAITED != 0) {
            sys::futex_wake(sys::lower_half(&self.0), 1);
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.generation != generation() {
            return;
        }
        // Others set AWAITED at any time, and nothing else of the word.
        let abandoned = if self.abandoned { ABANDONED } else { 0 };
        let open = |now: u64| Some(now & TURNS | abandoned);
        let awaited =
            self.mutex.0.fetch_update(SeqCst, SeqCst, open).is_ok_and(|before| before & AWAITED != 0);
        step!("unlock: open");
        if awaited {
            sys::futex_wake(sys::lower_half(&self.mutex.0), 1);
        }
    }
}
