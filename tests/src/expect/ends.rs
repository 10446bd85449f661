//! How it ended, and what it left behind.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::BESIDES;
use crate::report::signal_name;
use crate::{Complaint, End, Outcome, Verdict};

impl Outcome {
    /// It ended by itself before the deadline.
    pub fn ended(&self) -> Verdict<ExitStatus> {
        match &self.end {
            End::Ended(status) => Ok(*status),
            // What was alive, and in what it waited, is told after what was printed.
            End::Hung(_) => {
                let took = self.took.as_secs_f64();
                self.complain(format!(
                    "expected the program to end by itself; after {took:.0} s it was still there"
                ))
            }
            End::Crowded(_) => {
                self.complain("expected the program to end by itself; it started processes without end")
            }
            End::Flooded => self.complain("expected the program to end by itself; it printed without end"),
        }
    }

    /// It ended with this exit code.
    pub fn exits(&self, code: i32) -> Verdict {
        let status = self.ended()?;
        match status.code() {
            Some(found) if found == code => Ok(()),
            Some(found) => self.complain(format!("expected exit code {code}; it was {found}")),
            None => self.complain(format!(
                "expected exit code {code}; the program was ended by {}",
                signal_name(status.signal())
            )),
        }
    }

    /// It ended by this signal, or with the exit code that a shell reports for it (128 + its number).
    pub fn dies_of(&self, signal: Signal) -> Verdict {
        let status = self.ended()?;
        if status.signal() == Some(signal as i32) || status.code() == Some(128 + signal as i32) {
            return Ok(());
        }
        let found = match status.code() {
            Some(code) => format!("it ended with exit code {code}"),
            None => format!("it was ended by {}", signal_name(status.signal())),
        };
        self.complain(format!("expected the program to be ended by {}; {found}", signal.as_str()))
    }

    /// No process was left when it had ended.
    pub fn no_survivors(&self) -> Verdict {
        if self.survivors.is_empty() {
            return Ok(());
        }
        let found = self.survivors.iter().map(|survivor| match &survivor.last_line {
            Some(line) => format!("\n  {} (its last line was `{line}`)", survivor.doing),
            None => format!("\n  {}", survivor.doing),
        });
        let found: String = found.collect();
        self.complain(format!(
            "expected no process to be left when the program has ended; still there:{found}"
        ))
    }

    /// No file was left in its current folder or in its folder for temporary files.
    pub fn no_leftovers(&self) -> Verdict {
        if self.leftovers.is_empty() {
            return Ok(());
        }
        let found: Vec<String> = self.leftovers.iter().map(|path| format!("`{}`", path.display())).collect();
        self.complain(format!("expected no file to be left behind; found {}", found.join(", ")))
    }

    /// Nothing is on stderr.
    pub fn stderr_empty(&self) -> Verdict {
        match self.stderr.first() {
            None => Ok(()),
            Some(_) if BESIDES.load(Relaxed) => Ok(()),
            Some(line) => {
                let found = format!("expected nothing on stderr; found `{}`", line.text);
                Err(Complaint::of_a_line_too_many(self, found))
            }
        }
    }

    /// This text occurs in some line of stderr.
    pub fn stderr_contains(&self, text: &str) -> Verdict {
        if self.stderr.iter().any(|line| line.text.contains(text)) {
            return Ok(());
        }
        self.complain(format!("expected a line with `{text}` on stderr; there is none"))
    }

    /// Exactly one line is on stderr.
    pub fn stderr_is_one_line(&self) -> Verdict {
        match self.stderr.len() {
            1 => Ok(()),
            count => self.complain(format!("expected one line on stderr; there are {count}")),
        }
    }

    /// What every run must fulfil: it ended by itself, left no process and no file, and wrote each line whole.
    pub fn is_clean(&self) -> Verdict {
        self.ended()?;
        self.no_survivors()?;
        self.no_leftovers()?;
        self.no_torn_lines()
    }

    /// It did what it was asked: exit code 0, nothing on stderr, and [`is_clean`](Self::is_clean).
    pub fn succeeds(&self) -> Verdict {
        self.ended()?;
        self.stderr_empty()?;
        self.exits(0)?;
        self.is_clean()
    }

    /// It refused: this exit code, nothing on stdout, one line on stderr that holds each of these texts, and
    /// [`is_clean`](Self::is_clean).
    pub fn refuses(&self, code: i32, texts: &[&str]) -> Verdict {
        self.exits(code)?;
        if let Some(line) = self.lines.first() {
            return self.complain(format!("expected nothing on stdout; found `{}`", line.text));
        }
        self.stderr_is_one_line()?;
        for text in texts {
            self.stderr_contains(text)?;
        }
        self.is_clean()
    }

    /// It ran for so many seconds or longer. A sleep is never shorter than it should be.
    pub fn takes_at_least(&self, seconds: f64) -> Verdict {
        let took = self.took.as_secs_f64();
        if took >= seconds {
            return Ok(());
        }
        self.complain(format!("expected the program to take {seconds:.3} s or longer; it took {took:.3} s"))
    }

    /// From its first line on it ran for less than so many seconds. Ask this only with seconds to spare: machines can be slow.
    pub fn takes_less_than(&self, seconds: f64) -> Verdict {
        let took = self.took - self.lines.first().map_or(Duration::ZERO, |line| line.at);
        if took.as_secs_f64() < seconds {
            return Ok(());
        }
        self.complain(format!(
            "expected the program to take less than {seconds} s from its first line on; it took {:.2} s",
            took.as_secs_f64()
        ))
    }

    /// A complaint that ends with what was printed.
    pub fn complain<T>(&self, message: impl Into<String>) -> Verdict<T> {
        Err(Complaint::about(self, message))
    }
}
