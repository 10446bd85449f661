//! A program that runs: its output is read, signals are sent, and its end is waited for.

use std::io::{self, ErrorKind, Write as _};
use std::mem::take;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::family::Family;
use crate::gate::Gate;
use crate::limits::Limits;
use crate::stream::Stream;
use crate::waiting::Watch;
use crate::{Complaint, End, Line, Mark, Outcome, Survivor, Verdict, Waiting, captures};

/// How long the last processes of a program may take to vanish after its end: a kill that the kernel sends, such as
/// for a dead parent, is not done at once.
const GRACE: Duration = Duration::from_secs(2);

/// How long a turn of ours takes at the most, where the machine has a processor for us.
const TURN: Duration = Duration::from_millis(50);

/// So much longer than its deadline a program may run, because the machine is busy with others.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that was started. Dropped before its end, it is killed, with all its processes.
#[derive(Debug)]
pub struct Running {
    command: String,
    child: Child,
    pub(crate) family: Family,
    folder: TempDir,
    /// stdout and stderr, and the lines that came from each.
    streams: [Stream; 2],
    lines: [Vec<Line>; 2],
    /// Where its processes can be held, if that was asked for.
    pub(crate) gate: Option<Gate>,
    pub(crate) limits: Limits,
    pub(crate) started: Instant,
    pub(crate) deadline: Duration,
    /// How long it has run, as far as this machine could be expected to do anything meanwhile; and when that was counted.
    pub(crate) time: Duration,
    counted: Duration,
    cut_after: Option<usize>,
    cut: bool,
    watch: Watch,
    pub(crate) marks: Vec<Mark>,
    /// When the first process was seen to have ended.
    ended: Option<Duration>,
    /// Whether all is over and the first process reaped: from then on its number may be a stranger's.
    reaped: bool,
}

impl Running {
    pub(crate) fn new(
        command: String,
        (child, started): (Child, Instant),
        mark: &str,
        folder: TempDir,
        streams: [Stream; 2],
        deadline: Duration,
        cut_after: Option<usize>,
    ) -> Running {
        let family = Family::new(Pid::from_raw(child.id() as i32), mark);
        Running {
            command,
            child,
            family,
            folder,
            streams,
            lines: [Vec::new(), Vec::new()],
            gate: None,
            limits: Limits::SCENE,
            started,
            deadline,
            time: Duration::ZERO,
            counted: Duration::ZERO,
            cut_after,
            cut: false,
            watch: Watch::new(),
            marks: Vec::new(),
            ended: None,
            reaped: false,
        }
    }

    /// The first process.
    pub fn main(&self) -> i32 {
        self.family.main.as_raw()
    }

    /// The processes that run now, the first one included.
    pub fn pids(&self) -> Vec<i32> {
        self.family.alive().into_iter().collect()
    }

    /// What each of them waits for at this moment.
    pub fn waiting(&self) -> Vec<Waiting> {
        self.family.alive().into_iter().map(|pid| self.watch.waiting(pid)).collect()
    }

    /// The lines of stdout so far.
    pub fn lines(&self) -> &[Line] {
        &self.lines[0]
    }

    /// Reads on until a line like `pattern` has come. A complaint if the program ends, or its deadline comes, first.
    pub fn wait_for_line(&mut self, pattern: &str) -> Verdict<Line> {
        self.wait_for_lines(pattern, 1)
    }

    /// Reads on until so many lines like `pattern` have come, and returns the last of them.
    pub fn wait_for_lines(&mut self, pattern: &str, count: usize) -> Verdict<Line> {
        loop {
            let over = self.over();
            self.pump()?;
            let mut found = self.lines[0].iter().filter(|line| captures(pattern, &line.text).is_some());
            if let Some(line) = found.nth(count - 1) {
                return Ok(line.clone());
            }
            if over {
                let outcome = self.conclude()?;
                let which = if count == 1 { String::new() } else { format!(" ({count} times)") };
                return Err(Complaint::about(
                    &outcome,
                    format!("expected the line `{pattern}`{which}; it did not come"),
                ));
            }
        }
    }

    /// The lines of stderr so far.
    pub fn stderr(&self) -> &[Line] {
        &self.lines[1]
    }

    /// Writes a line to its stdin.
    pub fn types(&mut self, line: &str) -> Verdict {
        let Some(stdin) = &mut self.child.stdin else { return Ok(()) };
        match writeln!(stdin, "{line}") {
            // It reads no more: what it did instead is told by its end.
            Err(why) if why.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(|why| self.broken(why)),
        }
    }

    /// Nothing more comes on its stdin.
    pub fn types_no_more(&mut self) {
        self.child.stdin = None;
    }

    /// Sends a signal to the first process.
    pub fn signal_main(&self, signal: Signal) {
        // It is not reaped yet, so the number is still its own, and the call cannot fail.
        let _ = kill(self.family.main, signal);
    }

    /// Sends a signal to all processes of the group, as the terminal does for Ctrl-C.
    pub fn signal_group(&self, signal: Signal) {
        let _ = killpg(self.family.main, signal);
    }

    /// Waits for the end as [`finish`](Running::finish) does, as long as that is wanted; else nothing of it is left. Who
    /// is asked may look at it: at its lines so far, for example.
    pub fn finish_while(mut self, mut wanted: impl FnMut(&Running) -> bool) -> Verdict<Option<Outcome>> {
        while !self.over() {
            if !wanted(&self) {
                return Ok(None);
            }
            self.pump()?;
        }
        self.conclude().map(Some)
    }

    /// Waits for the end, and for the last processes to vanish.
    pub fn finish(mut self) -> Verdict<Outcome> {
        self.conclude()
    }

    pub(crate) fn conclude(&mut self) -> Verdict<Outcome> {
        while !self.over() {
            self.pump()?;
        }
        guard::go_on();
        let mut hung = Vec::new();
        let mut survivors = Vec::new();
        if self.ended.is_some() {
            let gone = self.time + GRACE;
            let mut left = self.family.alive();
            while !left.is_empty() && !self.crowded() && self.time < gone {
                self.pump()?;
                left = self.family.alive();
            }
            survivors = left.into_iter().map(|pid| self.survivor(pid)).collect();
        } else if !self.flooded() && !self.crowded() {
            hung = self.waiting();
        }
        self.family.kill();
        self.read()?;
        let status = self.child.wait().map_err(|why| self.broken(why))?;
        self.reaped = true;
        Ok(self.outcome(status, hung, survivors))
    }

    fn outcome(&mut self, status: ExitStatus, hung: Vec<Waiting>, survivors: Vec<Survivor>) -> Outcome {
        let end = match self.ended {
            Some(_) => End::Ended(status),
            None if self.flooded() => End::Flooded,
            None if self.crowded() => End::Crowded(self.watch.alive),
            None => End::Hung(hung),
        };
        let [lines, stderr] = take(&mut self.lines);
        Outcome {
            command: self.command.clone(),
            main: self.main(),
            lines,
            stderr,
            marks: take(&mut self.marks),
            end,
            took: self.ended.unwrap_or_else(|| self.started.elapsed()),
            survivors,
            leftovers: leftovers(self.folder.path()),
            cut: self.cut,
        }
    }

    fn survivor(&self, pid: i32) -> Survivor {
        let last_line = self.lines[0].iter().rfind(|line| line.writers.contains(&pid));
        Survivor { doing: self.watch.waiting(pid), last_line: last_line.map(|line| line.text.clone()) }
    }

    /// Whether there is nothing more to wait for.
    pub fn over(&self) -> bool {
        self.ended.is_some() || self.flooded() || self.crowded() || self.time >= self.deadline
    }

    fn flooded(&self) -> bool {
        self.streams.iter().any(|stream| stream.bytes > self.limits.bytes)
            || self.lines.iter().any(|lines| lines.len() > self.limits.lines)
    }

    fn crowded(&self) -> bool {
        self.watch.alive > self.limits.processes
    }

    /// Waits a little for output, reads it, and looks whether the first process has ended.
    pub fn pump(&mut self) -> Verdict {
        // The end of a process wakes nobody who polls sockets, hence the short wait.
        let mut waited: Vec<PollFd> = self.streams.iter().filter_map(Stream::socket).map(readable).collect();
        waited.extend(self.gate.as_ref().map(|gate| readable(gate.listener())));
        match poll(&mut waited, 5u8) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(why) => return Err(self.broken(why.into())),
        }
        self.count_time();
        let held = self.attend()?;
        // Asked before reading: what a process wrote before its end is there when it has ended.
        let ended = self.ended.is_none() && self.main_has_ended()?;
        self.read()?;
        for pid in held {
            // After what it has printed before.
            self.marks.push(Mark { at: self.started.elapsed(), pid, text: "held" });
        }
        if ended {
            self.ended = Some(self.started.elapsed());
        }
        let held_up = self.watch.look(&self.family, self.limits.processes);
        self.deadline += held_up;
        if self.gate.as_mut().is_some_and(|gate| !gate.held().is_empty()) {
            // They wait for us.
            self.watch.stuck = 0;
        } else if self.watch.stuck >= self.limits.stuck {
            self.deadline = Duration::ZERO;
        }
        Ok(())
    }

    /// Where we get a turn only now and then, so does the program: then a moment counts for no more than it usually is.
    fn count_time(&mut self) {
        let now = self.started.elapsed();
        let since = now.saturating_sub(self.counted);
        let starved = self.counted.saturating_sub(self.time);
        self.time += if starved < PATIENCE { since.min(TURN) } else { since };
        self.counted = now;
    }

    fn read(&mut self) -> Verdict {
        let now = self.started.elapsed();
        for (stream, lines) in self.streams.iter_mut().zip(&mut self.lines) {
            if let Err(why) = stream.read(now, lines) {
                return Err(self.broken(why));
            }
        }
        if let Some(count) = self.cut_after.filter(|&count| self.lines[0].len() >= count && !self.cut) {
            self.lines[0].truncate(count);
            self.streams[0].cut();
            self.cut = true;
        }
        Ok(())
    }

    /// Lets those at the gate go on that are not to be held: those that are.
    fn attend(&mut self) -> Verdict<Vec<i32>> {
        let held = self.gate.as_mut().map_or(Ok(Vec::new()), Gate::attend);
        held.map_err(|why| self.broken(why))
    }

    /// It is left a zombie until all is over, so that its number, which is the group's too, stays its own.
    fn main_has_ended(&self) -> Verdict<bool> {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        match waitid(Id::Pid(self.family.main), flags) {
            Ok(status) => Ok(status != WaitStatus::StillAlive),
            Err(Errno::EINTR) => Ok(false),
            Err(why) => Err(self.broken(why.into())),
        }
    }

    fn broken(&self, why: io::Error) -> Complaint {
        Complaint::new(format!("the harness could not follow `{}`: {why}", self.command))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.reaped {
            self.family.kill();
            // It is killed: there is nothing to be told about an error.
            let _ = self.child.wait();
        }
    }
}

fn readable(socket: &impl AsFd) -> PollFd<'_> {
    PollFd::new(socket.as_fd(), PollFlags::POLLIN)
}

/// The files in the program's own folders, with paths as the program would name them.
fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.join("cwd"), folder.join("tmp")];
    while let Some(place) = folders.pop() {
        let entries = match std::fs::read_dir(&place) {
            Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
            Err(why) if why.kind() == ErrorKind::NotFound => Vec::new(),
            Err(_) => vec![place],
        };
        for path in entries {
            if path.is_dir() && !path.is_symlink() {
                folders.push(path.clone());
            }
            found.push(path.strip_prefix(folder).unwrap_or(&path).to_owned());
        }
    }
    found.sort();
    found
}
