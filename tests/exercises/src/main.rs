//! The exercises: what a learner and what a maintainer ask of them. `make` has a command for each.

mod answers;
mod cargo;
mod folder;
mod judge;
mod learn;
mod progress;
mod verify;

use std::process::ExitCode;

use folder::Exercise;

const USAGE: &str =
    "usage: exercises check NN | hint NN [N] | solution NN | progress | verify [--fresh] [NN…]";

/// What a command answers: whether all is well, or why it could not be done.
type Answer = Result<bool, String>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("exercises: {why}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &[&str]) -> Answer {
    let all = folder::exercises()?;
    match args {
        ["check", number] => learn::check(one(&all, number)?),
        ["hint", number] => learn::hint(one(&all, number)?, "1"),
        ["hint", number, which] => learn::hint(one(&all, number)?, which),
        ["solution", number] => learn::solution(one(&all, number)?),
        ["progress"] => progress::progress(&all),
        ["verify", rest @ ..] => {
            let fresh = rest.contains(&"--fresh");
            let numbers: Vec<&str> = rest.iter().copied().filter(|arg| *arg != "--fresh").collect();
            for number in &numbers {
                one(&all, number)?;
            }
            let wanted =
                |exercise: &Exercise| numbers.is_empty() || numbers.contains(&exercise.number.as_str());
            verify::verify(all.into_iter().filter(wanted).collect(), fresh)
        }
        _ => Err(USAGE.to_owned()),
    }
}

fn one<'all>(all: &'all [Exercise], number: &str) -> Result<&'all Exercise, String> {
    let numbers = || all.iter().map(|exercise| exercise.number.as_str()).collect::<Vec<_>>().join(" ");
    let found = all.iter().find(|exercise| exercise.number == number);
    found.ok_or_else(|| format!("there is no exercise {number}. The exercises are: {}", numbers()))
}
