//! What to run, and how: a builder for [`Running`].

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Seek, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::family::{MARK, new_mark};
use crate::gate::Gate;
use crate::inherited::{dump_no_core, forbid_files, heed_signals};
use crate::limits::{Limits, restrict};
use crate::stream::Stream;
use crate::{Complaint, Outcome, Pace, Program, Running, Verdict};

/// A program with its arguments, ready to be started.
#[derive(Clone, Debug)]
pub struct Run {
    program: Program,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    stdin: Vec<u8>,
    cwd: Option<PathBuf>,
    forbiddable: bool,
    gated: bool,
    typed: bool,
    limited: bool,
    pub(crate) deadline: Duration,
    pub(crate) cut_after: Option<usize>,
}

impl Run {
    /// A run of an executable file.
    pub fn new(program: impl Into<PathBuf>) -> Run {
        Run::of(Program::binary(program))
    }

    /// A run of a Python script.
    pub fn python(script: impl Into<PathBuf>) -> Run {
        Run::of(Program::python(script))
    }

    pub(crate) fn of(program: Program) -> Run {
        Run {
            program,
            args: Vec::new(),
            env: Vec::new(),
            stdin: Vec::new(),
            cwd: None,
            forbiddable: false,
            gated: false,
            typed: false,
            limited: false,
            deadline: Duration::from_secs(100),
            cut_after: None,
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Run {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(self, args: impl IntoIterator<Item = A>) -> Run {
        args.into_iter().fold(self, Run::arg)
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Run {
        self.env.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Sets how long a tutorial second lasts. Without it the program runs at its own pace, whatever the test's own
    /// environment says.
    pub fn pace(self, pace: Pace) -> Run {
        self.env("LESSON_PACE", pace.to_string())
    }

    /// What the program reads from its stdin; nothing without it.
    pub fn stdin(mut self, text: impl Into<Vec<u8>>) -> Run {
        self.stdin = text.into();
        self
    }

    /// Its stdin is what is [typed](Running::types) while it runs.
    pub fn typed(mut self) -> Run {
        self.typed = true;
        self
    }

    /// Runs it in this folder, instead of an empty one of its own.
    pub fn cwd(mut self, folder: impl Into<PathBuf>) -> Run {
        self.cwd = Some(folder.into());
        self
    }

    /// How long it may run; 30 seconds without it.
    pub fn deadline(mut self, deadline: Duration) -> Run {
        self.deadline = deadline;
        self
    }

    /// Stops reading its stdout after so many lines, as `head -n 1` does.
    pub fn cut_after(mut self, lines: usize) -> Run {
        self.cut_after = Some(lines);
        self
    }

    /// Runs it, if the test runs as root, without root's right to open what a file's mode forbids.
    pub fn forbiddable(mut self) -> Run {
        self.forbiddable = true;
        self
    }

    /// Runs it so that its processes can be [held](Running::hold) at certain calls.
    pub fn gated(mut self) -> Run {
        self.gated = true;
        self
    }

    /// Runs it with the limits for a program that somebody is just learning to write: 256 MB of memory for each process,
    /// 64 MB for a file, a hundred processes at once, and ten thousand lines.
    pub fn limited(mut self) -> Run {
        self.limited = true;
        self
    }

    /// Starts it and waits for its end.
    pub fn finish(self) -> Verdict<Outcome> {
        match self.program.change().cloned() {
            None => self.start()?.finish(),
            Some(change) => change.of(self.shown(), || self.start()?.finish()),
        }
    }

    /// Starts it.
    pub fn start(self) -> Verdict<Running> {
        let shown = self.shown();
        self.try_start().map_err(|why| Complaint::new(format!("`{shown}` could not be run: {why}")))
    }

    fn try_start(self) -> io::Result<Running> {
        guard::end_first()?;
        let folder = crate::folder()?;
        let mark = new_mark();
        let (stdout, to_stdout) = Stream::pair()?;
        let (stderr, to_stderr) = Stream::pair()?;
        let mut command = self.command(folder.path(), &mark)?;
        let gate = self.gated.then(|| Gate::prepare(&mut command)).transpose()?;
        // Before it starts: afterwards it may have slept already, and would seem to have slept too short.
        let started = Instant::now();
        let child = command
            .process_group(0)
            .stdin(self.open_stdin()?)
            .stdout(Stdio::from(to_stdout))
            .stderr(Stdio::from(to_stderr))
            .spawn()?;
        let gate = gate.map(|gate| Gate::of(&gate)).transpose()?;
        let (shown, streams) = (self.shown(), [stdout, stderr]);
        let mut running =
            Running::new(shown, (child, started), &mark, folder, streams, self.deadline, self.cut_after);
        running.gate = gate;
        if self.limited {
            running.limits = Limits::LEARNER;
        }
        Ok(running)
        // `command` ends here, and with it our copies of the program's ends of the sockets.
    }

    /// The command, with its own folders under `folder`.
    fn command(&self, folder: &Path, mark: &str) -> io::Result<Command> {
        let (cwd, tmp) = (folder.join("cwd"), folder.join("tmp"));
        for place in [&cwd, &tmp] {
            fs::create_dir(place)?;
        }
        let mut command = self.program.command();
        heed_signals(&mut command);
        dump_no_core(&mut command);
        if self.forbiddable {
            forbid_files(&mut command);
        }
        if self.limited {
            restrict(&mut command);
        }
        command
            .args(&self.args)
            .env_remove("LESSON_PACE")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("TMPDIR", &tmp)
            .env(MARK, mark)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .current_dir(self.cwd.as_ref().unwrap_or(&cwd));
        if let Some(starter) = self.program.starter() {
            starter.starts(&mut command);
        }
        Ok(command)
    }

    fn open_stdin(&self) -> io::Result<Stdio> {
        if self.typed {
            return Ok(Stdio::piped());
        }
        if self.stdin.is_empty() {
            return Ok(Stdio::null());
        }
        let mut file = tempfile::tempfile()?;
        file.write_all(&self.stdin)?;
        file.rewind()?;
        Ok(file.into())
    }

    /// The command line, for people.
    fn shown(&self) -> String {
        let pace = self.env.iter().filter(|(name, _)| name == "LESSON_PACE");
        let pace = pace.map(|(_, value)| format!("LESSON_PACE={} ", value.display()));
        let program = self.program.path().file_name().unwrap_or(self.program.path().as_os_str());
        let args = self.args.iter().map(|arg| format!(" {}", arg.display()));
        format!("{}{}{}", pace.collect::<String>(), program.display(), args.collect::<String>())
    }
}
