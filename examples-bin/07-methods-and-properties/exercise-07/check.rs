//! Exercise 07 is solved when the report is made after the end of the child, and is true.

use checks::exercise::{HELD, Look, SOON, check, start_gated};
use checks::{Outcome, Pace, Program, Running, Signal, Verdict};
use std::time::Duration;

const RUNNING: &str = "<pid> is running";
const ENDED: &str = "ended: <text>";

#[test]
fn exercise_07() {
    let looks = [
        ended_by_the_lord as Look,
        ended_by_somebody_else,
        killed,
        ended_before,
        all_is_closed_before_the_end,
    ];
    check(env!("CARGO_BIN_EXE_exercise-07"), &looks);
}

/// The child dies only when the check lets it. The Lord is through with every sleep at once.
fn ended_by_the_lord(program: &Program) -> Verdict {
    let (mut run, child) = gets_the_signal(program)?;
    let main = run.main();
    // A sleep that is skipped takes no time by the clock.
    run.skip_sleeps(|_| false);
    run.time_flies(move |call| call.pid == main);
    run.release_all();
    let told = run.comes_at_last(ENDED)?;
    // The Lord may lose his patience, and kill it: then it has ended, and of that.
    if run.ends(child, Duration::ZERO)? {
        return reports(&run.finish()?, "-SIGKILL");
    }
    if told {
        return run.fail(format!("expected `{ENDED}` only after the end of the child; it came before"));
    }
    if run.over() {
        return run.fail("expected the program to wait for the child; it ended before");
    }
    run.go_on(child);
    reports(&run.finish()?, "-SIGTERM")
}

/// Before the Lord asks after it.
fn ended_by_somebody_else(program: &Program) -> Verdict {
    let (run, child) = gets_the_signal(program)?;
    dies_of(run, child, Signal::SIGUSR1)
}

/// When the Lord has asked, and has been told that it is alive.
fn killed(program: &Program) -> Verdict {
    let (mut run, child) = gets_the_signal(program)?;
    let main = run.main();
    if run.is_held(|call| call.pid == main, HELD)? {
        run.release(main);
        run.comes_to_rest()?;
    }
    dies_of(run, child, Signal::SIGKILL)
}

/// The child dies of what the check wants.
fn dies_of(mut run: Running, child: i32, cause: Signal) -> Verdict {
    run.send(child, cause);
    // Of two signals the one with the lower number comes first.
    run.go_on(child);
    run.ends(child, SOON)?;
    run.release_all();
    reports(&run.finish()?, &format!("-{cause}"))
}

/// The child is stopped before it gets the Lord's signal, and the Lord is held before he asks after it again.
fn gets_the_signal(program: &Program) -> Verdict<(Running, i32)> {
    let (mut run, child) = begins(program)?;
    run.stop(child);
    let main = run.main();
    let signalled = |run: &mut Running| -> Verdict<bool> {
        // He may have asked for other reasons before.
        while run.is_held(|call| call.pid == main, SOON)? {
            run.release(main);
            if run.gets(child, Signal::SIGTERM, HELD)? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    match signalled(&mut run)? {
        true => Ok((run, child)),
        false => run.fail("expected the child to be sent SIGTERM, by terminate; it was not"),
    }
}

/// The child has ended by itself before the Lord sends his signal.
fn ended_before(program: &Program) -> Verdict {
    let (mut run, child) = begins(program)?;
    let main = run.main();
    run.skip_sleeps(move |call| call.pid != main);
    run.wakes(child);
    let before = run.ends(child, SOON)?;
    if !before {
        return run.fail("expected the child to end by itself if nobody ends it; it did not");
    }
    run.release_all();
    reports(&run.finish()?, "0")
}

/// Whoever waits for the end of file of a pipe is told of it when the child has closed its files, a moment before it has
/// ended. Then the answer to his first question is: not yet.
fn all_is_closed_before_the_end(program: &Program) -> Verdict {
    let (mut run, child) = gets_the_signal(program)?;
    let main = run.main();
    run.comes_to_rest()?;
    if !run.waits_at_a_pipe(main) {
        return Ok(());
    }
    run.go_on(child);
    run.ends(child, SOON)?;
    if run.is_held(|call| call.pid == main, SOON)? {
        run.wakes(main);
    }
    run.release_all();
    let it = run.finish()?;
    reports(&it, "-SIGTERM").or_else(|_| {
        it.complain(format!(
            "expected `{ENDED}` only after the end of the child; it came when a pipe was at its end, which is a moment before"
        ))
    })
}

/// The child runs, and the Lord does not sleep meanwhile. He is held before he sends a signal: before that he asks whether it is still there.
fn begins(program: &Program) -> Verdict<(Running, i32)> {
    let mut run = start_gated(program, Pace(0.1))?;
    let main = run.main();
    run.hold(move |call| call.pid == main && call.asks_after_a_child() || call.pid != main && call.sleeps());
    run.skip_sleeps(move |call| call.pid == main);
    let child = run.child(RUNNING)?;
    Ok((run, child))
}

fn reports(it: &Outcome, cause: &str) -> Verdict {
    it.succeeds()?;
    let cause = format!("cause: {cause}");
    it.prints(&[RUNNING, "ended: true", &cause])?;
    it.in_order(&["ended: true", &cause])?;
    it.by_main(&["ended: true", &cause])
}
