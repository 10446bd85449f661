//! Exercise 11 is solved when join returns after the last bun is gone: not before, and for certain.

use checks::exercise::{HELD, Look, SOON, check, runs_through, start_gated};
use checks::{Outcome, Pace, Program, Verdict};

const ATE: &str = "<text> ate Bun<number>";
const AWAY: &str = "<text> threw Bun2 away";
const ALL: &str = "All is eaten";

#[test]
fn exercise_11() {
    let looks = [two_at_once as Look, one_more_bun, the_burnt_one, the_last_one, in_peace];
    check(env!("CARGO_BIN_EXE_exercise-11"), &looks);
}

/// Before the first bun is there the eaters do whatever they can. Then both are held with a bun in their hands.
fn two_at_once(program: &Program) -> Verdict {
    let mut run = start_gated(program, Pace::TUTORIAL)?;
    let main = run.main();
    run.skip_sleeps(move |call| call.pid != main);
    run.hold(move |call| call.pid == main && call.puts());
    if run.held(SOON)?.is_some() {
        run.comes_to_rest()?;
    }
    run.hold(move |call| call.pid != main && call.line().is_some());
    run.all_held(2, SOON)?;
    match run.all_held(3, HELD / 4)?.len() {
        2 => Ok(()),
        0 | 1 => run.fail("expected two eaters to share the buns; only one of them takes any"),
        more => run.fail(format!("expected two eaters to share the buns; there are at least {more}")),
    }
}

fn one_more_bun(program: &Program) -> Verdict {
    waits_for_each(program, " ate Bun1")
}

fn the_burnt_one(program: &Program) -> Verdict {
    waits_for_each(program, " threw Bun2 away")
}

fn the_last_one(program: &Program) -> Verdict {
    waits_for_each(program, " ate Bun4")
}

/// One eater is held when it is about to tell that this bun is gone. The other one eats all the rest, and that is not all.
fn waits_for_each(program: &Program, bun: &'static str) -> Verdict {
    let mut run = start_gated(program, Pace::TUTORIAL)?;
    let main = run.main();
    run.skip_sleeps(move |call| call.pid != main);
    run.hold(move |call| match call.pid == main {
        true => call.waits_for_some_time(),
        false => call.line().is_some_and(|line| line.ends_with(bun)),
    });
    if !run.is_held(move |call| call.pid != main, SOON)? {
        return run.fail(format!("expected the line `<text>{bun}`; it did not come"));
    }
    let (others, away) = if bun.contains("ate") { (3, 1) } else { (4, 0) };
    let the_rest = run.comes(ATE, others, SOON)? && run.comes(AWAY, away, SOON)?;
    if !the_rest && run.printed(ALL) == 0 {
        return run.fail("expected one eater to eat all that the other one has not taken; it did not");
    }
    run.waits_on_and_on("the meal of the eater that is held with a bun in its hands", ALL)?;
    run.release_all();
    judge(&run.finish()?)
}

fn in_peace(program: &Program) -> Verdict {
    judge(&runs_through(program, Pace::NONE)?)
}

fn judge(it: &Outcome) -> Verdict {
    it.succeeds()?;
    for bun in [0, 1, 3, 4] {
        it.times(&format!("<text> ate Bun{bun}"), 1)?;
    }
    it.prints(&[ATE, ATE, ATE, ATE, AWAY, ALL])?;
    it.by_children(&[ATE, AWAY])?;
    it.by_main(&[ALL])?;
    it.last(ALL)
}
