//! How far an exercise is. There is no record of it: the checks are the record.

use std::env;
use std::fs;
use std::path::PathBuf;

use checks::answer;
use checks::cargo::Built;

use crate::folder::Exercise;
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
    let broken = |why: String, help: String| Ok(Some(State::Broken(why, help)));
    let name = exercise.name();
    if let Some(line) = conflict(exercise) {
        let help = "Two versions met in this file, and git keeps both. Take out what you do not want, and the three lines \
                    that begin with <<<<<<<, ======= and >>>>>>>.";
        return broken(format!("line {line} is git's mark of a conflict"), help.to_owned());
    }
    let is_built = built.tests.contains_key(&name) && built.programs.contains_key(&name);
    if !is_built && !exercise.main().exists() {
        let help = format!("make reset-{} gives you the exercise as it was at first.", exercise.number);
        return broken("the file is not there".to_owned(), format!("The file is not there. {help}"));
    }
    // Where it was not built and has no error itself, something that it needs has.
    let others = || if is_built { None } else { built.errors.values().next() };
    if let Some(error) = built.errors.get(&name).or_else(others) {
        let first = error.lines().next().unwrap_or_default();
        return broken(format!("does not compile: {first}"), error.clone());
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
fn conflict(exercise: &Exercise) -> Option<usize> {
    let text = fs::read(exercise.main()).unwrap_or_default();
    let marks = |line: &str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
    String::from_utf8_lossy(&text).lines().position(marks).map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use checks::cargo::Built;

    use super::{Exercise, State, state};

    /// Exercise 03 with this text, and what was built of it, if anything was. Its check finds no fault with anything.
    fn exercise(text: Option<&[u8]>, is_built: bool, error_of: &str) -> Option<State> {
        let place = checks::folder().expect("a folder");
        text.iter().for_each(|text| fs::write(place.path().join("main.rs"), text).expect("a file"));
        let mut built = Built::default();
        if is_built {
            for built in [&mut built.tests, &mut built.programs] {
                built.insert("exercise-03".to_owned(), "/bin/true".into());
            }
        }
        built.errors.insert(error_of.to_owned(), "error: no".to_owned());
        let exercise = Exercise { number: "03".to_owned(), folder: place.path().to_owned() };
        state(&exercise, &built, || true).expect("a verdict")
    }

    fn why(state: Option<State>) -> String {
        match state {
            Some(State::Broken(why, _)) => why,
            other => panic!("it must be broken: {other:?}"),
        }
    }

    /// A file that is no program, or is not there, stops nothing but its own check.
    #[test]
    fn the_errors_of_others_are_theirs() {
        assert!(matches!(exercise(Some(b"right"), true, "exercise-02"), Some(State::Done)));
        assert_eq!(why(exercise(Some(b"wrong"), false, "exercise-03")), "does not compile: error: no");
        assert_eq!(why(exercise(Some(b"right"), false, "procession")), "does not compile: error: no");
        assert_eq!(why(exercise(None, false, "exercise-02")), "the file is not there");
    }

    /// A mark of git is told as such, whatever else is in the file.
    #[test]
    fn a_conflict_is_told() {
        let text = b"\xff\r\n<<<<<<< HEAD\r\nmine\r\n=======\r\ntheirs\r\n>>>>>>> main\r\n";
        assert_eq!(why(exercise(Some(text), false, "exercise-03")), "line 2 is git's mark of a conflict");
    }
}
