//! The gate of a queue: one process at a time looks how many items there are, and changes that.
//!
//! It is one word of shared memory that names who is inside, so passing it costs no system call as long as nobody else
//! is there. Whether the one inside lives is seen by his seat (see [`crate::queue::board`]): when he is dead, whoever waits
//! takes his place. A [`Lock`](crate::Lock) would do as well, at two system calls each time, and without a timeout.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use crate::error::Error;
use crate::queue::board::{Board, Member, SEATS};
use crate::sys;
use crate::sys::shared::Shared;
use crate::sys::step::step;
use crate::sys::wait::Wait;

/// Who is inside (0, or one more than the number of his seat), how many have gone in so far, and whether others wait.
/// The count wraps, but not while somebody looks twice: the same word means that nobody came or left in between.
#[repr(transparent)]
pub(crate) struct Gate {
    word: AtomicU32,
}

const OTHERS_WAIT: u32 = 1 << 31;
const WHO: u32 = (1 << 11) - 1;
const COUNT: u32 = !(OTHERS_WAIT | WHO);
const _: () = assert!(SEATS <= WHO as usize);

/// The word when `me` has gone in.
fn gone_in(word: u32, me: u32) -> u32 {
    (word & COUNT).wrapping_add(WHO + 1) & COUNT | me
}

/// How long to wait before looking whether the one inside is alive, and whether a call to go in got lost with the one
/// who was called.
const TICK: Duration = Duration::from_millis(10);

/// Whoever has this is inside.
pub(crate) struct Inside<'a> {
    gate: &'a Gate,
}

impl Gate {
    /// Goes in, unless that takes longer than `wait`.
    pub(crate) fn pass<'a>(
        board: &'a Shared<Board>,
        member: &Member,
        wait: Wait,
    ) -> Result<Option<Inside<'a>>, Error> {
        let gate = &board.gate;
        let mut me = member.seat(board)? as u32 + 1;
        loop {
            let now = gate.word.load(SeqCst);
            if now & WHO == 0 {
                if gate.word.compare_exchange(now, gone_in(now, me), SeqCst, SeqCst).is_ok() {
                    return Ok(Some(Inside { gate }));
                }
                continue;
            }
            // From now on we may have been called in place of another who waits. The next one to leave must call again.
            me |= OTHERS_WAIT;
            let waited_for = now | OTHERS_WAIT;
            if gate.word.compare_exchange(now, waited_for, SeqCst, SeqCst).is_err() {
                continue;
            }
            step!("pass: asked");
            let Some(nap) = wait.nap(TICK) else { return Ok(None) };
            sys::futex_wait(&gate.word, waited_for, nap);
            let inside = (now & WHO) as usize - 1;
            if gate.word.load(SeqCst) == waited_for
                && !member.is_alive(board, inside)?
                && gate.word.compare_exchange(waited_for, gone_in(now, me), SeqCst, SeqCst).is_ok()
            {
                return Ok(Some(Inside { gate }));
            }
        }
    }

    /// Whether the process inside is stopped, and so will not come out soon.
    pub(crate) fn is_blocked(board: &Board) -> bool {
        match (board.gate.word.load(SeqCst) & WHO) as usize {
            0 => false,
            who => is_stopped(board.seats[who - 1].pid.load(SeqCst)),
        }
    }

    /// The seat has changed hands: if its former holder died inside, there is nobody inside any more.
    pub(crate) fn forget(&self, seat: usize) {
        // Again and again: those who wait change the word too, and if it went on naming this seat, whose new holder
        // lives, they would wait for ever.
        let without = |now: u32| (now & WHO == seat as u32 + 1).then_some(now & COUNT);
        if self.word.fetch_update(SeqCst, SeqCst, without).is_ok_and(|before| before & OTHERS_WAIT != 0) {
            sys::futex_wake(&self.word, 1);
        }
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let others_wait = self.gate.word.fetch_and(COUNT, SeqCst) & OTHERS_WAIT != 0;
        step!("leave: opened");
        if others_wait {
            sys::futex_wake(&self.gate.word, 1);
        }
    }
}

fn is_stopped(pid: u32) -> bool {
    // The state comes after the name, which is in brackets and may hold brackets itself.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    // Who cannot be asked after might be stopped; who is gone is found out at the gate.
    stat.map_or(true, |stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['T', 't'])))
}
