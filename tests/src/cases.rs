//! Named cases.

use std::time::Duration;

use crate::{Outcome, Program, Run, Verdict};

/// One thing that a lesson must do.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Its name, as a test's.
    pub name: &'static str,
    /// Runs the program, as often as it takes, and judges it.
    pub check: fn(&Program) -> Verdict,
    /// Whether it is also asked of the lesson's Python twin. How a Python program ends on an error, on Ctrl-C, on
    /// `| head` or when the holder of a lock is killed, is CPython's own business.
    pub asks_the_twin: bool,
}

/// Has a program of scenes play this one: it must find no fault, and leave no process and no file.
pub fn plays(program: &str, scene: &str) -> Verdict<Outcome> {
    // Long enough for a machine that has ten other things to do: some scenes move a GiB, or kill a thousand processes.
    let run = Run::new(program).arg(scene).env("RUST_BACKTRACE", "0").deadline(Duration::from_secs(300));
    let outcome = run.finish()?;
    outcome.exits(0)?;
    outcome.is_clean()?;
    // How many cases there were, for example: `cargo test -- --show-output` shows it.
    outcome.lines.iter().for_each(|line| println!("{scene}: {}", line.text));
    Ok(outcome)
}
