//! Where the learner is: a table of all exercises, and the next step.

use crate::Answer;
use crate::doing::{Doing, coloured};
use crate::folder::Exercise;
use crate::judge::{all, at_a_time};
use crate::state::{State, build, state};

/// Prints the table. What is as it was given is neither built nor judged.
pub(crate) fn progress(exercises: &[Exercise]) -> Answer {
    let states = states(exercises)?;
    guard::go_on();
    for (exercise, state) in exercises.iter().zip(&states) {
        let (word, why) = match state {
            State::Done => ("done", None),
            State::NotStarted => ("not yet", Some("not started")),
            State::NotYet(judgement) => ("not yet", judgement.message().and_then(|text| text.lines().next())),
            State::Broken(why, _) => ("broken", Some(why.as_str())),
        };
        println!("{}  {}  {}", exercise.number, coloured(&format!("{word:<8}")), exercise.title());
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

/// How far each of them is.
fn states(exercises: &[Exercise]) -> Result<Vec<State>, String> {
    let untouched = exercises.iter().map(Exercise::untouched).collect::<Result<Vec<_>, _>>()?;
    let begun: Vec<&Exercise> =
        exercises.iter().zip(&untouched).filter(|(_, untouched)| !**untouched).map(|(one, _)| one).collect();
    let doing = Doing::new(format_args!("{} of {} exercises are begun", begun.len(), exercises.len()), None);
    let built = build(&begun, &|text| doing.is(text))?;
    drop(doing);
    let doing = Doing::new("judging", Some(begun.len()));
    let judged = all(
        &begun,
        at_a_time(),
        |exercise| state(exercise, &built, || true),
        |done| {
            doing.has_done(done, begun.len());
        },
    );
    let mut judged = judged.into_iter();
    let state = |untouched: bool| match untouched {
        true => Ok(State::NotStarted),
        false => judged.next().unwrap_or(Ok(None)).map(|state| state.unwrap_or(State::NotStarted)),
    };
    untouched.into_iter().map(state).collect()
}
