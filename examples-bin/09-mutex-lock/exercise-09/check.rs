//! Exercise 09 is solved when nobody buys what is not there, and all look when they like.

use std::cell::Cell;
use std::collections::HashMap;

use checks::exercise::{ASLEEP, Look, SOON, check, runs_through, start_gated};
use checks::{Call, Outcome, Pace, Program, Running, Verdict};

const SEES: &str = "<text> sees <number>";
const BOUGHT: &str = "<text> has bought a ticket";
const LATE: &str = "<text> has come too late";

/// Who waits by asking again and again is not let sleep more often than this before somebody writes.
const NAPS: usize = 3;

#[test]
fn exercise_09() {
    let looks = [all_decide_before_one_writes as Look, one_comes_later, all_begin_at_once, in_peace];
    check(env!("CARGO_BIN_EXE_exercise-09"), &looks);
}

/// The first passerby is held where it writes: it has decided. Then the others come. They must be able to look; and
/// whoever can decide before the first one has written, does.
fn all_decide_before_one_writes(program: &Program) -> Verdict {
    let mut run = start_gated(program, ASLEEP)?;
    let main = run.main();
    let before_a_start = move |call: &Call| call.pid == main && call.asks_after_a_child();
    run.hold(move |call| before_a_start(call) || call.pid != main && (call.sleeps_long() || sells(call)));
    while run.held(SOON)?.is_some() {
        run.comes_to_rest()?;
        let held = run.held_now();
        if held.iter().any(sells) {
            break;
        }
        match held.iter().find(|call| call.sleeps()) {
            Some(sleeper) => run.wakes(sleeper.pid),
            // Nobody has got so far yet: one more may come.
            None => run.release(main),
        }
    }
    run.hold(move |call| call.pid != main && (call.sleeps_long() || sells(call)));
    if !run.comes(SEES, 3, SOON)? {
        let seen = run.printed(SEES);
        return run.fail(format!(
            "expected everyone to look while somebody else is buying; {seen} of 3 have looked, the others wait"
        ));
    }
    // Who waits for the lock, and only for some time, has waited long enough.
    run.time_flies(move |call| call.pid != main && !call.sleeps_long());
    one_writes_at_last(&mut run)?;
    let it = run.finish()?;
    two_buy(&it)?;
    it.times("<text> sees 2", 3)
}

/// The last passerby comes when the first one has bought a ticket, and the second is about to.
fn one_comes_later(program: &Program) -> Verdict {
    let mut run = start_gated(program, ASLEEP)?;
    let main = run.main();
    let born = Cell::new(0);
    run.skip_sleeps(move |call| call.pid != main);
    run.hold(move |call| {
        let is_born = call.pid != main && call.is_born();
        born.set(born.get() + usize::from(is_born));
        is_born && born.get() == 3 || call.pid != main && sells(call)
    });
    if run.is_held(sells, SOON)? {
        run.held_now().iter().filter(|call| sells(call)).for_each(|call| run.release(call.pid));
        run.comes(BOUGHT, 1, SOON)?;
        run.is_held(sells, SOON)?;
    }
    run.hold(move |call| call.pid != main && sells(call));
    one_writes_at_last(&mut run)?;
    two_buy(&run.finish()?)
}

/// Each is held before it writes anything at all, until none of them can go on without that.
fn all_begin_at_once(program: &Program) -> Verdict {
    let mut run = start_gated(program, ASLEEP)?;
    let main = run.main();
    let asleep = move |call: &Call| call.pid != main && call.sleeps_long();
    run.hold(move |call| asleep(call) || call.pid != main && call.writes_to().is_some());
    run.all_held(3, SOON)?;
    run.comes_to_rest()?;
    run.hold(move |call| asleep(call) || call.pid != main && sells(call));
    one_writes_at_last(&mut run)?;
    two_buy(&run.finish()?)
}

fn in_peace(program: &Program) -> Verdict {
    two_buy(&runs_through(program, Pace::NONE)?)
}

/// Ends all sleeps first, and lets one of them write only when the others can do nothing without that.
fn one_writes_at_last(run: &mut Running) -> Verdict {
    let mut naps = HashMap::new();
    while !run.over() {
        if run.held(SOON)?.is_none() {
            break;
        }
        run.gives_up_or_rests()?;
        let held = run.held_now();
        let rested = |call: &&Call| call.sleeps() && naps.get(&call.pid).is_none_or(|naps| *naps < NAPS);
        let sleeper = held.iter().find(rested);
        let mut writers = held.iter().filter(|call| sells(call));
        if writers.clone().count() > 1 {
            let there = writers.count();
            return run.fail(format!(
                "expected one passerby at a time between reading and writing; {there} have decided, and none has written"
            ));
        }
        match (sleeper, writers.next_back()) {
            (Some(sleeper), _) => {
                *naps.entry(sleeper.pid).or_insert(0) += 1;
                run.wakes(sleeper.pid);
            }
            (None, Some(writer)) => {
                naps.clear();
                run.release(writer.pid);
            }
            (None, None) => naps.clear(),
        }
    }
    Ok(())
}

/// Whether it is about to change the number of tickets.
fn sells(call: &Call) -> bool {
    let path = call.writes_to().unwrap_or_default();
    let file = path.rsplit('/').next().unwrap_or_default();
    file == "tickets"
}

fn two_buy(it: &Outcome) -> Verdict {
    it.succeeds()?;
    let bought = it.all(BOUGHT).len();
    if bought != 2 {
        return it.complain(format!("expected two to buy and one to come too late; {bought} have bought"));
    }
    it.prints(&[SEES, SEES, SEES, BOUGHT, BOUGHT, LATE, "0 left"])?;
    it.writers(&[BOUGHT, LATE], 3)?;
    it.by_children(&[SEES, BOUGHT, LATE])?;
    it.by_main(&["0 left"])
}
