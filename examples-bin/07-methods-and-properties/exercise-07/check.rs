//! Exercise 07 is solved when the report is made after the end of the child, and is true.

use checks::exercise::{Look, check, start, until_it_tells};
use checks::{Pace, Program, Signal, Verdict};

const RUNNING: &str = "<pid> is running";
const ENDED: &str = "ended: <text>";

#[test]
fn exercise_07() {
    check(env!("CARGO_BIN_EXE_exercise-07"), &[ended_by_the_lord as Look, ended_by_somebody_else]);
}

fn ended_by_the_lord(program: &Program) -> Verdict {
    until_it_tells(|| reports(program, false))
}

fn ended_by_somebody_else(program: &Program) -> Verdict {
    until_it_tells(|| reports(program, true))
}

/// The check stops the child before the Lord sends his signal: so it dies only when the check lets it.
fn reports(program: &Program, killed: bool) -> Verdict<bool> {
    let mut run = start(program, Pace::TUTORIAL)?;
    let child = run.child(RUNNING)?;
    if !run.stop(child) || run.pending(child, Signal::SIGTERM) || run.printed(ENDED) > 0 {
        return Ok(false);
    }
    if !run.gets(child, Signal::SIGTERM)? {
        return run.fail("expected the child to be sent SIGTERM, by terminate; it was not");
    }
    run.waits_for("the child", ENDED)?;
    if killed {
        run.kill(child);
    } else {
        run.go_on(child);
    }
    let it = run.finish()?;
    it.succeeds()?;
    let cause = if killed { "cause: -SIGKILL" } else { "cause: -SIGTERM" };
    it.prints(&[RUNNING, "ended: true", cause])?;
    it.by_main(&["ended: true", cause]).map(|()| true)
}
