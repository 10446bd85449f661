//! The learner's answers, among all other tests: what is as it was given counts as ignored, what was begun is built and
//! judged, and what does not compile fails alone.

use std::process::ExitCode;

use checks::lessons::{NO_SERVER, has_redis_server};
use exercises::folder::{Exercise, exercises};
use exercises::state::{State, build, state};
use trials::{Failed, Trial, judge};

fn main() -> ExitCode {
    match exercises().and_then(|all| all.into_iter().map(trial).collect()) {
        Ok(trials) => judge(trials),
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn trial(exercise: Exercise) -> Result<Trial, String> {
    let untouched = exercise.untouched()?;
    let impossible = !untouched && exercise.number == "12" && !has_redis_server();
    if impossible {
        eprintln!("{NO_SERVER}");
    }
    Ok(Trial::test(exercise.name(), move || judged(&exercise)).with_ignored_flag(untouched || impossible))
}

fn judged(exercise: &Exercise) -> Result<(), Failed> {
    let built = build(&[exercise], &|_| {})?;
    let file = Exercise::shown(&exercise.main());
    match state(exercise, &built, || true)? {
        Some(State::Broken(_, why)) => Err(format!("{file}:\n{why}").into()),
        Some(State::NotYet(judgement)) => {
            let complaint = judgement.complaint.unwrap_or_default();
            Err(format!("{file} is not right yet: {complaint}").into())
        }
        _ => Ok(()),
    }
}
