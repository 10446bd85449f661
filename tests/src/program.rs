//! A program that can be judged, whatever it is written in.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Run;
use crate::host::Starter;

/// A program that can be run, many times and with different arguments.
#[derive(Clone, Debug)]
pub enum Program {
    /// An executable file.
    Binary(PathBuf),
    /// A Python script, run by `python3`.
    Python(PathBuf),
    /// One of these, started in a special way.
    Started(Box<Program>, Starter),
    /// One of these, whose runs are said to have printed this.
    Shown(Box<Program>, Vec<String>),
}

impl Program {
    /// An executable file.
    pub fn binary(path: impl Into<PathBuf>) -> Program {
        Program::Binary(path.into())
    }

    /// A Python script.
    pub fn python(path: impl Into<PathBuf>) -> Program {
        Program::Python(path.into())
    }

    /// The same program, started by somebody special.
    pub fn started_by(&self, starter: Starter) -> Program {
        Program::Started(Box::new(self.clone()), starter)
    }

    /// The same program, as a page shows it: each of its runs seems to have printed this.
    pub fn as_shown(&self, lines: &[String]) -> Program {
        Program::Shown(Box::new(self.clone()), lines.to_vec())
    }

    /// What a page shows of it.
    pub(crate) fn shown(&self) -> Option<&[String]> {
        match self {
            Program::Shown(_, lines) => Some(lines),
            _ => None,
        }
    }

    /// A run of this program, to be given arguments and started.
    pub fn run(&self) -> Run {
        Run::of(self.clone())
    }

    /// The file: the executable, or the script.
    pub fn path(&self) -> &Path {
        match self {
            Program::Binary(path) | Program::Python(path) => path,
            Program::Started(program, _) | Program::Shown(program, _) => program.path(),
        }
    }

    /// Who starts it, if that is special.
    pub(crate) fn starter(&self) -> Option<&Starter> {
        match self {
            Program::Started(_, starter) => Some(starter),
            _ => None,
        }
    }

    /// The command that runs it, without arguments.
    pub(crate) fn command(&self) -> Command {
        match self {
            Program::Binary(path) => Command::new(path),
            Program::Python(script) => {
                let mut python = Command::new("python3");
                python.arg(script);
                python
            }
            Program::Started(program, _) | Program::Shown(program, _) => program.command(),
        }
    }
}

/// The version that `python3 --version` tells, or `None` where there is no `python3` to be run.
pub fn python_version() -> Option<String> {
    let out = Command::new("python3").arg("--version").stdin(Stdio::null()).output().ok()?;
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
}
