//! The exercises: where they are, how far each of them is, and the proof that their checks are right.

pub mod answers;
mod check;
pub mod doing;
pub mod folder;
pub mod judge;
pub mod lesson;
mod progress;
pub mod state;
mod suite;
mod verify;

use folder::Exercise;

const USAGE: &str =
    "usage: exercises check NN | progress | verify [--fresh] [--once|--thorough] [NN…] | suite";

/// What a command answers: whether all is well, or why it could not be done.
pub type Answer = Result<bool, String>;

/// Does what the arguments say.
pub fn run(args: &[&str]) -> Answer {
    let prepared = guard::watch().and_then(|()| guard::end_first());
    prepared.map_err(|why| format!("nobody can clean up after this command: {why}"))?;
    match args {
        ["check", number] => check::check(number),
        ["suite"] => suite::suite(),
        ["progress"] => progress::progress(&folder::exercises()?),
        ["verify", rest @ ..] => {
            let fresh = rest.contains(&"--fresh");
            let repeats = match rest {
                rest if rest.contains(&"--thorough") => verify::THOROUGH,
                rest if rest.contains(&"--once") => verify::ONCE,
                _ => verify::USUAL,
            };
            let numbers: Vec<&str> = rest.iter().copied().filter(|arg| !arg.starts_with("--")).collect();
            let all = folder::exercises()?;
            for number in &numbers {
                folder::one(&all, number)?;
            }
            let wanted =
                |exercise: &Exercise| numbers.is_empty() || numbers.contains(&exercise.number.as_str());
            verify::verify(all.into_iter().filter(wanted).collect(), fresh, repeats)
        }
        _ => Err(USAGE.to_owned()),
    }
}
