//! Exercise 10 is solved when the Lord eats while the cook bakes, out of the same small basket.

use checks::exercise::{Look, SOON, check, runs_through, start_gated};
use checks::{Outcome, Pace, Program, Verdict};

const PUT: &str = "<text> is in the basket";
const ATE: &str = "The Lord ate <text>";
const ALL: &str = "All is eaten";

#[test]
fn exercise_10() {
    check(
        env!("CARGO_BIN_EXE_exercise-10"),
        &[in_peace as Look, the_cook_is_slow, the_lord_is_slow, the_basket_stays_small],
    );
}

fn in_peace(program: &Program) -> Verdict {
    all_is_eaten(&runs_through(program, Pace::NONE)?)
}

/// Whatever the Lord can do without a bun, he does before the cook puts the next one into the basket.
fn the_cook_is_slow(program: &Program) -> Verdict {
    let mut run = start_gated(program, Pace::NONE)?;
    let main = run.main();
    run.hold(move |call| call.pid != main && call.puts());
    run.time_flies(move |call| call.pid == main);
    for bun in 0..5 {
        let Some(cook) = run.held(SOON)? else { break };
        run.comes_to_rest()?;
        if run.printed(ATE) > bun {
            return run.fail(format!(
                "expected the Lord to say that he ate a bun when he has it; he says so of one that is not there yet, Bun{bun}"
            ));
        }
        if bun == 4 {
            run.waits_on_and_on("the cook, who brings another bun", ALL)?;
        }
        run.release(cook.pid);
    }
    run.is_last(move |call| call.pid != main && call.line().is_some())?;
    all_is_eaten(&run.finish()?)
}

/// The cook sleeps until the Lord asks whether he is alive, or waits. And before the Lord hears the answer the cook does
/// whatever he can.
fn the_lord_is_slow(program: &Program) -> Verdict {
    let mut run = start_gated(program, Pace::TUTORIAL)?;
    let main = run.main();
    run.hold(move |call| call.pid == main && call.asks_after_a_child() || call.pid != main && call.sleeps());
    while run.held(SOON)?.is_some() {
        run.comes_to_rest()?;
        let held = run.held_now();
        // The Lord hears it when nobody sleeps any more.
        match held.iter().find(|call| call.pid != main) {
            Some(cook) => run.wakes(cook.pid),
            None => run.release(main),
        }
    }
    all_is_eaten(&run.finish()?)
}

fn all_is_eaten(it: &Outcome) -> Verdict {
    it.succeeds()?;
    let put: Vec<String> = (0..5).map(|i| format!("Bun{i} is in the basket")).collect();
    let ate: Vec<String> = (0..5).map(|i| format!("The Lord ate Bun{i}")).collect();
    for lines in [&put, &ate] {
        lines.iter().try_for_each(|line| it.times(line, 1))?;
        it.in_order(lines)?;
    }
    it.by_main(&[ATE, ALL])?;
    it.by_children(&[PUT])?;
    it.times(ALL, 1)?;
    it.all_before(&[ATE], &[ALL])?;
    it.prints(&[put, ate, vec![ALL.to_owned()]].concat())
}

/// The Lord is stopped before there is a bun. Then two are in the basket, and the cook has to wait.
fn the_basket_stays_small(program: &Program) -> Verdict {
    let mut run = start_gated(program, Pace::NONE)?;
    let main = run.main();
    run.time_flies(move |call| call.pid != main);
    run.hold(move |call| call.pid != main && call.puts());
    if run.held(SOON)?.is_none() {
        return run.fail("expected the cook to put a bun into the basket; he did not");
    }
    run.stop(main);
    run.release_all();
    if !run.comes(PUT, 2, SOON)? || run.comes(PUT, 3, checks::exercise::HELD)? {
        let put = run.printed(PUT);
        return run.fail(format!(
            "expected the basket to hold two buns; the Lord was stopped, and the cook could put {put} into it"
        ));
    }
    run.go_on(main);
    all_is_eaten(&run.finish()?)
}
