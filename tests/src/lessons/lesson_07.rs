//! Other methods and properties: name, terminate, is_alive, exit code.

use super::common::{
    QUICK, SLOW, at, case, ends_on_ctrl_c, ends_when_cut_off, explains, of_the_lesson, refuses_bad_paces,
    refuses_unknown_arguments,
};
use crate::{Case, Pace, Program, Verdict};

const NAME: &str = "Process-1";
const RUNNING: &str = "<pid> is running Dad is <pid>";
const LORD: &str = "Lord <pid> father is <ppid>";

/// Lesson 07.
pub const LESSON_07: &[Case] = &[
    case("as_in_the_tutorial", |program| terminates(program, Pace::TUTORIAL)),
    case("quickly", |program| terminates(program, QUICK)),
    case("without_any_sleep", |program| terminates(program, Pace::NONE)),
    case("without_any_sleep_many_times", |program| (0..10).try_for_each(|_| terminates(program, Pace::NONE))),
    case("explains_itself", |program| explains(program, &[])),
    of_the_lesson("refuses_unknown_arguments", refuses_unknown_arguments),
    of_the_lesson("refuses_bad_paces", refuses_bad_paces),
    of_the_lesson("ends_when_its_output_is_cut_off", |program| ends_when_cut_off(program.run())),
    of_the_lesson("ends_on_ctrl_c", |program| ends_on_ctrl_c(program.run().pace(SLOW), NAME)),
];

fn terminates(program: &Program, pace: Pace) -> Verdict {
    let it = at(program, pace).finish()?;
    it.succeeds()?;
    // Straight after terminate, is_alive may say either; after the wait it may not.
    let answer = if it.all("True").is_empty() { "False" } else { "True" };
    it.main_prints(&[NAME, answer, "False", "-SIGTERM", LORD])?;
    it.pid_is(LORD, 0, it.main)?;
    it.pid_is(LORD, 1, std::process::id() as i32)?;
    // Whether the child came to its first line is open; that it never comes to its second is not.
    it.never("<pid> is done")?;
    it.never("<pid> is done dad is <pid>")?;
    if let Some(line) = it.lines.iter().find(|line| !it.is_main(line.writer())) {
        it.times(RUNNING, 1)?;
        it.times(&line.text, 1)?;
        it.writers(&["<text>"], 2)?;
        it.pid_is(RUNNING, 0, line.writer())?;
        it.pid_is(RUNNING, 1, it.main)?;
    }
    Ok(())
}
