//! What a learner asks for: a check, a hint, the solution.

use std::process::Command;

use super::folder::{Exercise, read};
use super::judge::judge;
use super::{Answer, cargo};

/// Judges the learner's answer, and says what was expected, what happened, and when.
pub(crate) fn check(exercise: &Exercise) -> Answer {
    let name = exercise.name();
    let built = cargo::checks(Some(&name))?;
    if let Some(error) = built.errors.get(&name) {
        println!("{}: does not compile.\n\n{error}", Exercise::shown(&exercise.main()));
        return Ok(false);
    }
    let check = built.tests.get(&name).ok_or_else(|| format!("{name} has no check among its tests"))?;
    let judgement = judge(check, None)?;
    match &judgement.complaint {
        None => {
            println!("Exercise {}: done. Well done! `make progress` tells what is next.", exercise.number)
        }
        Some(complaint) => {
            println!("Exercise {}: not yet.\n\n{complaint}\n", exercise.number);
            println!(
                "The file: {}. A hint: make hint-{}",
                Exercise::shown(&exercise.main()),
                exercise.number
            );
        }
    }
    Ok(judgement.complaint.is_none())
}

/// Shows one hint, and how to get the next one.
pub(crate) fn hint(exercise: &Exercise, which: &str) -> Answer {
    let text = read(&exercise.folder.join("hints.md"))?;
    let hints: Vec<&str> =
        text.lines().filter_map(|line| line.split_once(". ").map(|(_, hint)| hint)).collect();
    let which: usize = which.parse().map_err(|_| format!("the number of a hint, not {which:?}"))?;
    let (number, count) = (&exercise.number, hints.len());
    let hint = which.checked_sub(1).and_then(|at| hints.get(at));
    let hint =
        hint.ok_or_else(|| format!("exercise {number} has hints 1 to {count}, and no hint {which}"))?;
    println!("Hint {which} of {count}: {hint}");
    match which < count {
        true => println!("\nThe next one, which tells more: make hint-{number} N={}", which + 1),
        false => println!("\nThat was the last one. The solution: make solution-{number}"),
    }
    Ok(true)
}

/// Shows what the solution changes in the learner's file.
pub(crate) fn solution(exercise: &Exercise) -> Answer {
    let (mine, solution) = (exercise.main(), exercise.solution());
    let labels = ["--label", "yours", "--label", "the solution"];
    let diff = Command::new("diff").arg("-u").args(labels).args([&mine, &solution]).status();
    let shown = diff.is_ok_and(|status| status.code().is_some_and(|code| code < 2))
        || Command::new("git")
            .args(["--no-pager", "diff", "--no-index", "--"])
            .args([&mine, &solution])
            .status()
            .is_ok();
    if !shown {
        println!("{}", read(&solution)?);
    }
    if read(&mine)? == read(&solution)? {
        println!("Your answer is the solution, word for word.");
    }
    Ok(true)
}
