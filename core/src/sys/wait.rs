//! How long a call may wait.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// How long it may take to see what is asked for again and again.
const LONGEST_PAUSE: Duration = Duration::from_millis(5);

/// Until when a call waits.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wait {
    /// Try once.
    Not,
    /// Until this moment.
    Until(Instant),
    /// For ever.
    Forever,
}

impl Wait {
    /// Until `timeout` from now. A timeout too long for the clock is for ever.
    pub(crate) fn at_most(timeout: Duration) -> Wait {
        Instant::now().checked_add(timeout).map_or(Wait::Forever, Wait::Until)
    }

    /// What is left of it: `None` for ever, zero when it is over.
    pub(crate) fn left(self) -> Option<Duration> {
        match self {
            Wait::Not => Some(Duration::ZERO),
            Wait::Until(moment) => Some(moment.saturating_duration_since(Instant::now())),
            Wait::Forever => None,
        }
    }

    /// How long to sleep before looking again, at most `tick`; `None` when the time is over.
    pub(crate) fn nap(self, tick: Duration) -> Option<Duration> {
        match self.left() {
            None => Some(tick),
            Some(Duration::ZERO) => None,
            Some(left) => Some(left.min(tick)),
        }
    }

    /// Longer and longer pauses until the time is over, for what can only be asked again and again.
    pub(crate) fn pauses(self) -> impl Iterator<Item = Duration> {
        let mut pause = Duration::from_micros(25);
        std::iter::from_fn(move || {
            pause = (pause * 2).min(LONGEST_PAUSE);
            self.nap(pause)
        })
    }
}

/// Polls one descriptor, however often a signal interrupts, and says whether it is ready.
pub(crate) fn poll_until(fd: BorrowedFd<'_>, events: PollFlags, wait: Wait) -> io::Result<bool> {
    loop {
        let timeout = match wait.left() {
            None => PollTimeout::NONE,
            // One more, so that the last millisecond is slept through and not spun through.
            Some(Duration::ZERO) => PollTimeout::ZERO,
            Some(left) => {
                PollTimeout::try_from(left.as_millis().saturating_add(1)).unwrap_or(PollTimeout::MAX)
            }
        };
        match poll(&mut [PollFd::new(fd, events)], timeout) {
            Err(Errno::EINTR) => continue,
            Ok(0) if wait.left() != Some(Duration::ZERO) => continue,
            Ok(ready) => return Ok(ready > 0),
            Err(e) => return Err(e.into()),
        }
    }
}
