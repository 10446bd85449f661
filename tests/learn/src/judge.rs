//! Judging, in a process of its own: so it can be stopped at any moment, with everything that it has started.

use std::io::Write;

use exercises::folder::{self, Exercise};
use exercises::judge::{all, at_a_time};
use exercises::state::{State, build, state};
use serde::{Deserialize, Serialize};

/// The argument that has this program judge the exercises named after it.
pub(crate) const ARGUMENT: &str = "judge";

/// What that process says, a line for each.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Said {
    /// What it is doing now.
    Doing(String),
    /// How far the exercise with this number is.
    Found(String, Standing),
}

/// How far an exercise is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Standing {
    /// The file is as it was given.
    NotStarted,
    /// It is not, and has not been judged since.
    Begun,
    /// The answer is wrong: the complaint.
    NotYet(String),
    /// The file is no program yet: why.
    Broken(String),
    Done,
}

/// Judges these, and says what it finds.
pub(crate) fn judge(numbers: &[&str]) -> Result<(), String> {
    let exercises = folder::exercises()?;
    let wanted = |exercise: &&Exercise| numbers.contains(&exercise.number.as_str());
    let wanted: Vec<&Exercise> = exercises.iter().filter(wanted).collect();
    let built = build(&wanted, &|doing| say(&Said::Doing(doing.to_owned())))?;
    say(&Said::Doing(String::new()));
    let judged = all(
        &wanted,
        at_a_time(),
        |exercise| {
            let standing = standing(state(exercise, &built, || true)?);
            say(&Said::Found(exercise.number.clone(), standing));
            Ok(())
        },
        |_| {},
    );
    judged.into_iter().collect()
}

fn say(what: &Said) {
    // Words and numbers can always be written as JSON; and if nobody reads it any more, nobody misses it.
    let _ = serde_json::to_string(what).map(|line| writeln!(std::io::stdout().lock(), "{line}"));
}

fn standing(state: Option<State>) -> Standing {
    match state {
        Some(State::Done) => Standing::Done,
        Some(State::NotYet(judgement)) => Standing::NotYet(judgement.complaint.unwrap_or_default()),
        Some(State::Broken(_, why)) => Standing::Broken(why),
        Some(State::NotStarted) | None => Standing::NotStarted,
    }
}
