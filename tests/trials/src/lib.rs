//! How named cases become tests.

use std::process::ExitCode;

use checks::host::{SHORT_OF, STARTERS};
use checks::{Case, Pace, Program, Verdict};
use libtest_mimic::Arguments;
pub use libtest_mimic::{Failed, Trial};

/// A test for each case, named after the program (unless that is empty) and the case: `02-start-a-process::quickly`.
pub fn trials(whose: &str, cases: impl IntoIterator<Item = &'static Case>, program: &Program) -> Vec<Trial> {
    let prefix = if whose.is_empty() { String::new() } else { format!("{whose}::") };
    let trial = |case: &'static Case| {
        let program = program.clone();
        Trial::test(format!("{prefix}{}", case.name), move || Ok((case.check)(&program)?))
    };
    cases.into_iter().map(trial).collect()
}

/// The whole of a lesson's `tests/lesson.rs`: each case is a test of its own, and so is each way to be started.
pub fn lesson_main(cases: &'static [Case], binary: &str) -> ExitCode {
    judge(lesson_trials(cases, binary))
}

/// The tests of a lesson.
pub fn lesson_trials(cases: &'static [Case], binary: &str) -> Vec<Trial> {
    let program = Program::binary(binary);
    let mut tests = trials("", cases, &program);
    tests.extend(STARTERS.iter().map(|starter| {
        let program = program.started_by(*starter);
        Trial::test(format!("as_ever_though::{}", starter.name), move || Ok(as_ever(cases, &program)?))
    }));
    tests.extend(SHORT_OF.iter().map(|starter| {
        let program = program.started_by(*starter);
        Trial::test(format!("at_most_one_line_without::{}", starter.name), move || {
            Ok(at_most_one_line(&program)?)
        })
    }));
    tests
}

/// The lesson does what it does under any starter.
fn as_ever(cases: &[Case], program: &Program) -> Verdict {
    const AS_EVER: [&str; 3] =
        ["without_any_sleep", "all_three_ways_without_any_sleep", "does_the_same_work_at_every_pace"];
    let case = cases.iter().find(|case| AS_EVER.contains(&case.name));
    (case.expect("a quick case that shows all of the lesson").check)(program)
}

/// The lesson does what it does, or says in one line why it cannot.
fn at_most_one_line(program: &Program) -> Verdict {
    let it = program.run().pace(Pace::NONE).finish()?;
    if it.exits(0).is_err() {
        it.exits(1)?;
        it.stderr_is_one_line()?;
        it.stderr_contains(&format!("{}: ", program.path().file_name().unwrap_or_default().display()))?;
    }
    it.is_clean()
}

/// Runs the tests that the command line asks for.
pub fn judge(tests: Vec<Trial>) -> ExitCode {
    let mut args = Arguments::from_args();
    // Most of a lesson is sleep: several share a processor well.
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    args.test_threads.get_or_insert(3 * processors);
    libtest_mimic::run(&args, tests).exit_code()
}
