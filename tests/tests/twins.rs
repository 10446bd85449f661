//! Every lesson's specification against the lesson's Python twin: CPython is the oracle for the lines, their order and
//! how many there are, and a specification that it fails is wrong.

use std::path::Path;
use std::process::ExitCode;

use checks::lessons::LESSONS;
use checks::{Case, Program, python_version};
use trials::{Trial, judge, trials};

fn main() -> ExitCode {
    let python = python_version();
    if python.is_none() {
        eprintln!("There is no python3: the twins are not run, and count as ignored.");
    }
    let lessons = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples-bin");
    let twin = |slug: &str| Program::python(lessons.join(slug).join("lesson.py"));
    let asked = |(slug, cases): &(&str, &'static [Case])| {
        trials(slug, cases.iter().filter(|case| case.asks_the_twin), &twin(slug))
    };
    let tests: Vec<Trial> = LESSONS.iter().flat_map(asked).collect();
    judge(tests.into_iter().map(|test| test.with_ignored_flag(python.is_none())).collect())
}
