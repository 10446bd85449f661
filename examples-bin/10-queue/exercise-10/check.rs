//! Exercise 10 is solved when the Lord eats while the cook bakes, out of the same small basket.

use checks::exercise::{Look, check, runs_through, start, until_it_tells};
use checks::{Pace, Program, Verdict};
use std::time::Duration;

const PUT: &str = "<text> is in the basket";
const ATE: &str = "The Lord ate <text>";

#[test]
fn exercise_10() {
    check(
        env!("CARGO_BIN_EXE_exercise-10"),
        &[eats_everything as Look, without_any_sleep, the_basket_stays_small],
    );
}

/// At this pace the basket is empty again and again while there is more to come.
fn eats_everything(program: &Program) -> Verdict {
    all_is_eaten(program, Pace::TUTORIAL)
}

fn without_any_sleep(program: &Program) -> Verdict {
    all_is_eaten(program, Pace::NONE)
}

fn all_is_eaten(program: &Program, pace: Pace) -> Verdict {
    let it = runs_through(program, pace)?;
    let put: Vec<String> = (0..5).map(|i| format!("Bun{i} is in the basket")).collect();
    let ate: Vec<String> = (0..5).map(|i| format!("The Lord ate Bun{i}")).collect();
    for lines in [&put, &ate] {
        lines.iter().try_for_each(|line| it.times(line, 1))?;
        it.in_order(lines)?;
    }
    it.by_main(&[ATE])?;
    it.by_children(&[PUT])?;
    it.last("All is eaten")
}

fn the_basket_stays_small(program: &Program) -> Verdict {
    until_it_tells(|| fills_the_basket(program))
}

/// While the Lord is stopped, and cannot eat, the cook soon has to wait.
fn fills_the_basket(program: &Program) -> Verdict<bool> {
    let mut run = start(program, Pace(0.25))?;
    run.child(PUT)?;
    let main = run.main();
    if !run.stop(main) {
        return Ok(false);
    }
    // Two in the basket, and one that the Lord has taken and not yet spoken of.
    let room = run.printed(ATE) + 1 + 2;
    if room >= 5 {
        return Ok(false);
    }
    if run.comes(PUT, room + 1, Duration::from_secs(2))? {
        return run
            .fail("expected the basket to hold two buns; the Lord was stopped, and the cook could put more");
    }
    Ok(true)
}
