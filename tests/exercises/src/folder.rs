//! An exercise is a folder, `examples-bin/NN-slug/exercise-NN`, with everything in it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use checks::answer::Package;

/// The folder of an exercise, and what is in it.
#[derive(Debug)]
pub struct Exercise {
    /// Its number: `02`, or `11b` for a second one of a lesson.
    pub number: String,
    /// Where it is.
    pub folder: PathBuf,
}

/// The folder above all packages.
///
/// What cargo says when it runs this program counts, not what it said when it was built: two clones may share a target
/// folder, and with it this program.
pub fn root() -> PathBuf {
    let this = env::var_os("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
    let this = PathBuf::from(this);
    this.ancestors().nth(2).unwrap_or(&this).to_owned()
}

/// All of them, in the order of their numbers.
pub fn exercises() -> Result<Vec<Exercise>, String> {
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

/// The exercise with this number.
pub fn one<'all>(all: &'all [Exercise], number: &str) -> Result<&'all Exercise, String> {
    let numbers = || all.iter().map(|exercise| exercise.number.as_str()).collect::<Vec<_>>().join(" ");
    let found = all.iter().find(|exercise| exercise.number == number);
    found.ok_or_else(|| format!("there is no exercise {number}. The exercises are: {}", numbers()))
}

/// What is in a folder, hidden files too, sorted.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let all = fs::read_dir(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let mut all: Vec<PathBuf> = all.flatten().map(|entry| entry.path()).collect();
    all.sort();
    Ok(all)
}

/// A file's text.
pub fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))
}

impl Exercise {
    /// Its name, and that of its program and of its check.
    pub fn name(&self) -> String {
        format!("exercise-{}", self.number)
    }

    /// Its package.
    pub fn package(&self) -> Package {
        Package { name: self.name(), folder: self.folder.clone() }
    }

    /// The learner's file: at first the starter.
    pub fn main(&self) -> PathBuf {
        self.folder.join("main.rs")
    }

    /// The number of its lesson: `11` for exercise `11b`.
    pub fn lesson(&self) -> &str {
        self.number.trim_end_matches(char::is_alphabetic)
    }

    /// The page of its lesson.
    pub fn page(&self) -> PathBuf {
        let lesson = self.folder.parent().and_then(Path::file_name).unwrap_or_default();
        root().join("docs").join(lesson).with_extension("md")
    }

    /// Where the solution and the wrong answers are: hidden, so that nobody reads them by accident.
    pub fn answers(&self) -> PathBuf {
        self.folder.join(".answers")
    }

    /// What the exercise is about: the first line of the file as it was handed out.
    pub fn title(&self) -> String {
        let text = self.starter().unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        line.split_once(": ").map_or(line, |(_, title)| title).trim_end_matches('.').to_owned()
    }

    /// What the learner is to do: the head of the file as it was handed out, without its first line.
    pub fn task(&self) -> Result<Vec<String>, String> {
        let starter = self.starter()?;
        let head = starter.lines().skip(1).map_while(|line| line.strip_prefix("//!"));
        Ok(head.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect())
    }

    /// The file as it was handed out.
    pub fn starter(&self) -> Result<String, String> {
        let starter = read(&self.answers().join("starter.rs"))?;
        // Its first line tells what is wrong with it.
        Ok(starter.split_once('\n').map_or_else(String::new, |(_, rest)| rest.to_owned()))
    }

    /// Whether the learner's file is as it was handed out. An editor, or git, may have given its lines other ends.
    pub fn untouched(&self) -> Result<bool, String> {
        let starter = self.starter()?;
        Ok(read(&self.main()).is_ok_and(|mine| mine.lines().eq(starter.lines())))
    }

    /// The path of a file, as one would write it in the top folder.
    pub fn shown(path: &Path) -> String {
        path.strip_prefix(root()).unwrap_or(path).display().to_string()
    }
}
