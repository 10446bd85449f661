//! Exercise 11b is solved when every task is done once, although a worker is killed in the middle of one.

use checks::exercise::{HELD, Look, SOON, check, runs_through, start_gated};
use checks::{Call, Outcome, Pace, Program, Running, Verdict, captures};

const BEGINS: &str = "task <number> begins, with <pid>";
const DONE: &str = "task <number> is done";
const ALL: &str = "4 tasks are done";

#[test]
fn exercise_11b() {
    let looks =
        [two_at_once as Look, a_late_death, a_death_among_others, a_death_at_work, a_late_record, in_peace];
    check(env!("CARGO_BIN_EXE_exercise-11b"), &looks);
}

fn two_at_once(program: &Program) -> Verdict {
    both_are_held(program).map(drop)
}

/// Both workers are held in the middle of a task.
fn both_are_held(program: &Program) -> Verdict<(Running, [Call; 2])> {
    let mut run = start_gated(program, Pace::TUTORIAL)?;
    let main = run.main();
    run.skip_sleeps(move |call| call.pid != main);
    run.hold(move |call| call.pid != main && is_done(call).is_some());
    run.all_held(2, SOON)?;
    match run.all_held(3, HELD / 4)?[..] {
        [one, other] => Ok((run, [one, other])),
        [] | [_] => run.fail("expected two workers to have a task each; they have not"),
        _ => run.fail("expected two workers; there are more"),
    }
}

/// The worker with the last task is killed when all others are done.
fn a_late_death(program: &Program) -> Verdict {
    let mut run = start_gated(program, Pace::TUTORIAL)?;
    let main = run.main();
    run.skip_sleeps(move |call| call.pid != main);
    run.hold(move |call| call.pid != main && is_done(call).is_some_and(|task| task == "3"));
    let Some(killed) = run.held(SOON)? else {
        return run.fail("expected task 3 to be done; it was not");
    };
    run.comes(DONE, 3, SOON)?;
    run.kill(killed.pid);
    run.release_all();
    survives(run, "3")
}

/// One of two is killed. Then there is still one at work.
fn a_death_among_others(program: &Program) -> Verdict {
    let (mut run, [killed, _]) = both_are_held(program)?;
    let task = is_done(&killed).unwrap_or_default();
    run.kill(killed.pid);
    run.waits_on_and_on("the other worker, who has a task in its hands", ALL)?;
    run.release_all();
    survives(run, &task)
}

/// A worker is killed at its work, if that takes any time: whatever it has told before.
fn a_death_at_work(program: &Program) -> Verdict {
    let mut run = start_gated(program, Pace::TUTORIAL)?;
    let main = run.main();
    run.hold(move |call| call.pid != main && call.sleeps());
    if let Some(killed) = run.held(SOON)? {
        run.kill(killed.pid);
        run.skip_sleeps(move |call| call.pid != main);
        run.release_all();
    }
    judge(&run.finish()?)
}

/// A worker is held when it has done a task, and before it has written that down.
fn a_late_record(program: &Program) -> Verdict {
    let mut run = start_gated(program, Pace::TUTORIAL)?;
    let main = run.main();
    run.skip_sleeps(move |call| call.pid != main);
    run.hold(move |call| call.pid != main && call.puts());
    if let Some(held) = run.held(SOON)? {
        run.hold(move |call| call.pid == held.pid && call.puts());
        run.comes(DONE, 4, SOON)?;
        run.waits_on_and_on("the worker that is about to write down what it has done", ALL)?;
        run.release_all();
    }
    judge(&run.finish()?)
}

fn in_peace(program: &Program) -> Verdict {
    let it = runs_through(program, Pace::NONE)?;
    judge(&it)?;
    it.times(BEGINS, 4)
}

/// The task that a worker is about to call done.
fn is_done(call: &Call) -> Option<String> {
    let line = call.line()?;
    Some(captures(DONE, &line)?.first()?.to_string())
}

/// The task was in the hands of a worker that was killed.
fn survives(run: Running, task: &str) -> Verdict {
    let it = run.finish()?;
    it.ended()?;
    if it.all(&format!("task {task} is done")).is_empty() {
        return it.complain(format!(
            "expected the task to be done by another worker; task {task} was in the hands of one that was killed, and \
             was never done"
        ));
    }
    judge(&it)
}

fn judge(it: &Outcome) -> Verdict {
    for task in 0..4 {
        let times = it.all(&format!("task {task} is done")).len();
        if times != 1 {
            return it
                .complain(format!("expected each task to be done once; task {task} was done {times} times"));
        }
    }
    it.times(DONE, 4)?;
    it.by_children(&[DONE])?;
    it.succeeds()?;
    it.times(ALL, 1)?;
    it.by_main(&[ALL])?;
    it.last(ALL)
}
