//! Whether to go on, and how far it is.

use std::io::{IsTerminal, Write, stderr};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use nix::libc::c_int;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

static ENOUGH: AtomicBool = AtomicBool::new(false);

extern "C" fn enough(_: c_int) {
    ENOUGH.store(true, SeqCst);
}

/// Ctrl-C and its like end the storm in good order: workers killed, files removed. The workers inherit this, so that the
/// Ctrl-C of a terminal, which all of them get, is no death that was not counted.
pub(crate) fn mind_signals() {
    let action = SigAction::new(SigHandler::Handler(enough), SaFlags::SA_RESTART, SigSet::empty());
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: the handler stores to an atomic.
        unsafe { sigaction(signal, &action) }.expect("a signal that can be handled");
    }
}

pub(crate) fn is_interrupted() -> bool {
    ENOUGH.load(SeqCst)
}

/// Lines that come this often suffice where they stay.
const EVERY: u64 = 500;
const PAUSE: Duration = Duration::from_millis(100);

/// One line that is rewritten, on a terminal; else a line now and then.
pub(crate) struct Progress {
    name: String,
    goal: u64,
    started: Instant,
    shown: Instant,
}

impl Progress {
    pub(crate) fn new(name: &str, goal: u64) -> Progress {
        let now = Instant::now();
        Progress { name: name.to_owned(), goal, started: now, shown: now }
    }

    pub(crate) fn show(&mut self, kills: u64, more: std::fmt::Arguments<'_>) {
        let terminal = stderr().is_terminal();
        let due = if terminal { self.shown.elapsed() >= PAUSE } else { kills.is_multiple_of(EVERY) };
        if due || kills == self.goal {
            self.shown = Instant::now();
            let (name, goal, seconds) = (&self.name, self.goal, self.started.elapsed().as_secs_f64());
            let (before, after) = if terminal { ("\r", "\x1b[K") } else { ("", "\n") };
            let line = format!("{before}{name}: {kills} of {goal} kills, {seconds:.1} s, {more}{after}");
            let _ = stderr().write_all(line.as_bytes());
        }
    }

    /// From here on the line is for others.
    pub(crate) fn end(&self) -> f64 {
        if stderr().is_terminal() {
            let _ = stderr().write_all(b"\r\x1b[K");
        }
        self.started.elapsed().as_secs_f64()
    }
}
