//! How long a tutorial second lasts.

use std::fmt;

/// The value of `LESSON_PACE`: the length of one tutorial second, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace(pub f64);

impl Pace {
    /// The pace of the tutorial itself.
    pub const TUTORIAL: Pace = Pace(1.0);
    /// No sleep at all.
    pub const NONE: Pace = Pace(0.0);

    /// Whether an order that rests on a sleep of so many tutorial seconds may be asserted: below one real second, a
    /// loaded machine can turn it round.
    pub fn certain_enough(self, tutorial_seconds: f64) -> bool {
        self.0 * tutorial_seconds >= 1.0
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
