//! Start a process.

use super::common::{
    QUICK, SLOW, at, case, ends_on_ctrl_c, ends_when_cut_off, explains, is_quick, of_the_lesson,
    refuses_bad_paces, refuses_unknown_arguments,
};
use crate::{Case, Pace, Program, Verdict};

const LORD: &str = "Lord";
const RUNNING: &str = "Little King is running";
const DONE: &str = "Little King is done";

/// Lesson 02.
pub const LESSON_02: &[Case] = &[
    case("as_in_the_tutorial", |program| starts_a_process(program, Pace::TUTORIAL)),
    case("quickly", |program| starts_a_process(program, QUICK)),
    case("without_any_sleep", |program| starts_a_process(program, Pace::NONE)),
    case("the_pace_shortens_the_sleep", |program| is_quick(program.run().pace(QUICK), 3.0)),
    case("explains_itself", |program| explains(program, &[])),
    of_the_lesson("refuses_unknown_arguments", refuses_unknown_arguments),
    of_the_lesson("refuses_bad_paces", refuses_bad_paces),
    of_the_lesson("ends_when_its_output_is_cut_off", |program| ends_when_cut_off(program.run())),
    of_the_lesson("ends_on_ctrl_c", |program| ends_on_ctrl_c(program.run().pace(SLOW), RUNNING)),
];

fn starts_a_process(program: &Program, pace: Pace) -> Verdict {
    let it = at(program, pace).finish()?;
    it.succeeds()?;
    it.prints(&[LORD, RUNNING, DONE])?;
    it.by_main(&[LORD])?;
    it.by_children(&[RUNNING, DONE])?;
    it.same_writer(&[RUNNING, DONE])?;
    it.before(RUNNING, DONE)?;
    it.takes_at_least(3.0 * pace.0)?;
    if pace.certain_enough(3.0) {
        it.before(LORD, DONE)?;
    }
    Ok(())
}
