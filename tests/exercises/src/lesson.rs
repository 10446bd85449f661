//! Whether a lesson does what its specification says, in Rust and in Python.

use std::fmt;
use std::path::PathBuf;

use checks::lessons::{LESSONS, NO_SERVER, has_redis_server};
use checks::{Case, Complaint, Program, cargo, python_version};

use crate::doing::Doing;
use crate::folder::root;
use crate::judge::{all, at_a_time};

/// A lesson, and what is asked of it.
#[derive(Debug)]
pub struct Lesson {
    /// Its number, two digits.
    pub number: String,
    folder: PathBuf,
    cases: &'static [Case],
}

/// The lesson with this number.
pub fn find(number: &str) -> Option<Lesson> {
    let (slug, cases) = LESSONS.iter().find(|(slug, _)| slug.split('-').next() == Some(number))?;
    Some(Lesson { number: number.to_owned(), folder: root().join("examples-bin").join(slug), cases })
}

/// What was found.
#[derive(Debug)]
pub struct Found {
    /// Whether all was as it should be.
    pub well: bool,
    words: String,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl Lesson {
    /// Puts all questions to the lesson and to its twin.
    pub fn judge(&self, doing: &Doing) -> Result<Found, String> {
        let number = &self.number;
        if number == "12" && !has_redis_server() {
            return Ok(Found { well: true, words: NO_SERVER.to_owned() });
        }
        let name = format!("lesson-{number}");
        let built = cargo::build(&root(), &["--package", &name], &|text| doing.is(text))?;
        if let Some(error) = built.errors.values().next() {
            let words = format!("Lesson {number} does not compile:\n\n{error}");
            return Ok(Found { well: false, words });
        }
        let lesson = built.programs.get(&name).ok_or_else(|| format!("{name} was not built"))?;
        let mut jobs: Vec<_> =
            self.cases.iter().map(|case| (case, "in Rust", Program::binary(lesson))).collect();
        let twin = self.folder.join("lesson.py");
        let python = if python_version().is_some() && twin.is_file() { "in Python" } else { "" };
        if !python.is_empty() {
            let asked = self.cases.iter().filter(|case| case.asks_the_twin);
            jobs.extend(asked.map(|case| (case, python, Program::python(&twin))));
        }
        let answers = all(
            &jobs,
            at_a_time(),
            |(case, _, program)| (case.check)(program),
            |done| {
                doing.has_done(done, jobs.len());
            },
        );
        let faults: Vec<_> =
            jobs.iter().zip(answers).filter_map(|(job, answer)| Some((job, answer.err()?))).collect();
        Ok(match faults.first() {
            None => {
                let twin = if python.is_empty() {
                    "in Rust (there is no Python to try its twin)"
                } else {
                    "in Rust and in Python"
                };
                let words = format!("Lesson {number}: all is well, {twin}; {} checks.", jobs.len());
                Found { well: true, words }
            }
            Some(((case, language, _), complaint)) => {
                let words = unwell(number, faults.len(), case.name, language, complaint);
                Found { well: false, words }
            }
        })
    }
}

fn unwell(number: &str, count: usize, case: &str, language: &str, complaint: &Complaint) -> String {
    let others = match count - 1 {
        0 => String::new(),
        others => format!(" (and {others} other checks fail)"),
    };
    format!(
        "Lesson {number} is not as it should be. If you have changed it yourself, that is why.\n\n`{case}`, {language}{others}: {complaint}"
    )
}
