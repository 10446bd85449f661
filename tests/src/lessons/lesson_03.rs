//! Join: wait for a process.

use super::common::{
    QUICK, SLOW, at, case, ends_on_ctrl_c, ends_when_cut_off, explains, is_quick, of_the_lesson, refuses,
    refuses_bad_paces, refuses_unknown_arguments,
};
use crate::{Case, Outcome, Pace, Program, Verdict};

const LORD: &str = "Lord <seconds>";
const RUNNING: [&str; 3] = ["Little King1 is running", "Little King2 is running", "Little King3 is running"];
const DONE: [&str; 3] = ["Little King1 is done", "Little King2 is done", "Little King3 is done"];

/// Lesson 03.
pub const LESSON_03: &[Case] = &[
    case("as_in_the_tutorial", |program| joins_all(program, Pace::TUTORIAL)),
    case("quickly", |program| joins_all(program, QUICK)),
    case("without_any_sleep", |program| joins_all(program, Pace::NONE)),
    case("the_pace_shortens_the_sleep", |program| is_quick(program.run().pace(QUICK), 3.0)),
    case("serial", |program| joins_each(program, Pace(0.4))),
    case("serial_without_any_sleep", |program| joins_each(program, Pace::NONE)),
    case("explains_itself", |program| explains(program, &["--serial"])),
    of_the_lesson("refuses_unknown_arguments", refuses_unknown_arguments),
    of_the_lesson("refuses_a_value_for_serial", |program| {
        refuses(program, &["--serial", "frobnicate"], "frobnicate")
    }),
    of_the_lesson("refuses_bad_paces", refuses_bad_paces),
    of_the_lesson("ends_when_its_output_is_cut_off", |program| ends_when_cut_off(program.run())),
    of_the_lesson("ends_when_serial_and_cut_off", |program| ends_when_cut_off(program.run().arg("--serial"))),
    of_the_lesson("ends_on_ctrl_c", |program| ends_on_ctrl_c(program.run().pace(SLOW), RUNNING[2])),
];

fn joins_all(program: &Program, pace: Pace) -> Verdict {
    let it = at(program, pace).finish()?;
    prints_all(&it)?;
    counts_at_least(&it, 3.0 * pace.0)?;
    if pace.certain_enough(1.0) {
        it.lived_together(&RUNNING)?;
        it.all_before(&RUNNING, &DONE)?;
        it.in_order(&DONE)?;
        let elapsed = it.number(LORD)?;
        if elapsed >= 6.0 * pace.0 {
            return it.complain(format!("expected less than the sum of the sleeps; {elapsed} s passed"));
        }
    }
    Ok(())
}

fn joins_each(program: &Program, pace: Pace) -> Verdict {
    let it = at(program, pace).arg("--serial").finish()?;
    prints_all(&it)?;
    it.in_order(&[RUNNING[0], DONE[0], RUNNING[1], DONE[1], RUNNING[2], DONE[2], LORD])?;
    counts_at_least(&it, 6.0 * pace.0)
}

fn prints_all(it: &Outcome) -> Verdict {
    it.succeeds()?;
    it.prints(&[&RUNNING[..], &DONE, &[LORD]].concat())?;
    it.by_main(&[LORD])?;
    it.by_children(&[&RUNNING[..], &DONE].concat())?;
    it.different_writers(&RUNNING)?;
    for (running, done) in RUNNING.iter().zip(DONE) {
        it.same_writer(&[running, done])?;
        it.before(running, done)?;
    }
    it.last(LORD)
}

/// The time that the Lord has measured.
fn counts_at_least(it: &Outcome, seconds: f64) -> Verdict {
    let elapsed = it.number(LORD)?;
    // What is printed is rounded.
    if elapsed + 0.01 >= seconds {
        return Ok(());
    }
    it.complain(format!("expected the Lord to count {seconds} s or more; he counted {elapsed} s"))
}
