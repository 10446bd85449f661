//! What is known about a program after it has run.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use crate::Waiting;

/// One line of output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The text, without its newline.
    pub text: String,
    /// The processes that wrote it, in the order of their parts. More than one: the line is torn.
    pub writers: Vec<i32>,
    /// When its end was read, since the program's start.
    pub at: Duration,
    /// Whether it ended with a newline. Only the last line of the output can lack one.
    pub complete: bool,
}

impl Line {
    /// The process that wrote the line, or the first part of it.
    pub fn writer(&self) -> i32 {
        self.writers[0]
    }

    /// Whether parts of it were written by different processes.
    pub fn torn(&self) -> bool {
        self.writers.len() > 1
    }
}

/// Something that the check did to a process of the run.
#[derive(Clone, Debug)]
pub struct Mark {
    /// When, since the program's start.
    pub at: Duration,
    /// To which process.
    pub pid: i32,
    /// What, in words.
    pub text: &'static str,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub enum End {
    /// The program ended, in its own way.
    Ended(ExitStatus),
    /// It did not end before the deadline; these processes were alive, and have been killed.
    Hung(Vec<Waiting>),
    /// It printed more than anyone will read, and was killed.
    Flooded,
    /// It started more processes than anyone needs, so many were alive at once, and was killed.
    Crowded(usize),
}

/// A process that was still there when the program had ended.
#[derive(Clone, Debug)]
pub struct Survivor {
    /// What it was doing when it was found, before it was killed.
    pub doing: Waiting,
    /// The last line that it had printed.
    pub last_line: Option<String>,
}

/// What a run brought.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The command line, for people.
    pub command: String,
    /// The first process.
    pub main: i32,
    /// The lines of stdout, in the order in which they were written.
    pub lines: Vec<Line>,
    /// The lines of stderr.
    pub stderr: Vec<Line>,
    /// What the check did meanwhile.
    pub marks: Vec<Mark>,
    /// How it ended.
    pub end: End,
    /// How long the first process ran.
    pub took: Duration,
    /// The processes that were left. They have been killed.
    pub survivors: Vec<Survivor>,
    /// The files that were left in the current folder and in the folder for temporary files. They have been removed.
    pub leftovers: Vec<PathBuf>,
    /// Whether the reader of stdout went away early, as [`crate::Run::cut_after`] asked.
    pub cut: bool,
}

impl Outcome {
    /// Whether a process is the first one.
    pub fn is_main(&self, pid: i32) -> bool {
        pid == self.main
    }
}
