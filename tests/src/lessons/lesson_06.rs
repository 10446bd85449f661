//! `getpid` and `getppid`: view the process id.

use super::common::{
    QUICK, SLOW, at, case, ends_on_ctrl_c, ends_when_cut_off, explains, of_the_lesson, refuses_bad_paces,
    refuses_unknown_arguments,
};
use crate::{Case, Pace, Program, Verdict};

const LORD: &str = "Lord <pid> father is <ppid>";
const RUNNING: &str = "<pid> is running Dad is <pid>";
const DONE: &str = "<pid> is done dad is <pid>";

/// Lesson 06.
pub const LESSON_06: &[Case] = &[
    case("as_in_the_tutorial", |program| tells_fathers(program, Pace::TUTORIAL)),
    case("quickly", |program| tells_fathers(program, QUICK)),
    case("without_any_sleep", |program| tells_fathers(program, Pace::NONE)),
    case("explains_itself", |program| explains(program, &[])),
    of_the_lesson("refuses_unknown_arguments", refuses_unknown_arguments),
    of_the_lesson("refuses_bad_paces", refuses_bad_paces),
    of_the_lesson("ends_when_its_output_is_cut_off", |program| ends_when_cut_off(program.run())),
    of_the_lesson("ends_on_ctrl_c", |program| ends_on_ctrl_c(program.run().pace(SLOW), RUNNING)),
];

fn tells_fathers(program: &Program, pace: Pace) -> Verdict {
    let it = at(program, pace).finish()?;
    it.succeeds()?;
    it.prints(&[LORD, RUNNING, DONE])?;
    it.by_main(&[LORD])?;
    it.by_children(&[RUNNING, DONE])?;
    let child = it.same_writer(&[RUNNING, DONE])?;
    let test = std::process::id() as i32; // It ran the lesson, so it is the Lord's father.
    for (line, who) in [(LORD, [it.main, test]), (RUNNING, [child, it.main]), (DONE, [child, it.main])] {
        it.pid_is(line, 0, who[0])?;
        it.pid_is(line, 1, who[1])?;
    }
    it.before(RUNNING, DONE)?;
    it.takes_at_least(3.0 * pace.0)?;
    if pace.certain_enough(3.0) {
        it.before(LORD, DONE)?;
    }
    Ok(())
}
