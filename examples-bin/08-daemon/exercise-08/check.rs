//! Exercise 08 is solved when the program waits for the last line to be written, and then ends.

use checks::exercise::{HELD, Look, SOON, check, runs_through, start_gated};
use checks::{Call, Outcome, Pace, Program, Verdict};

const LOG: [&str; 3] = ["log: one", "log: two", "log: three"];
const DYING: &str = "The Emperor is dying";

#[test]
fn exercise_08() {
    let looks = [the_last_line_is_slow as Look, the_first_line_is_slow, the_emperor_is_slow, in_peace];
    check(env!("CARGO_BIN_EXE_exercise-08"), &looks);
}

fn the_first_line_is_slow(program: &Program) -> Verdict {
    waits_for_a_line(program, 0)
}

fn the_last_line_is_slow(program: &Program) -> Verdict {
    waits_for_a_line(program, 2)
}

/// The daemon is held when it is about to write this line. Nothing else is to come then.
fn waits_for_a_line(program: &Program, which: usize) -> Verdict {
    let mut run = start_gated(program, Pace::TUTORIAL)?;
    let main = run.main();
    run.skip_sleeps(move |call| call.pid != main);
    // The Emperor does not die before it is so far, whatever he has left to do.
    let writes = move |call: &Call| call.line().is_some_and(|line| line == LOG[which]);
    let dies = |call: &Call| call.line().is_some_and(|line| line == DYING);
    run.hold(move |call| match call.pid == main {
        true => dies(call) || call.waits_for_some_time(),
        false => writes(call),
    });
    let daemon_is_held = run.is_held(move |call| call.pid != main, SOON)?;
    if !daemon_is_held {
        run.release_all();
        return all_is_said(&run.finish()?);
    }
    run.hold(move |call| call.pid != main && writes(call));
    // If it was not to be stopped, it is ended now, with the line in its hands.
    run.waits_on_and_on("the daemon, which has a line to write", LOG[which])?;
    run.release_all();
    all_is_said(&run.finish()?)
}

/// Before he puts his first line the daemon does whatever it can.
fn the_emperor_is_slow(program: &Program) -> Verdict {
    let mut run = start_gated(program, Pace::NONE)?;
    let main = run.main();
    run.time_flies(move |call| call.pid != main);
    run.hold(move |call| call.pid == main && call.puts());
    for line in 0..LOG.len() {
        // He may put all of them at once.
        if run.held(SOON)?.is_none() {
            break;
        }
        if line == 0 {
            // Stopped, too: so nobody believes that it will not be long.
            run.stop(main);
            run.looks_on(HELD)?;
            run.go_on(main);
            run.held(SOON)?;
        }
        run.release(main);
    }
    run.release_all();
    all_is_said(&run.finish()?)
}

fn in_peace(program: &Program) -> Verdict {
    all_is_said(&runs_through(program, Pace::NONE)?)
}

fn all_is_said(it: &Outcome) -> Verdict {
    it.ended()?;
    if it.all("log: <text>").len() < LOG.len() {
        let written = it.all("log: <text>").len();
        return it.complain(format!(
            "expected all three lines in the log; the program ended when {written} were written"
        ));
    }
    it.succeeds()?;
    it.prints(&[LOG[0], LOG[1], LOG[2], DYING])?;
    it.by_children(&LOG)?;
    it.by_main(&[DYING])?;
    it.in_order(&LOG)
}
