//! Exercise 12 is solved when every task is done once, although a worker is killed, or stopped, in the middle of one.

use std::time::Duration;

use checks::exercise::{Look, SOON, check};
use checks::lessons::has_redis_server;
use checks::{Call, Complaint, Outcome, Pace, Program, RedisServer, Run, Running, Verdict, captures};

const BEGINS: &str = "task <number> begins, with <pid>";
const DONE: &str = "task <number> is done";
const ALL: &str = "4 tasks are done";

/// A tutorial second of work; and a worker without a sign of life for two of them is taken for dead.
const QUICKLY: Pace = Pace(0.2);

/// Longer than that.
const TAKEN_FOR_DEAD: Duration = Duration::from_millis(700);

#[test]
fn exercise_12() {
    let looks = [
        a_server_is_there as Look,
        in_peace,
        an_early_death,
        a_late_death,
        a_slow_worker,
        a_slow_worker_goes_on,
        a_late_word,
    ];
    check(env!("CARGO_BIN_EXE_exercise-12"), &looks);
}

/// The answer, to be run with this server: one that is not at the gate, unlike what an answer starts. It makes many calls.
fn with(server: &RedisServer, program: &Program) -> Run {
    program.run().pace(QUICKLY).deadline(8 * SOON).env("LESSON_SERVER", server.socket())
}

fn a_server_is_there(_: &Program) -> Verdict {
    match has_redis_server() {
        true => Ok(()),
        false => Err(Complaint::new(
            "this exercise needs redis-server. On Debian and Ubuntu: sudo apt-get install redis-server",
        )),
    }
}

fn in_peace(program: &Program) -> Verdict {
    let server = RedisServer::start(&[])?;
    let it = with(&server, program).pace(Pace(0.02)).deadline(2 * SOON).finish()?;
    judge(&it)?;
    for task in 0..4 {
        it.before(&format!("task {task} begins, with <pid>"), &format!("task {task} is done"))?;
    }
    Ok(())
}

/// A worker is killed when it has begun to work.
fn an_early_death(program: &Program) -> Verdict {
    let server = RedisServer::start(&[])?;
    let (mut run, worker, task) = at_work(program, &server)?;
    run.kill(worker);
    survives(run, &task)
}

/// A worker is killed in the middle of its work, if it does that in parts.
fn a_late_death(program: &Program) -> Verdict {
    let server = RedisServer::start(&[])?;
    let (mut run, worker, task) = at_work(program, &server)?;
    run.release(worker);
    let still_works = run.held(2 * SOON)?.is_some_and(|call| call.sleeps());
    if still_works {
        run.kill(worker);
        return survives(run, &task);
    }
    run.release_all();
    judge(&run.finish()?)
}

/// A worker is held at its work until another has done it.
fn a_slow_worker(program: &Program) -> Verdict {
    let server = RedisServer::start(&[])?;
    let (mut run, worker, _) = at_work(program, &server)?;
    run.skip_sleeps(move |call| call.pid != worker);
    // Unless it gives signs of life all the same: then it keeps its task.
    run.comes(DONE, 4, SOON)?;
    run.release_all();
    judge(&run.finish()?)
}

/// A worker is held at its work until another has done it; and then that one is killed at its next task.
fn a_slow_worker_goes_on(program: &Program) -> Verdict {
    let server = RedisServer::start(&[])?;
    let (mut run, slow, task) = at_work(program, &server)?;
    let main = run.main();
    run.hold(move |call| call.pid != main && (call.sleeps() || call.pid == slow && call.line().is_some()));
    run.all_held(2, SOON)?;
    run.looks_on(TAKEN_FOR_DEAD)?; // now it is the first task that is given to another
    let its = task.clone();
    run.skip_sleeps(move |call| call.pid != slow);
    run.hold(move |call| {
        call.pid == slow || call.pid != main && begins(call).is_some_and(|next| next != its)
    });
    if run.comes(&format!("task {task} is done"), 1, SOON)? && run.all_held(2, SOON)?.len() > 1 {
        let others = run.held_now().into_iter().map(|call| call.pid).filter(|pid| *pid != slow);
        others.collect::<Vec<_>>().into_iter().for_each(|other| run.kill(other));
    }
    run.skip_sleeps(|_| true);
    run.release_all();
    if !run.comes(DONE, 4, 3 * SOON)? {
        return run.fail(
            "expected a worker that was too slow to go on; another one was killed meanwhile, and its task is not done",
        );
    }
    judge(&run.finish()?)
}

/// The last word is still to be said, when all work is done.
fn a_late_word(program: &Program) -> Verdict {
    let server = RedisServer::start(&[])?;
    let mut run = with(&server, program).gated().start()?;
    let main = run.main();
    run.hold(move |call| call.pid != main && is_done(call).is_some_and(|task| task == "3"));
    if run.held(2 * SOON)?.is_none() {
        return run.fail("expected task 3 to be done; it was not");
    }
    run.comes(DONE, 3, SOON)?;
    run.waits_on_and_on("the worker that is about to say that its task is done", ALL)?;
    run.release_all();
    judge(&run.finish()?)
}

/// A worker that has begun a task, and is held when it begins to work: it, and the task.
fn at_work(program: &Program, server: &RedisServer) -> Verdict<(Running, i32, String)> {
    let mut run = with(server, program).gated().start()?;
    let main = run.main();
    run.skip_sleeps(move |call| call.pid == main); // it is to wait for the tasks, and not for some time
    run.hold(move |call| call.pid != main && begins(call).is_some());
    let Some(begun) = run.held(2 * SOON)? else {
        return run.fail(format!("expected a worker to say `{BEGINS}`; none does"));
    };
    let (worker, task) = (begun.pid, begins(&begun).unwrap_or_default());
    run.hold(move |call| call.pid == worker && (call.sleeps() || call.line().is_some()));
    run.release(worker);
    match run.held(2 * SOON)? {
        Some(call) if call.sleeps() => Ok((run, worker, task)),
        _ => run.fail(format!("expected task {task} to take its time; there is no sleep any more")),
    }
}

/// The task that a worker is about to begin.
fn begins(call: &Call) -> Option<String> {
    let line = call.line()?;
    Some(captures(BEGINS, &line)?.first()?.to_string())
}

/// The task that a worker is about to call done.
fn is_done(call: &Call) -> Option<String> {
    let line = call.line()?;
    Some(captures(DONE, &line)?.first()?.to_string())
}

/// The task was in the hands of a worker that was killed.
fn survives(mut run: Running, task: &str) -> Verdict {
    run.skip_sleeps(|_| true);
    run.release_all();
    if !run.comes(&format!("task {task} is done"), 1, 3 * SOON)? {
        return run.fail(format!(
            "expected the task to be done by another worker; task {task} was in the hands of one that was killed, and \
             is not done"
        ));
    }
    judge(&run.finish()?)
}

fn judge(it: &Outcome) -> Verdict {
    it.ended()?;
    for task in 0..4 {
        let times = it.all(&format!("task {task} is done")).len();
        if times != 1 {
            return it.complain(format!(
                "expected each task to be said to be done once; for task {task} that was said {times} times"
            ));
        }
    }
    it.times(DONE, 4)?;
    it.by_children(&[DONE])?;
    it.succeeds()?;
    it.times(ALL, 1)?;
    it.by_main(&[ALL])?;
    it.last(ALL)
}
