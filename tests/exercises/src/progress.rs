//! Where the learner is. There is no record of it: the checks are the record.

use super::folder::Exercise;
use super::judge::{all, at_a_time, judge};
use super::{Answer, cargo};

/// How far an exercise is.
enum State {
    Done,
    NotStarted,
    /// With the complaint.
    NotYet(String),
    /// With the compiler's first words.
    Broken(String),
}

/// Prints a table of all exercises, and the next step.
pub(crate) fn progress(exercises: &[Exercise]) -> Answer {
    let built = cargo::checks(None)?;
    let states = all(exercises, at_a_time(), |exercise| state(exercise, &built));
    let states = states.into_iter().collect::<Result<Vec<State>, String>>()?;
    for (exercise, state) in exercises.iter().zip(&states) {
        let (word, why) = match state {
            State::Done => ("done", None),
            State::NotStarted => ("not yet", Some("not started")),
            State::NotYet(why) => ("not yet", Some(why.as_str())),
            State::Broken(why) => ("broken", Some(why.as_str())),
        };
        println!("{}  {word:<8}  {}", exercise.number, exercise.title());
        if let Some(why) = why {
            println!("              {why}");
        }
    }
    let done = states.iter().filter(|state| matches!(state, State::Done)).count();
    println!("\n{done} of {} done.", states.len());
    let next = exercises.iter().zip(&states).find(|(_, state)| !matches!(state, State::Done));
    match next {
        None => println!("That was all of them."),
        Some((exercise, _)) => {
            let number = &exercise.number;
            println!(
                "Next: {}, then make check-{number} (or make hint-{number})",
                Exercise::shown(&exercise.main())
            );
        }
    }
    Ok(true)
}

fn state(exercise: &Exercise, built: &cargo::Built) -> Result<State, String> {
    if exercise.untouched()? {
        return Ok(State::NotStarted);
    }
    let name = exercise.name();
    if let Some(error) = built.errors.get(&name) {
        return Ok(State::Broken(format!("does not compile: {}", error.lines().next().unwrap_or_default())));
    }
    let check = built.tests.get(&name).ok_or_else(|| format!("{name} has no check among its tests"))?;
    let judgement = judge(check, None)?;
    Ok(match judgement.message() {
        None => State::Done,
        Some(message) => State::NotYet(message.to_owned()),
    })
}
