//! Daemon processes: they die together with their master.

use super::common::{
    QUICK, SLOW, at, case, ends_on_ctrl_c, ends_when_cut_off, explains, of_the_lesson, refuses,
    refuses_bad_paces, refuses_unknown_arguments,
};
use crate::{Case, Pace, Program, Verdict};

const ALIVE: &str = "Old Eunuch alive";
const DYING: &str = "The Emperor is dying";
const DEATH: &str = "Old Eunuch normal death";

/// Lesson 08.
pub const LESSON_08: &[Case] = &[
    case("as_in_the_tutorial", |program| die_together(program, Pace::TUTORIAL)),
    case("quickly", |program| die_together(program, QUICK)),
    case("without_any_sleep", |program| die_together(program, Pace::NONE)),
    case("not_a_daemon", |program| outlives(program, Pace::TUTORIAL)),
    case("not_a_daemon_quickly", |program| outlives(program, QUICK)),
    case("explains_itself", |program| explains(program, &["--not-daemon"])),
    of_the_lesson("refuses_unknown_arguments", refuses_unknown_arguments),
    of_the_lesson("refuses_a_value", |program| {
        refuses(program, &["--not-daemon", "frobnicate"], "frobnicate")
    }),
    of_the_lesson("refuses_bad_paces", refuses_bad_paces),
    of_the_lesson("ends_when_its_output_is_cut_off", |program| ends_when_cut_off(program.run())),
    of_the_lesson("ends_on_ctrl_c", |program| ends_on_ctrl_c(program.run().pace(SLOW), ALIVE)),
];

fn die_together(program: &Program, pace: Pace) -> Verdict {
    let it = at(program, pace).finish()?;
    it.never(DEATH)?;
    it.succeeds()?;
    it.prints(&[ALIVE, DYING])?;
    it.before(ALIVE, DYING)?;
    it.by_children(&[ALIVE])?;
    it.by_main(&[DYING])?;
    it.takes_at_least(pace.0)
}

fn outlives(program: &Program, pace: Pace) -> Verdict {
    let it = at(program, pace).arg("--not-daemon").finish()?;
    it.succeeds()?;
    it.prints(&[ALIVE, DYING, DEATH])?;
    it.by_main(&[DYING])?;
    it.by_children(&[ALIVE, DEATH])?;
    it.same_writer(&[ALIVE, DEATH])?;
    // The eunuch sleeps three real seconds, the Emperor at most one: two are left for a slow machine.
    it.in_order(&[ALIVE, DYING, DEATH])
}
