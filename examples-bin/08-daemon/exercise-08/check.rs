//! Exercise 08 is solved when the program waits for the last line to be written, and then ends.

use checks::exercise::{Look, SOON, check, runs_through, start, until_it_tells};
use checks::{Pace, Program, Verdict};

const LOG: [&str; 3] = ["log: one", "log: two", "log: three"];
const DYING: &str = "The Emperor is dying";

#[test]
fn exercise_08() {
    check(env!("CARGO_BIN_EXE_exercise-08"), &[waits_for_the_last_line as Look, all_is_said]);
}

fn waits_for_the_last_line(program: &Program) -> Verdict {
    until_it_tells(|| holds_the_last_line(program))
}

/// Two lines are written; the daemon is stopped with the third one in its hands.
fn holds_the_last_line(program: &Program) -> Verdict<bool> {
    let mut run = start(program, Pace::TUTORIAL)?;
    if !run.comes(LOG[0], 1, SOON)? || !run.comes(LOG[1], 1, SOON)? {
        let written = run.printed("log: <text>");
        return run.fail(format!(
            "expected all three lines in the log; the program ended when {written} were written"
        ));
    }
    let daemon = run.child(LOG[0])?;
    // It has taken the third line when it sleeps again, as it does before it writes.
    run.sleeps(daemon, SOON)?;
    run.stop(daemon);
    if run.printed(LOG[2]) > 0 {
        return Ok(false);
    }
    // Now it cannot write; if it was not to be stopped, it has already been ended, with the line in its hands.
    run.waits_for("the daemon, which has a line to write", LOG[2])?;
    Ok(true)
}

fn all_is_said(program: &Program) -> Verdict {
    let it = runs_through(program, Pace::NONE)?;
    it.prints(&[LOG[0], LOG[1], LOG[2], DYING])?;
    it.by_children(&LOG)?;
    it.by_main(&[DYING])?;
    it.in_order(&LOG)
}
