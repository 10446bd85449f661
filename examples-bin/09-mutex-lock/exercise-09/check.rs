//! Exercise 09 is solved when one buys at a time, and all look when they like.

use checks::exercise::{ASLEEP, Look, SOON, check, runs_through, start};
use checks::{Pace, Program, Verdict};

const SEES: &str = "<text> sees <number>";
const BOUGHT: &str = "<text> has bought a ticket";
const LATE: &str = "<text> has come too late";

#[test]
fn exercise_09() {
    check(env!("CARGO_BIN_EXE_exercise-09"), &[one_buys_and_all_look as Look, two_buy]);
}

/// The network sleeps for ever: whoever sleeps has read and not yet written.
fn one_buys_and_all_look(program: &Program) -> Verdict {
    let mut run = start(program, ASLEEP)?;
    run.child(SEES)?;
    if !run.comes(SEES, 3, SOON)? {
        let seen = run.printed(SEES);
        return run.fail(format!(
            "expected everyone to look while somebody else is buying; {seen} of 3 have looked, the others wait"
        ));
    }
    match run.most_asleep(3)? {
        1 => Ok(()),
        asleep => run.fail(format!(
            "expected one passerby at a time between reading and writing, where the network is; {asleep} are there"
        )),
    }
}

fn two_buy(program: &Program) -> Verdict {
    // At this pace all have looked, and wait for the lock, when the first one writes.
    let it = runs_through(program, Pace::TUTORIAL)?;
    let bought = it.all(BOUGHT).len();
    if bought != 2 {
        return it.complain(format!("expected two to buy and one to come too late; {bought} have bought"));
    }
    it.prints(&[SEES, SEES, SEES, BOUGHT, BOUGHT, LATE, "0 left"])?;
    it.writers(&[BOUGHT, LATE], 3)?;
    it.by_children(&[SEES, BOUGHT, LATE])?;
    it.by_main(&["0 left"])
}
