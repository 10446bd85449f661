//! Exercise 11b is solved when every task is done once, although a worker is killed in the middle of one.

use checks::exercise::{Look, check, runs_through, start, until_it_tells};
use checks::{Pace, Program, Verdict};

const BEGINS: &str = "task <number> begins, with <pid>";
const DONE: &str = "task <number> is done";

#[test]
fn exercise_12() {
    check(env!("CARGO_BIN_EXE_exercise-11b"), &[with_a_death as Look, in_peace]);
}

fn with_a_death(program: &Program) -> Verdict {
    until_it_tells(|| survives_a_death(program))
}

/// The worker that has begun first is killed before it is done.
fn survives_a_death(program: &Program) -> Verdict<bool> {
    let mut run = start(program, Pace(0.5))?;
    let killed = run.child(BEGINS)?;
    run.kill(killed);
    let it = run.finish()?;
    let wrote = |line: &checks::Line| line.writer() == killed;
    if it.all(DONE).into_iter().any(wrote) {
        return Ok(false); // it was done before it was killed
    }
    it.ended()?;
    let begun = it.all(BEGINS);
    let task = begun
        .into_iter()
        .find(|line| wrote(line))
        .and_then(|line| line.text.split(' ').nth(1))
        .unwrap_or_default();
    if it.all(&format!("task {task} is done")).is_empty() {
        return it.complain(format!(
            "expected the task to be done by another worker; task {task} was in the hands of one that was killed, and \
             was never done"
        ));
    }
    judge(&it)?;
    Ok(true)
}

fn in_peace(program: &Program) -> Verdict {
    judge(&runs_through(program, Pace::NONE)?)
}

fn judge(it: &checks::Outcome) -> Verdict {
    for task in 0..4 {
        let times = it.all(&format!("task {task} is done")).len();
        if times != 1 {
            return it
                .complain(format!("expected each task to be done once; task {task} was done {times} times"));
        }
    }
    it.by_children(&[DONE])?;
    it.succeeds()?;
    it.by_main(&["4 tasks are done"])?;
    it.last("4 tasks are done")
}
