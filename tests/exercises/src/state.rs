//! How far an exercise is. There is no record of it: the checks are the record.

use std::env;
use std::path::PathBuf;

use checks::answer;
use checks::cargo::Built;

use crate::folder::{Exercise, read};
use crate::judge::{Judgement, judge};

/// How far an exercise is.
#[derive(Debug)]
pub enum State {
    /// The answer is right.
    Done,
    /// The file is as it was given.
    NotStarted,
    /// The answer is wrong, and why.
    NotYet(Judgement),
    /// The file is no program yet: why, and the compiler's first error.
    Broken(String, String),
}

/// Builds the answers to these exercises, and their checks.
pub fn build(exercises: &[&Exercise], doing: &(dyn Fn(&str) + Sync)) -> Result<Built, String> {
    let packages: Vec<_> = exercises.iter().map(|exercise| exercise.package()).collect();
    answer::build(&packages, true, &beside()?, doing)
}

/// The folder that cargo has put this program in, and puts others.
pub(crate) fn beside() -> Result<PathBuf, String> {
    let this = env::current_exe().map_err(|why| format!("this program does not know where it is: {why}"))?;
    // A test of this package lies in a folder of its own, in the same one.
    let beside = this.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    beside.map(PathBuf::from).ok_or_else(|| "this program is in no folder".to_owned())
}

/// Judges an answer that was built, whatever is in it, as long as that is wanted.
pub fn state(exercise: &Exercise, built: &Built, wanted: impl Fn() -> bool) -> Result<Option<State>, String> {
    let name = exercise.name();
    if let Some(line) = conflict(exercise)? {
        let why = format!("line {line} is git's mark of a conflict");
        let help = "Two versions met in this file, and git keeps both. Take out what you do not want, and the three lines \
                    that begin with <<<<<<<, ======= and >>>>>>>.";
        return Ok(Some(State::Broken(why, help.to_owned())));
    }
    if let Some(error) = built.errors.get(&name).or_else(|| built.errors.values().next()) {
        let first = error.lines().next().unwrap_or_default();
        return Ok(Some(State::Broken(format!("does not compile: {first}"), error.clone())));
    }
    let missing = || format!("{name} was not built: is it among the targets of the exercise's Cargo.toml?");
    let check = built.tests.get(&name).ok_or_else(missing)?;
    let program = built.programs.get(&name).ok_or_else(missing)?;
    let judgement = judge(check, program, wanted)?;
    Ok(judgement.map(|judgement| match judgement.complaint {
        None => State::Done,
        Some(_) => State::NotYet(judgement),
    }))
}

/// The line of the first mark that git leaves where two versions of a file did not agree.
fn conflict(exercise: &Exercise) -> Result<Option<usize>, String> {
    let text = read(&exercise.main())?;
    let marks = |line: &str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
    Ok(text.lines().position(marks).map(|at| at + 1))
}
