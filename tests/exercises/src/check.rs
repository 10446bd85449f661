//! `make check-NN`: the learner's answer first, and then whether the lesson itself is as it should be.

use crate::Answer;
use crate::doing::{Doing, coloured};
use crate::folder::{self, Exercise};
use crate::lesson::{self, Lesson};
use crate::state::{State, build, state};

/// Judges what has this number: the answer to an exercise, a lesson, or both.
pub(crate) fn check(number: &str) -> Answer {
    let exercises = folder::exercises()?;
    let exercise = exercises.iter().find(|exercise| exercise.number == number);
    let lesson = lesson::find(number);
    if exercise.is_none() && lesson.is_none() {
        folder::one(&exercises, number)?;
    }
    let done = exercise.map(answer).transpose()?.unwrap_or(true);
    if exercise.is_some() && lesson.is_some() {
        println!();
    }
    let well = lesson.map(|lesson| lesson_is_well(&lesson)).transpose()?.unwrap_or(true);
    Ok(done && well)
}

/// Says what was expected of the answer, what happened, and when.
fn answer(exercise: &Exercise) -> Answer {
    let number = &exercise.number;
    let doing = Doing::new(format_args!("exercise {number}"), None);
    let built = build(&[exercise], &|text| doing.is(text))?;
    doing.is("judging your answer");
    let state = state(exercise, &built, || true)?;
    drop(doing);
    guard::go_on();
    let file = Exercise::shown(&exercise.main());
    match state {
        Some(State::Done) => {
            let done = coloured("done");
            println!("Exercise {number}: {done}. Well done! `make progress` tells what is next.");
            return Ok(true);
        }
        Some(State::Broken(_, why)) => {
            println!("Exercise {number}: {}.\n\n{why}\n\nThe file: {file}", coloured("broken"));
        }
        Some(State::NotYet(judgement)) => {
            let complaint = judgement.complaint.unwrap_or_default();
            println!("Exercise {number}: {}.\n\n{complaint}\n", coloured("not yet"));
            println!("The file: {file}. A hint: make hint-{number}");
        }
        Some(State::NotStarted) | None => {}
    }
    Ok(false)
}

/// Says in one line that all is well with the lesson, or what is not.
fn lesson_is_well(lesson: &Lesson) -> Answer {
    let doing = Doing::new(format_args!("lesson {}", lesson.number), None);
    let found = lesson.judge(&doing)?;
    drop(doing);
    guard::go_on();
    println!("{found}");
    Ok(found.well)
}
