//! What is said when a program did not do what it should.

use std::fmt;

use crate::{Outcome, timeline};

/// The answer to a question about a run.
pub type Verdict<T = ()> = Result<T, Complaint>;

/// What was wrong, in words that a learner understands, and everything that was printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Complaint {
    message: String,
    shown: String,
    timeline: String,
}

impl Complaint {
    /// A complaint about something that has no output to show.
    pub fn new(message: impl Into<String>) -> Complaint {
        Complaint { message: message.into(), shown: String::new(), timeline: String::new() }
    }

    /// A complaint that ends with what `outcome` printed.
    pub fn about(outcome: &Outcome, message: impl Into<String>) -> Complaint {
        Complaint { message: message.into(), shown: outcome.to_string(), timeline: timeline::of(outcome) }
    }

    /// The same complaint in other words: those of who knows what the question was for.
    pub fn worded(self, message: impl Into<String>) -> Complaint {
        Complaint { message: message.into(), ..self }
    }

    /// What the processes did, and when, in a column for each; empty where there was no run.
    pub fn timeline(&self) -> &str {
        &self.timeline
    }

    /// The complaint alone, without what was printed.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shown.as_str() {
            "" => write!(f, "{}", self.message),
            shown => write!(f, "{}\n\n{shown}", self.message),
        }
    }
}

/// The same text: `unwrap` and `?` in a test print it readably.
impl fmt::Debug for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::error::Error for Complaint {}

/// Turns a [`Verdict`] into a passed or failed `#[test]`.
pub trait OrFail<T> {
    /// The value, or a panic with the complaint, at the line that asked.
    #[track_caller]
    fn or_fail(self) -> T;
}

impl<T> OrFail<T> for Verdict<T> {
    #[track_caller]
    fn or_fail(self) -> T {
        match self {
            Ok(value) => value,
            Err(complaint) => panic!("{complaint}"),
        }
    }
}
