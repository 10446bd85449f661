//! The check's hand in a run: it stops a process, lets it go on, or kills it, and sees what the others make of it.
//!
//! That a program waits for a child cannot be seen by looking on: it may just have slept long enough. But a child that
//! is held does not end, however long anybody sleeps; and a program that rightly waits, waits, on any machine.

use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::exercise::SOON;
use crate::family::Stat;
use crate::waiting::{SLEEP, threads, turns, waits_on};
use crate::{Mark, Running, Verdict, captures};

impl Running {
    /// Stops a process where it is, and reads what it has printed; `false` if it has ended before. It neither runs nor
    /// heeds SIGTERM until [`go_on`](Self::go_on).
    pub fn stop(&mut self, pid: i32) -> bool {
        self.sends(pid, Signal::SIGSTOP, "stopped");
        // The signal takes its time.
        threads(pid)
            .into_iter()
            .for_each(|thread| self.until(thread, |state| matches!(state, 'T' | 'Z' | 'X')));
        self.pump().is_ok() && Stat::of(pid).is_some_and(|stat| stat.state == 'T')
    }

    /// Lets a stopped process go on.
    pub fn go_on(&mut self, pid: i32) {
        self.sends(pid, Signal::SIGCONT, "goes on");
    }

    /// Sends a signal to a process.
    pub fn send(&mut self, pid: i32, signal: Signal) {
        self.sends(pid, signal, "gets a signal");
    }

    /// Kills a process, and returns when it runs no more.
    pub fn kill(&mut self, pid: i32) {
        self.sends(pid, Signal::SIGKILL, "killed");
        self.until(pid, |state| matches!(state, 'Z' | 'X'));
    }

    /// Waits for a line, and tells who has written it. A complaint if it does not come, or if that is no child.
    pub fn child(&mut self, pattern: &str) -> Verdict<i32> {
        let come = self.comes(pattern, 1, SOON)?;
        let line = self.lines().iter().find(|line| captures(pattern, &line.text).is_some()).cloned();
        match line {
            Some(line) if come && line.writer() != self.main() => Ok(line.writer()),
            Some(_) => self.fail(format!(
                "expected `{pattern}` to be written by a child process; the program's first process wrote it"
            )),
            None => self.fail(format!("expected the line `{pattern}`; it did not come")),
        }
    }

    /// Whether a process sleeps within this time.
    pub fn sleeps(&mut self, pid: i32, within: Duration) -> Verdict<bool> {
        self.sees(within, |_| waits_on(pid) == SLEEP)
    }

    /// Whether a process waits until something comes through a pipe.
    pub fn waits_at_a_pipe(&self, pid: i32) -> bool {
        waits_on(pid) == "read from a pipe"
    }

    /// Whether a process has this signal waiting for it: a stopped one has it when it goes on.
    pub fn pending(&self, pid: i32, signal: Signal) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let sets =
            status.lines().filter_map(|line| line.strip_prefix("ShdPnd:").or(line.strip_prefix("SigPnd:")));
        let bit = 1_u64 << (signal as i32 - 1);
        sets.filter_map(|set| u64::from_str_radix(set.trim(), 16).ok()).any(|set| set & bit != 0)
    }

    /// Waits until a stopped process has got this signal; whether it has.
    pub fn gets(&mut self, pid: i32, signal: Signal, within: Duration) -> Verdict<bool> {
        self.sees(within, |run| run.pending(pid, signal))
    }

    /// Reads on until it is so, for this long at most; whether it was.
    fn sees(&mut self, within: Duration, mut so: impl FnMut(&Running) -> bool) -> Verdict<bool> {
        let end = self.time + within;
        while !so(self) {
            if self.over() || self.time >= end {
                return Ok(false);
            }
            self.pump()?;
        }
        Ok(true)
    }

    /// Reads on until so many lines like `pattern` have come, for this long at most; whether they have.
    pub fn comes(&mut self, pattern: &str, count: usize, within: Duration) -> Verdict<bool> {
        let end = self.time + within;
        loop {
            let last_look = self.over() || self.time >= end;
            self.pump()?;
            if self.printed(pattern) >= count {
                return Ok(true);
            }
            if last_look {
                return Ok(false);
            }
        }
    }

    /// How many lines like `pattern` have come so far.
    pub fn printed(&self, pattern: &str) -> usize {
        self.lines().iter().filter(|line| captures(pattern, &line.text).is_some()).count()
    }

    /// Looks on for a moment, while a process that must be waited for (`whom`) cannot go on: the program must not end,
    /// must not print a line like `not_yet`, and must wait for the event, not for some time.
    pub fn waits_for(&mut self, whom: &str, not_yet: &str) -> Verdict {
        let (main, before) = (self.main(), turns(self.main()));
        if self.comes_at_last(not_yet)? {
            return self.fail(format!("expected `{not_yet}` only after the end of {whom}; it came before"));
        }
        if self.over() {
            return self.fail(format!("expected the program to wait for {whom}; it ended before"));
        }
        if turns(main) == before && waits_on(main) == SLEEP {
            return self.fail(format!(
                "expected the first process to wait for {whom}; it sleeps for some time, and hopes that this is enough"
            ));
        }
        Ok(())
    }

    /// How long the program has been running.
    pub fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Ends the run here, and complains.
    pub fn fail<T>(&mut self, message: impl Into<String>) -> Verdict<T> {
        self.deadline = Duration::ZERO;
        self.conclude()?.complain(message)
    }

    fn sends(&mut self, pid: i32, signal: Signal, text: &'static str) {
        // ESRCH: it has just ended. The check will see that.
        if kill(Pid::from_raw(pid), signal).is_ok() {
            self.marks.push(Mark { at: self.started.elapsed(), pid, text });
        }
    }

    fn until(&self, pid: i32, so: fn(char) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while Stat::of(pid).is_some_and(|stat| !so(stat.state)) && Instant::now() < deadline {
            sleep(Duration::from_millis(1));
        }
    }
}
