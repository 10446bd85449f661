//! What is said when a program did not do what it should.

use std::fmt;

use crate::shown_safely::{cut, safe};
use crate::{End, Line, Outcome, timeline};

/// No cause is longer, and no line of a message.
const LENGTH: usize = 400;
/// No message has more lines.
const LINES: usize = 8;

/// The answer to a question about a run.
pub type Verdict<T = ()> = Result<T, Complaint>;

/// What was wrong, in words that a learner understands, and everything that was printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Complaint {
    message: String,
    cause: Option<String>,
    besides: bool,
    shown: String,
    timeline: String,
}

impl Complaint {
    /// A complaint about something that has no output to show.
    pub fn new(message: impl Into<String>) -> Complaint {
        Complaint {
            message: message.into(),
            cause: None,
            besides: false,
            shown: String::new(),
            timeline: String::new(),
        }
    }

    /// A complaint that ends with what `outcome` printed.
    pub fn about(outcome: &Outcome, message: impl Into<String>) -> Complaint {
        Complaint {
            message: message.into(),
            cause: cause(outcome),
            besides: false,
            shown: outcome.to_string(),
            timeline: timeline::of(outcome),
        }
    }

    /// A complaint about a line of which nothing else is wrong than that it is there.
    pub(crate) fn of_a_line_too_many(outcome: &Outcome, message: String) -> Complaint {
        Complaint { besides: true, ..Complaint::about(outcome, message) }
    }

    /// Whether it is one of these.
    pub(crate) fn is_of_a_line_too_many(&self) -> bool {
        self.besides
    }

    /// The same complaint with one more sentence, from who knows what the question was for.
    pub fn adding(self, sentence: &str) -> Complaint {
        Complaint { message: format!("{}. {sentence}", self.message), ..self }
    }

    /// What the processes did, and when, in a column for each; empty where there was no run.
    pub fn timeline(&self) -> &str {
        &self.timeline
    }

    /// The cause first, then the complaint, then what the processes did: for a learner, and never more than a screen or
    /// two.
    pub fn told(&self) -> String {
        let message = self.message.lines().take(LINES).map(|line| cut(&safe(line), LENGTH));
        let lines: Vec<String> = self.cause.clone().into_iter().chain(message).collect();
        format!("{}\n\n{}", lines.join("\n"), self.timeline).trim_end().to_owned()
    }

    /// The complaint alone, without what was printed.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// What has gone wrong before anything else could, if that is to be seen.
fn cause(it: &Outcome) -> Option<String> {
    match it.end {
        End::Flooded => {
            return Some(format!("The program prints without end: {} lines, and on.", it.lines.len()));
        }
        End::Crowded(count) => {
            return Some(format!("The program starts processes without end: {count}, and on."));
        }
        _ => {}
    }
    if let Some((line, why)) = it.stderr.iter().find_map(|line| Some((line, refused(&line.text)?))) {
        return Some(format!("{why}: {}", cut(&safe(&line.text), LENGTH / 2)));
    }
    let at = it.stderr.iter().position(|line| PANICS.iter().any(|words| line.text.contains(words)))?;
    let line = &it.stderr[at];
    let who = if it.is_main(line.writer()) { "The first process" } else { "A child" };
    // What is said of it stands on the next line.
    let more = it.stderr.get(at + 1).filter(|more| more.writers == line.writers);
    let said = |line: &Line| cut(&safe(&line.text), LENGTH / 2);
    let more = more.map(|more| format!(" {}", said(more))).unwrap_or_default();
    Some(format!("{who} panicked: {}{more}", said(line)))
}

/// What the kernel has refused, if that is what a line on stderr is about.
fn refused(line: &str) -> Option<&'static str> {
    match line {
        memory if memory.starts_with("memory allocation of ") => {
            Some("A process wants more memory than a check gives it, 256 MB")
        }
        file if file.contains("File too large") => {
            Some("A file has become larger than a check allows, 64 MB")
        }
        _ => None,
    }
}

/// How Rust's runtime says that a process does not go on.
const PANICS: [&str; 3] = ["' panicked at ", ") panicked at ", "has overflowed its stack"];

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
