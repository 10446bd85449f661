//! How long a call may wait.

use std::time::{Duration, Instant};

/// The three patiences that every waiting call of this crate knows.
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
}
