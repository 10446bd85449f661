//! Exercise 03 is solved when the three run at once and the Lord waits for each of them.

use checks::exercise::{ASLEEP, Look, SOON, check, runs_through, start};
use checks::{Pace, Program, Verdict};

const LORD: &str = "Lord <seconds>";
const RUNNING: [&str; 3] = ["Little King1 is running", "Little King2 is running", "Little King3 is running"];
const DONE: [&str; 3] = ["Little King1 is done", "Little King2 is done", "Little King3 is done"];

#[test]
fn exercise_03() {
    check(env!("CARGO_BIN_EXE_exercise-03"), &[all_at_once_and_all_awaited as Look, all_is_said]);
}

/// They sleep for ever: who is joined before the others are started keeps them from being started at all.
fn all_at_once_and_all_awaited(program: &Program) -> Verdict {
    let mut run = start(program, ASLEEP)?;
    let mut kings = Vec::new();
    for line in RUNNING {
        if !kings.is_empty() && !run.comes(line, 1, SOON)? {
            return run.fail(format!(
                "expected all three to run at once; `{line}` did not come while the one before was still asleep"
            ));
        }
        kings.push(run.child(line)?);
    }
    // The last one and the first one end; the one between is still there.
    run.kill(kings[2]);
    run.kill(kings[0]);
    run.waits_for("Little King2", LORD)?;
    run.kill(kings[1]);
    if !run.comes(LORD, 1, SOON)? {
        return run.fail("expected the Lord to speak when all three have ended; he did not");
    }
    Ok(())
}

fn all_is_said(program: &Program) -> Verdict {
    let it = runs_through(program, Pace::NONE)?;
    it.prints(&[&RUNNING[..], &DONE, &[LORD]].concat())?;
    it.by_children(&[&RUNNING[..], &DONE].concat())?;
    it.by_main(&[LORD])?;
    it.last(LORD)
}
