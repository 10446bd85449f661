//! How named cases become tests.

use std::process::ExitCode;

use checks::{Case, Program};
use libtest_mimic::Arguments;
pub use libtest_mimic::{Failed, Trial};

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
