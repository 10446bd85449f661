//! A program that can be judged, whatever it is written in.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use crate::host::Starter;
use crate::{Outcome, Run, Verdict};

/// A program that can be run, many times and with different arguments.
#[derive(Clone, Debug)]
pub enum Program {
    /// An executable file.
    Binary(PathBuf),
    /// A Python script, run by `python3`.
    Python(PathBuf),
    /// One of these, started in a special way.
    Started(Box<Program>, Starter),
    /// One of these, whose runs are told otherwise than they went.
    Changed(Box<Program>, Change),
}

/// Runs that have been made, by their commands.
pub type Made = Arc<Mutex<HashMap<String, Outcome>>>;

/// What is done to a run before it is judged.
#[derive(Clone)]
pub struct Change {
    change: Arc<dyn Fn(Outcome) -> Outcome + Send + Sync>,
    made: Made,
}

impl Change {
    /// The run of this command, changed. It is made only once.
    pub(crate) fn of(&self, command: String, make: impl FnOnce() -> Verdict<Outcome>) -> Verdict<Outcome> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let it = match made.entry(command) {
            Entry::Occupied(it) => it.into_mut(),
            Entry::Vacant(place) => place.insert(make()?),
        };
        Ok((self.change)(it.clone()))
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Change")
    }
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

    /// The same program, as a page shows it: each of its runs seems to have printed this. Which were made can be asked.
    pub fn as_shown(&self, made: &Made, lines: &[String]) -> Program {
        let lines = lines.to_vec();
        self.changed(made, move |it| it.showing(&lines))
    }

    /// The same program, with this done to each of its runs before it is judged: would a specification notice? What has
    /// been made is not run again.
    pub fn changed(
        &self,
        made: &Made,
        change: impl Fn(Outcome) -> Outcome + Send + Sync + 'static,
    ) -> Program {
        Program::Changed(Box::new(self.clone()), Change { change: Arc::new(change), made: Arc::clone(made) })
    }

    /// What is done to its runs.
    pub(crate) fn change(&self) -> Option<&Change> {
        match self {
            Program::Changed(_, change) => Some(change),
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
            Program::Started(program, _) | Program::Changed(program, _) => program.path(),
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
            Program::Started(program, _) | Program::Changed(program, _) => program.command(),
        }
    }
}

/// The version that `python3 --version` tells, or `None` where there is no `python3` to be run.
pub fn python_version() -> Option<String> {
    let out = Command::new("python3").arg("--version").stdin(Stdio::null()).output().ok()?;
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
}
