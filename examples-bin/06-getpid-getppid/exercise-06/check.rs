//! Exercise 06 is solved when the son names his father, and speaks only after that one's end.

use std::cell::Cell;
use std::time::Duration;

use checks::exercise::{
    HELD, Look, SOON, adopt_orphans, check, orphans, runs_through, start_gated, use_up_pids,
};
use checks::{Call, Outcome, Pace, Program, Running, Verdict, captures};

const GRANDFATHER: &str = "<pid> is the grandfather, his father is <pid>";
const FATHER: &str = "<pid> is the father, his father is <pid>";
const SON: &str = "<pid> is the son, his father was <pid>";

/// After so many questions the son asks again and again, or not at all.
const QUESTIONS: usize = 3;

#[test]
fn exercise_06() {
    let looks = [
        the_son_is_slow as Look,
        the_father_is_slow,
        the_son_speaks_late,
        the_son_asks_meanwhile,
        the_grandfather_is_slow,
        in_peace,
    ];
    check(env!("CARGO_BIN_EXE_exercise-06"), &looks);
}

/// The son is held at his birth until his father has ended, or waits for him; and then to see whether the grandfather is
/// content with that. His pid is not the one that follows his father's.
fn the_son_is_slow(program: &Program) -> Verdict {
    adopt_orphans()?;
    let mut run = start_gated(program, Pace::NONE)?;
    let main = run.main();
    run.hold(move |call| call.pid != main && call.is_born());
    // The father, too, was born.
    if let Some(father) = run.held(SOON)?.map(|call| call.pid) {
        use_up_pids();
        run.hold(move |call| call.pid != main && call.pid != father && call.is_born());
        if run.held(SOON)?.is_some() && run.ends(father, HELD)? {
            run.time_flies(move |call| call.pid == main);
            run.looks_on(HELD)?;
            the_grandfather_is_there(&mut run)?;
        }
    }
    run.release_all();
    each_names_its_father(&run.finish()?)
}

/// The father is held before he ends. The son is through with every sleep at once.
fn the_father_is_slow(program: &Program) -> Verdict {
    adopt_orphans()?;
    let mut run = start_gated(program, Pace::NONE)?;
    let main = run.main();
    run.hold(move |call| call.pid != main && call.ends_itself());
    let father = run.child(FATHER)?;
    run.time_flies(move |call| call.pid != main && call.pid != father);
    if !run.is_held(|call| call.pid == father, SOON)? || run.comes_at_last(SON)? {
        if run.printed(SON) > 0 && !run.ends(father, Duration::ZERO)? {
            return run.fail("expected the son to speak only when his father is dead; he spoke before");
        }
        if run.ends(father, Duration::ZERO)? {
            return run.fail("expected the father to end by himself; another process has ended him");
        }
        return run.fail(
            "expected the father to end, suddenly, without waiting for the end of his son; he did not",
        );
    }
    run.release_all();
    each_names_its_father(&run.finish()?)
}

/// The father ends just before the son asks who his father is: when he asks for the first time, for the second, and so on.
fn the_son_asks_meanwhile(program: &Program) -> Verdict {
    (1..=QUESTIONS).try_for_each(|question| ends_before(program, question))
}

fn ends_before(program: &Program, question: usize) -> Verdict {
    adopt_orphans()?;
    let mut run = start_gated(program, Pace::NONE)?;
    let main = run.main();
    run.hold(move |call| call.pid != main && call.is_born());
    if let Some(father) = run.held(SOON)?.map(|call| call.pid) {
        let asked = Cell::new(0);
        let asks = move |call: &Call| {
            let asks = call.pid != main && call.asks_for_its_parent();
            asked.set(asked.get() + usize::from(asks));
            asks && asked.get() >= question
        };
        run.hold(move |call| if call.pid == father { call.ends_itself() } else { asks(call) });
        run.comes_to_rest()?;
        // Unless he waits for the son.
        if run.is_held(|call| call.pid == father, Duration::ZERO)? {
            run.hold(move |call| ![main, father].contains(&call.pid) && call.asks_for_its_parent());
            run.ends(father, SOON)?;
        }
    }
    run.release_all();
    each_names_its_father(&run.finish()?)
}

/// The grandfather is held before he tells anybody anything.
fn the_grandfather_is_slow(program: &Program) -> Verdict {
    adopt_orphans()?;
    let mut run = start_gated(program, Pace::NONE)?;
    let main = run.main();
    let started = Cell::new(false);
    run.hold(move |call| {
        started.set(started.get() || call.pid != main && call.is_born());
        call.pid == main && started.get() && (call.puts() || call.writes_to().is_some())
    });
    run.comes(SON, 1, HELD / 2)?;
    run.release_all();
    each_names_its_father(&run.finish()?)
}

/// The son is held before he speaks.
fn the_son_speaks_late(program: &Program) -> Verdict {
    adopt_orphans()?;
    let mut run = start_gated(program, Pace::NONE)?;
    let main = run.main();
    let speaks = |call: &Call| call.line().is_some_and(|line| captures(SON, &line).is_some());
    run.hold(speaks);
    run.time_flies(move |call| call.pid == main);
    if run.held(SOON)?.is_some() {
        run.looks_on(HELD)?;
    }
    the_grandfather_is_there(&mut run)?;
    run.release_all();
    each_names_its_father(&run.finish()?)
}

/// The son has not spoken yet.
fn the_grandfather_is_there(run: &mut Running) -> Verdict {
    if run.ends(run.main(), Duration::ZERO)? && run.printed(SON) == 0 {
        return run.fail("expected the grandfather to wait until the son has spoken; he ended before");
    }
    Ok(())
}

fn in_peace(program: &Program) -> Verdict {
    adopt_orphans()?;
    each_names_its_father(&runs_through(program, Pace::NONE)?)
}

/// Who has written a line, the kernel tells. Who has started the son it tells no more when his father has ended; but
/// then he is an orphan, and these the check adopts.
fn each_names_its_father(it: &Outcome) -> Verdict {
    it.succeeds()?;
    it.prints(&[GRANDFATHER, FATHER, SON])?;
    it.by_main(&[GRANDFATHER])?;
    it.different_writers(&[GRANDFATHER, FATHER, SON])?;
    let (father, son) = (it.same_writer(&[FATHER])?, it.same_writer(&[SON])?);
    let check = std::process::id() as i32; // it has started the program
    for (line, who, own, fathers) in [
        (GRANDFATHER, "the grandfather", it.main, check),
        (FATHER, "the father", father, it.main),
        (SON, "the son", son, father),
    ] {
        let told = it.one(line)?;
        if told[0] != own.to_string() {
            return it.complain(format!("expected {who} to tell his own pid, {own}; he tells {}", told[0]));
        }
        if told[1] != fathers.to_string() {
            return it
                .complain(format!("expected {who} to name his father, {fathers}; he names {}", told[1]));
        }
    }
    if !orphans().contains(&son) {
        return it.complain(format!(
            "expected the father, {father}, to start the son, who then is an orphan; {son} is another one's child"
        ));
    }
    it.in_order(&[GRANDFATHER, FATHER, SON])
}
