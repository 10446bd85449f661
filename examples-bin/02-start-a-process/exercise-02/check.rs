//! Exercise 02 is solved when another process works while the first one goes on, and is waited for.

use std::time::{Duration, Instant};

use checks::exercise::{HELD, Look, SOON, check, runs_through, start_gated};
use checks::{Call, Outcome, Pace, Program, Verdict};

const LORD: &str = "Lord";
const RUNNING: &str = "Little King is running";
const DONE: &str = "Little King is done";

/// Who has not spoken after such a time, and waits, does so until Little King is done: he works for three seconds.
const SILENT: Duration = Duration::from_millis(2500);

#[test]
fn exercise_02() {
    check(env!("CARGO_BIN_EXE_exercise-02"), &[side_by_side as Look, all_is_said_at_any_pace]);
}

/// The Lord is held before he speaks, and Little King where he works: so neither can be too quick or too slow.
fn side_by_side(program: &Program) -> Verdict {
    let mut run = start_gated(program, Pace::TUTORIAL)?;
    let main = run.main();
    let says = |call: &Call, line: &str| call.line().is_some_and(|text| text == line);
    let works = move |call: &Call| call.pid != main && (call.sleeps() || says(call, DONE));
    run.hold(move |call| works(call) || call.pid == main && says(call, LORD));
    while run.printed(RUNNING) == 0 && !run.over() {
        if run.is_held(|call| call.pid == main, Duration::ZERO)? && run.pids() == [main] {
            return run
                .fail("expected Little King to be at work when the Lord speaks; he was not started yet");
        }
        run.looks_on(HELD / 6)?;
    }
    let little_king = run.child(RUNNING)?;
    if !run.is_held(|call| call.pid == little_king && call.sleeps(), SOON)? {
        return run.fail("expected Little King to work as long as he did in the exercise; he did not sleep");
    }
    let silent = Instant::now();
    while !run.is_held(|call| call.pid == main, Duration::ZERO)? && run.printed(LORD) == 0 {
        if run.over() || silent.elapsed() > SILENT && run.is_waiting(main)? {
            return run.fail("expected `Lord` while Little King is still at work; it did not come");
        }
        run.pump()?;
    }
    run.time_flies(move |call| call.pid == main);
    run.hold(works);
    run.waits_on_and_on("Little King", DONE)?;
    run.wakes(little_king);
    run.release_all();
    all_is_said(&run.finish()?)
}

fn all_is_said_at_any_pace(program: &Program) -> Verdict {
    all_is_said(&runs_through(program, Pace::NONE)?)
}

fn all_is_said(it: &Outcome) -> Verdict {
    it.succeeds()?;
    it.prints(&[LORD, RUNNING, DONE])?;
    it.by_main(&[LORD])?;
    it.by_children(&[RUNNING, DONE])?;
    it.before(RUNNING, DONE)
}
