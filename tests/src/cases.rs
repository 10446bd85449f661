//! Named cases, and how they become tests.

use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};

use crate::{Outcome, Program, Run, Verdict};

/// One thing that a lesson must do.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Its name, as a test's.
    pub name: &'static str,
    /// Runs the program, as often as it takes, and judges it.
    pub check: fn(&Program) -> Verdict,
}

/// A test for each case, named after the program (unless that is empty) and the case: `02-start-a-process::quickly`.
pub fn trials(whose: &str, cases: &'static [Case], program: &Program) -> Vec<Trial> {
    let prefix = if whose.is_empty() { String::new() } else { format!("{whose}::") };
    let trial = |case: &'static Case| {
        let program = program.clone();
        Trial::test(format!("{prefix}{}", case.name), move || Ok((case.check)(&program)?))
    };
    cases.iter().map(trial).collect()
}

/// The whole of a lesson's `tests/lesson.rs`: each case is a test of its own.
pub fn lesson_main(cases: &'static [Case], binary: &str) -> ExitCode {
    judge(trials("", cases, &Program::binary(binary)))
}

/// Runs the tests that the command line asks for.
pub fn judge(tests: Vec<Trial>) -> ExitCode {
    let mut args = Arguments::from_args();
    // Most of a lesson is sleep: several share a processor well.
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    args.test_threads.get_or_insert(3 * processors);
    libtest_mimic::run(&args, tests).exit_code()
}

/// Has a program of scenes play this one: it must find no fault, and leave no process and no file.
pub fn plays(program: &str, scene: &str) -> Verdict<Outcome> {
    // Long enough for a machine that has ten other things to do: some scenes move a GiB.
    let run = Run::new(program).arg(scene).env("RUST_BACKTRACE", "0").deadline(Duration::from_secs(120));
    let outcome = run.finish()?;
    outcome.exits(0)?;
    outcome.is_clean()?;
    // How many cases there were, for example: `cargo test -- --show-output` shows it.
    outcome.lines.iter().for_each(|line| println!("{scene}: {}", line.text));
    Ok(outcome)
}
