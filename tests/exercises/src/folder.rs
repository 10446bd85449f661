//! An exercise is a folder, `examples-bin/NN-slug/exercise-NN`, with everything in it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of an exercise, and what is in it.
#[derive(Debug)]
pub(crate) struct Exercise {
    /// Its number, two digits.
    pub(crate) number: String,
    pub(crate) folder: PathBuf,
}

/// The folder above all packages.
///
/// What cargo says when it runs this program counts, not what it said when it was built: two clones may share a target
/// folder, and with it this program.
pub(crate) fn root() -> PathBuf {
    let this = env::var_os("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
    let this = PathBuf::from(this);
    this.ancestors().nth(2).unwrap_or(&this).to_owned()
}

/// All of them, in the order of their numbers.
pub(crate) fn exercises() -> Result<Vec<Exercise>, String> {
    let mut found = Vec::new();
    for lesson in entries(&root().join("examples-bin"))? {
        if !lesson.join("Cargo.toml").is_file() {
            continue;
        }
        for folder in entries(&lesson)? {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if let Some(number) = name.strip_prefix("exercise-") {
                found.push(Exercise { number: number.to_owned(), folder });
            }
        }
    }
    found.sort_by(|one, other| one.number.cmp(&other.number));
    Ok(found)
}

/// What is in a folder, hidden files too, sorted.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let all = fs::read_dir(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let mut all: Vec<PathBuf> = all.flatten().map(|entry| entry.path()).collect();
    all.sort();
    Ok(all)
}

/// A file's text.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))
}

impl Exercise {
    /// Its name, and that of its program and of its check.
    pub(crate) fn name(&self) -> String {
        format!("exercise-{}", self.number)
    }

    /// The learner's file: at first the starter.
    pub(crate) fn main(&self) -> PathBuf {
        self.folder.join("main.rs")
    }

    pub(crate) fn solution(&self) -> PathBuf {
        self.answers().join("solution.rs")
    }

    /// Where the solution and the wrong answers are: hidden, so that nobody reads them by accident.
    pub(crate) fn answers(&self) -> PathBuf {
        self.folder.join(".answers")
    }

    /// The first line of the learner's file: what the exercise is about.
    pub(crate) fn title(&self) -> String {
        let text = read(&self.main()).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        line.split_once(": ").map_or(line, |(_, title)| title).trim_end_matches('.').to_owned()
    }

    /// Whether the learner's file is as it was handed out.
    pub(crate) fn untouched(&self) -> Result<bool, String> {
        let starter = read(&self.answers().join("starter.rs"))?;
        // Its first line tells what is wrong with it.
        let starter = starter.split_once('\n').map_or("", |(_, rest)| rest);
        Ok(read(&self.main()).unwrap_or_default() == starter)
    }

    /// The path of a file, as one would write it in the top folder.
    pub(crate) fn shown(path: &Path) -> String {
        path.strip_prefix(root()).unwrap_or(path).display().to_string()
    }
}
