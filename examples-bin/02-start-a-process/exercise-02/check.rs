//! Exercise 02 is solved when another process works while the first one goes on, and is waited for.

use checks::exercise::{ASLEEP, Look, SOON, check, runs_through, start};
use checks::{Pace, Program, Verdict};

const LORD: &str = "Lord";
const RUNNING: &str = "Little King is running";
const DONE: &str = "Little King is done";

#[test]
fn exercise_02() {
    check(env!("CARGO_BIN_EXE_exercise-02"), &[side_by_side as Look, all_is_said]);
}

/// Little King sleeps for so long that nobody sees the end of it.
fn side_by_side(program: &Program) -> Verdict {
    let mut run = start(program, ASLEEP)?;
    if !run.comes(RUNNING, 1, SOON)? {
        // A daemon may be ended before it has said anything.
        run.waits_for("Little King", DONE)?;
    }
    let little_king = run.child(RUNNING)?;
    if !run.comes(LORD, 1, SOON)? {
        return run.fail("expected `Lord` while Little King is still at work; it did not come");
    }
    run.waits_for("Little King", DONE)?;
    run.kill(little_king);
    run.finish()?.ended().map(drop)
}

fn all_is_said(program: &Program) -> Verdict {
    let it = runs_through(program, Pace::NONE)?;
    it.prints(&[LORD, RUNNING, DONE])?;
    it.by_main(&[LORD])?;
    it.by_children(&[RUNNING, DONE])?;
    it.before(RUNNING, DONE)
}
