//! What was printed, as a table: when, by whom, what.

use std::fmt;
use std::os::unix::process::ExitStatusExt;

use nix::sys::signal::Signal;

use crate::{End, Line, Outcome};

/// More lines than this help nobody.
const LINES: usize = 60;
/// Nor more processes.
const PROCESSES: usize = 12;
/// Nor longer lines.
const LENGTH: usize = 200;

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows: Vec<(&Line, &str)> = self.lines.iter().map(|line| (line, "")).collect();
        rows.extend(self.stderr.iter().map(|line| (line, "stderr: ")));
        rows.sort_by_key(|(line, _)| line.at); // A stable sort: the order within each of the two stays.
        if rows.is_empty() {
            writeln!(f, "`{}` printed nothing.", self.command)?;
        } else {
            writeln!(f, "What `{}` printed:", self.command)?;
            writeln!(f, "{:>9}  {:<8}  text", "time", "process")?;
        }
        for (line, stream) in rows.iter().take(LINES) {
            let (at, writer) = (line.at.as_secs_f64(), self.name_of(line.writer()));
            writeln!(f, "{at:>7.3} s  {writer:<8}  {stream}{}{}", shortened(&line.text), self.marks(line))?;
        }
        if rows.len() > LINES {
            writeln!(f, "… and {} lines more", rows.len() - LINES)?;
        }
        if self.cut {
            writeln!(f, "Then its output was cut off.")?;
        }
        write!(f, "{}", self.end_in_words())
    }
}

impl Outcome {
    /// `main`, or the pid.
    pub(crate) fn name_of(&self, pid: i32) -> String {
        if self.is_main(pid) { "main".to_owned() } else { pid.to_string() }
    }

    /// A pid, and what is known about whose it is.
    pub(crate) fn pid_in_words(&self, pid: i32) -> String {
        let whose = match pid {
            main if self.is_main(main) => "the pid of the program's first process",
            father if father == std::process::id() as i32 => "the pid of the process that ran the program",
            _ => "the pid of the process that wrote it",
        };
        format!("{pid}, {whose},")
    }

    fn marks(&self, line: &Line) -> String {
        let mut marks = String::new();
        if line.torn() {
            let writers: Vec<String> = line.writers.iter().map(|&pid| self.name_of(pid)).collect();
            marks += &format!("  [torn: written by {}]", writers.join(" and "));
        }
        if !line.complete {
            marks += "  [no newline]";
        }
        marks
    }

    /// How it ended, as a sentence.
    pub(crate) fn end_in_words(&self) -> String {
        let took = format!("{:.2} s", self.took.as_secs_f64());
        match &self.end {
            End::Ended(status) => match (status.code(), status.signal()) {
                (Some(code), _) => format!("It ended with exit code {code} after {took}."),
                (_, signal) => format!("It was ended by {} after {took}.", signal_name(signal)),
            },
            End::Flooded => format!("It printed without end, and was killed after {took}."),
            End::Crowded(count) => format!("{count} processes were alive after {took}; it was killed."),
            End::Hung(alive) => {
                let shown = alive.iter().take(PROCESSES).map(|waiting| format!("\n  {waiting}"));
                let more = match alive.len().saturating_sub(PROCESSES) {
                    0 => String::new(),
                    more => format!("\n  … and {more} processes more"),
                };
                let shown: String = shown.collect();
                format!("It had not ended after {took}, and was killed. What was alive:{shown}{more}")
            }
        }
    }
}

/// `SIGTERM`, or the number of a signal that has no name.
pub(crate) fn signal_name(number: Option<i32>) -> String {
    let number = number.unwrap_or(0);
    Signal::try_from(number).map_or_else(|_| format!("signal {number}"), |signal| signal.as_str().to_owned())
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
