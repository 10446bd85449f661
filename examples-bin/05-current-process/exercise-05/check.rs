//! Exercise 05 is solved when each process tells the pid that the kernel knows it by.

use std::time::Duration;

use checks::exercise::{Look, SOON, check, runs_through, start_gated, use_up_pids};
use checks::{Outcome, Pace, Program, Verdict, captures};

/// So often it is asked whether the Lord waits; if he asks again and again, nobody sees him wait.
const ROUNDS: usize = 40;

const LINES: [&str; 3] = ["Lord <pid>", "<pid> is running", "<pid> is done"];

#[test]
fn exercise_05() {
    let looks = [no_pid_can_be_guessed as Look, the_second_is_first, at_any_pace];
    check(env!("CARGO_BIN_EXE_exercise-05"), &looks);
}

/// Whenever the Lord does something, some pids are used up: his children's are not those that follow his.
fn no_pid_can_be_guessed(program: &Program) -> Verdict {
    let mut run = start_gated(program, Pace::NONE)?;
    let main = run.main();
    run.hold(move |call| call.pid == main);
    while !run.over() {
        if run.held(Duration::from_millis(50))?.is_some() {
            use_up_pids();
            run.release(main);
        }
    }
    each_tells_its_own(&run.finish()?)
}

/// The child that was started first is held at its birth until the other one has said what it can.
fn the_second_is_first(program: &Program) -> Verdict {
    let mut run = start_gated(program, Pace::NONE)?;
    let main = run.main();
    run.hold(move |call| call.pid != main && call.is_born());
    let born = run.all_held(2, SOON)?;
    if let [_, second, ..] = *born {
        run.release(second.pid);
        run.comes_to_rest()?;
        // The Lord waits for the first one, or does not.
        for _ in 0..ROUNDS {
            if run.over() || run.is_waiting(main)? {
                break;
            }
            run.pump()?;
        }
    }
    run.release_all();
    each_tells_its_own(&run.finish()?)
}

fn at_any_pace(program: &Program) -> Verdict {
    each_tells_its_own(&runs_through(program, Pace(0.1))?)
}

/// The kernel tells with each line which process has written it.
fn each_tells_its_own(it: &Outcome) -> Verdict {
    it.succeeds()?;
    let [lord, running, done] = LINES;
    it.prints(&[lord, running, running, done, done])?;
    it.by_main(&[lord])?;
    it.by_children(&[running, done])?;
    for line in &it.lines {
        let told = LINES.iter().find_map(|pattern| captures(pattern, &line.text));
        let writer = line.writer().to_string();
        if told != Some(vec![&writer]) {
            return it.complain(format!(
                "expected each process to tell its own pid; `{}` was written by process {writer}",
                line.text
            ));
        }
    }
    for line in it.all(running) {
        it.before(&line.text, &line.text.replace("running", "done"))?;
    }
    it.writers(&[running, done], 2)
}
