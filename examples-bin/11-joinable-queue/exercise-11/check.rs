//! Exercise 11 is solved when join returns after the last bun is gone: not before, and for certain.

use checks::exercise::{Look, SOON, check, runs_through, start, until_it_tells};
use checks::{Pace, Program, Verdict};

const ATE: &str = "<text> ate Bun<number>";
const AWAY: &str = "<text> threw Bun2 away";
const ALL: &str = "All is eaten";

#[test]
fn exercise_11() {
    check(env!("CARGO_BIN_EXE_exercise-11"), &[not_too_early as Look, all_is_said]);
}

fn not_too_early(program: &Program) -> Verdict {
    until_it_tells(|| holds_an_eater(program))
}

/// One eater is stopped with a bun in its hands. The other one eats all the rest, and that is not all.
fn holds_an_eater(program: &Program) -> Verdict<bool> {
    let mut run = start(program, Pace(0.4))?;
    let Some(held) = run.somebody_asleep(2)? else { return Ok(false) };
    if !run.stop(held) || run.lines().iter().any(|line| line.writer() == held) {
        return Ok(false);
    }
    let the_rest = run.comes(ATE, 3, SOON)? && run.comes(AWAY, 1, SOON)?;
    if !the_rest && run.printed(ALL) == 0 {
        return run.fail("expected one eater to eat all that the other one has not taken; it did not");
    }
    run.waits_for("the meal of the eater that was stopped", ALL)?;
    run.go_on(held);
    judge(&run.finish()?)?;
    Ok(true)
}

fn all_is_said(program: &Program) -> Verdict {
    judge(&runs_through(program, Pace::NONE)?)
}

fn judge(it: &checks::Outcome) -> Verdict {
    it.succeeds()?;
    for bun in [0, 1, 3, 4] {
        it.times(&format!("<text> ate Bun{bun}"), 1)?;
    }
    it.prints(&[ATE, ATE, ATE, ATE, AWAY, ALL])?;
    it.by_children(&[ATE, AWAY])?;
    it.by_main(&[ALL])?;
    it.last(ALL)
}
