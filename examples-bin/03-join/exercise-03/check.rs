//! Exercise 03 is solved when the three run at once and the Lord waits for each of them.

use checks::exercise::{Look, SOON, check, runs_through, start_gated};
use checks::{Outcome, Pace, Program, Verdict};

const LORD: &str = "Lord <seconds>";
const RUNNING: [&str; 3] = ["Little King1 is running", "Little King2 is running", "Little King3 is running"];
const DONE: [&str; 3] = ["Little King1 is done", "Little King2 is done", "Little King3 is done"];

#[test]
fn exercise_03() {
    let looks = [
        the_second_is_late as Look,
        the_first_is_late,
        the_third_is_late,
        said_to_be_done,
        all_is_said_at_any_pace,
    ];
    check(env!("CARGO_BIN_EXE_exercise-03"), &looks);
}

fn the_first_is_late(program: &Program) -> Verdict {
    is_awaited(program, 0)
}

fn the_second_is_late(program: &Program) -> Verdict {
    is_awaited(program, 1)
}

fn the_third_is_late(program: &Program) -> Verdict {
    is_awaited(program, 2)
}

/// They sleep until the check wakes them: who is joined before the others are started keeps them from being started at
/// all. This one is the last to be woken.
fn is_awaited(program: &Program, last: usize) -> Verdict {
    let mut run = start_gated(program, Pace::TUTORIAL)?;
    let main = run.main();
    run.hold(move |call| call.pid != main && call.sleeps());
    run.time_flies(move |call| call.pid == main);
    let mut kings = Vec::new();
    for line in RUNNING {
        if !kings.is_empty() && !run.comes(line, 1, SOON)? {
            return run.fail(format!(
                "expected all three to run at once; `{line}` did not come while the one before was still asleep"
            ));
        }
        kings.push(run.child(line)?);
    }
    for &king in &kings {
        if !run.is_held(|call| call.pid == king, SOON)? {
            return run.fail("expected all three to sleep as they did in the exercise; one of them did not");
        }
    }
    if DONE.iter().any(|line| run.printed(line) > 0) {
        return run.fail("expected each of the three to be done when it has slept; one says so before");
    }
    let all_run = run.now();
    for (king, &pid) in kings.iter().enumerate() {
        if king != last {
            run.wakes(pid);
            run.ends(pid, SOON)?;
        }
    }
    run.waits_on_and_on(&format!("Little King{}", last + 1), LORD)?;
    let waited = run.now() - all_run;
    run.skip_sleeps(move |call| call.pid != main);
    run.release_all();
    let it = run.finish()?;
    all_is_said(&it)?;
    // Half of it: he may look at the clock before the first is started, or when all are.
    if it.number(LORD)? < waited.as_secs_f64() / 2.0 {
        return it.complain(format!(
            "expected the Lord to tell how long it took, {:.1} s or more; he tells less",
            waited.as_secs_f64()
        ));
    }
    Ok(())
}

/// They are held when they have said that they are done, and before they end.
fn said_to_be_done(program: &Program) -> Verdict {
    let mut run = start_gated(program, Pace::NONE)?;
    let main = run.main();
    run.hold(move |call| call.pid != main && call.ends_itself());
    for done in DONE {
        run.comes(done, 1, SOON)?;
    }
    run.waits_on_and_on("all three; they have said that they are done, and have not ended", LORD)?;
    run.release_all();
    all_is_said(&run.finish()?)
}

fn all_is_said_at_any_pace(program: &Program) -> Verdict {
    let it = runs_through(program, Pace::NONE)?;
    all_is_said(&it)?;
    match it.number(LORD)? <= it.took.as_secs_f64() {
        true => Ok(()),
        false => it.complain("expected the Lord to tell how long it took; he tells more"),
    }
}

fn all_is_said(it: &Outcome) -> Verdict {
    it.ended()?;
    if it.all(LORD).is_empty() {
        return it.complain("expected the Lord to speak when all three have ended; he did not");
    }
    it.succeeds()?;
    it.prints(&[&RUNNING[..], &DONE, &[LORD]].concat())?;
    it.by_children(&[&RUNNING[..], &DONE].concat())?;
    it.by_main(&[LORD])?;
    it.last(LORD)
}
