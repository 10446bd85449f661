//! The gate of a queue: one process at a time looks how many items there are, and changes that.
//!
//! It is one word of shared memory that names who is inside, so passing it costs no system call as long as nobody else
//! is there. Whether the one inside lives is seen by his seat (see [`crate::board`]): when he is dead, whoever waits
//! takes his place. A [`Lock`](crate::Lock) would do as well, at two system calls each time, and without a timeout.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use crate::board::{Board, Member};
use crate::error::Error;
use crate::shared::Shared;
use crate::sys;
use crate::wait::Wait;

/// 0, or one more than the number of the seat of the process inside; and whether others wait.
#[repr(transparent)]
pub(crate) struct Gate {
    word: AtomicU32,
}

const OTHERS_WAIT: u32 = 1 << 31;

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
            let Err(now) = gate.word.compare_exchange(0, me, SeqCst, SeqCst) else {
                return Ok(Some(Inside { gate }));
            };
            // From now on we may have been called in place of another who waits. The next one to leave must call again.
            me |= OTHERS_WAIT;
            let waited_for = now | OTHERS_WAIT;
            if gate.word.compare_exchange(now, waited_for, SeqCst, SeqCst).is_err() {
                continue;
            }
            let Some(nap) = wait.nap(TICK) else { return Ok(None) };
            sys::futex_wait(&gate.word, waited_for, nap);
            let inside = (now & !OTHERS_WAIT) as usize - 1;
            if gate.word.load(SeqCst) == waited_for
                && !member.is_alive(board, inside)?
                && gate.word.compare_exchange(waited_for, me, SeqCst, SeqCst).is_ok()
            {
                return Ok(Some(Inside { gate }));
            }
        }
    }

    /// The seat has changed hands: if its former holder died inside, there is nobody inside any more.
    pub(crate) fn forget(&self, seat: usize) {
        let now = self.word.load(SeqCst);
        if now & !OTHERS_WAIT == seat as u32 + 1 {
            let _ = self.word.compare_exchange(now, 0, SeqCst, SeqCst);
        }
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if self.gate.word.swap(0, SeqCst) & OTHERS_WAIT != 0 {
            sys::futex_wake(&self.gate.word, 1);
        }
    }
}
