//! The bank: for each exercise the starter, the solution, other right answers, and those that must be rejected; and how
//! they are built.

use std::fs;
use std::path::{Path, PathBuf};

use checks::cargo::{self, Built};

use super::folder::{Exercise, entries, read, root};
use super::state::beside;

/// What begins the first line of an answer that must be rejected.
const REJECTED: &str = "//! rejected: ";
/// What begins the first line of another right answer than the solution.
const ACCEPTED: &str = "//! accepted: ";

/// One file of the bank.
#[derive(Debug)]
pub struct Kept {
    /// The number of its exercise.
    pub number: String,
    /// Its name: `starter`, `solution`, or what is wrong or different with it.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// The words of the complaint that it must bring about; `None` for a right one.
    pub rejected: Option<String>,
}

impl Kept {
    /// The name of its program.
    pub fn program(&self) -> String {
        format!("answer-{}-{}", self.number, self.name)
    }
}

/// All answers to an exercise.
pub fn of(exercise: &Exercise) -> Result<Vec<Kept>, String> {
    let mut found = Vec::new();
    for path in entries(&exercise.answers())? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let first = read(&path)?.lines().next().unwrap_or_default().to_owned();
        let rejected = first.strip_prefix(REJECTED).map(|words| words.trim().to_owned());
        let marked = rejected.is_some() || first.starts_with(ACCEPTED);
        if (name == "solution") == marked {
            return Err(format!(
                "{}: every answer but the solution begins with `{REJECTED}` and the words of the complaint, or with \
                 `{ACCEPTED}` and what is different",
                Exercise::shown(&path)
            ));
        }
        found.push(Kept { number: exercise.number.clone(), name, path, rejected });
    }
    Ok(found)
}

/// Builds all of them, in a workspace of their own, which is thrown away: so they cost nobody anything who only wants
/// to run the lessons.
///
/// It is this workspace once more, with the exercises' own dependencies and lock file, but with the answers as programs.
pub fn build(exercises: &[Exercise], kept: &[Kept], doing: &(dyn Fn(&str) + Sync)) -> Result<Built, String> {
    let beside = beside()?;
    // The same place as for everything else, so that the dependencies are not compiled twice.
    let target = beside.parent().unwrap_or(&beside);
    let place = target.join("answers");
    // It may not be there.
    let _ = fs::remove_dir_all(&place);
    let root = root();
    let absolute = |text: &str| text.replace("path = \"", &format!("path = \"{}/", root.display()));
    let workspace = absolute(&read(&root.join("Cargo.toml"))?);
    let members = |line: &&str| line.starts_with("members = ") || line.starts_with("default-members = ");
    let rest: Vec<&str> = workspace.lines().filter(|line| !members(line)).collect();
    let workspace = rest.join("\n").replacen("[workspace]", "[workspace]\nmembers = [\"*\"]", 1);
    write(&place.join("Cargo.toml"), &workspace)?;
    write(&place.join("Cargo.lock"), &read(&root.join("Cargo.lock"))?)?;
    for exercise in exercises {
        let answers: Vec<&Kept> = kept.iter().filter(|kept| kept.number == exercise.number).collect();
        write(&place.join(exercise.name()).join("Cargo.toml"), &manifest(exercise, &answers)?)?;
    }
    let target = target.display().to_string();
    let args = ["--workspace", "--bins", "--offline", "--target-dir", &target];
    cargo::build(&place, &args, doing)
}

/// The exercise's own manifest as far as its dependencies, and then a program for each answer, in which a warning is an
/// error.
fn manifest(exercise: &Exercise, answers: &[&Kept]) -> Result<String, String> {
    let own = read(&exercise.folder.join("Cargo.toml"))?;
    let (head, _) =
        own.split_once("[dev-dependencies]").ok_or("an exercise without dev-dependencies has no check")?;
    let own = |line: &&str| !line.starts_with("name = ");
    let head: Vec<&str> = head.lines().filter(own).collect();
    let name = format!("[package]\nname = \"answers-{}\"\nautobins = false", exercise.number);
    let mut manifest = head.join("\n").replacen("[package]", &name, 1);
    manifest += "\n[lints.rust]\nwarnings = \"deny\"\n";
    for kept in answers {
        manifest +=
            &format!("\n[[bin]]\nname = \"{}\"\npath = \"{}\"\n", kept.program(), kept.path.display());
    }
    Ok(manifest)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, text));
    written.map_err(|why| format!("{}: {why}", path.display()))
}
