//! Whole lessons, from the first instruction to the last, with all their sleeps left out.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;
use crate::sample::sample_alone;

pub(crate) fn rust(number: &str) -> Result<f64> {
    // We are in <target>/release/deps.
    let me = std::env::current_exe()?;
    let program = me.ancestors().nth(2).map(|release| release.join(format!("lesson-{number}")));
    let program = program.filter(|path| path.exists()).ok_or("not built")?;
    sample_alone(1, || run(&mut Command::new(&program)))
}

pub(crate) fn python(number: &str) -> Result<f64> {
    let program = twin(number)?;
    sample_alone(1, || run(Command::new("python3").arg(&program)))
}

/// The same lesson in Python.
fn twin(number: &str) -> Result<PathBuf> {
    let lessons = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples-bin");
    for entry in lessons.read_dir()? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&format!("{number}-")) {
            return Ok(entry.path().join("lesson.py"));
        }
    }
    Err(format!("there is no lesson {number}").into())
}

fn run(command: &mut Command) -> Result {
    command.env("LESSON_PACE", "0").stdin(Stdio::null()).stdout(Stdio::null());
    let status = command.status().map_err(|e| format!("cannot run: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("the lesson failed ({status})").into()) }
}
