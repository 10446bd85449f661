//! Who goes on when: the processes of one schedule, each at a step, asleep, or at its end.
//!
//! A process that was given leave runs until it comes to its next step, ends, or sleeps in a system call. The first two
//! it says itself. The third is read off the system: its state is "sleeping" although it does not wait for leave. Time
//! stands still, so it sleeps until another process, or the scheduler, does something; nothing is guessed at by waiting.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use procession::{Child, Process, exitcode};

use crate::actor::{AFTER_ALL, START};
use crate::calls::{TIME_IS_OVER, futex_wait};
use crate::history::{Op, letter};
use crate::stage::{NEVER, Stage};

/// How long the scheduler sleeps before it looks whether a process sleeps: nobody says so.
const GLANCE: Duration = Duration::from_micros(30);

/// A process that neither comes to a step nor sleeps for so long (on a real clock) goes round in circles.
const PATIENCE: Duration = Duration::from_secs(20);

/// What can be done to a process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Act {
    /// It goes on, to its next step.
    Go,
    /// The time it wanted to sleep is over.
    Wake,
    /// It is killed.
    Kill,
    /// It is stopped, and not continued before all others are done.
    Stop,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Choice {
    pub(crate) who: usize,
    pub(crate) act: Act,
}

/// Where a process is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Position {
    At(String),
    /// It sleeps in the system; until some moment, perhaps.
    Asleep(Option<u64>),
    Stopped,
    Ended,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Position::At(step) => f.write_str(step),
            Position::Asleep(_) => f.write_str("asleep"),
            Position::Stopped => f.write_str("stopped"),
            Position::Ended => f.write_str("end"),
        }
    }
}

struct Controlled {
    child: Child,
    stat: File,
    position: Position,
}

pub(crate) struct Scheduler {
    stage: &'static Stage,
    processes: Vec<(usize, Controlled)>,
    /// Who went on last.
    current: Option<usize>,
    /// Somebody was killed, or stopped.
    is_struck: bool,
}

impl Scheduler {
    pub(crate) fn new(stage: &'static Stage) -> Scheduler {
        stage.clear();
        Scheduler { stage, processes: Vec::new(), current: None, is_struck: false }
    }

    /// Starts a process, which comes to its first step.
    pub(crate) fn start(&mut self, who: usize, work: impl FnOnce()) -> Result<(), String> {
        // A daemon: should this process die, it does too.
        let child = Process::new(work).daemon(true).start().map_err(|e| e.to_string())?;
        let stat = File::open(format!("/proc/{}/stat", child.pid())).map_err(|e| e.to_string())?;
        self.processes.push((who, Controlled { child, stat, position: Position::Asleep(None) }));
        self.settle()
    }

    pub(crate) fn positions(&self) -> impl Iterator<Item = (usize, &Position)> {
        self.processes.iter().map(|(who, process)| (*who, &process.position))
    }

    pub(crate) fn position(&self, who: usize) -> &Position {
        self.positions().find(|(number, _)| *number == who).expect("a process").1
    }

    pub(crate) fn is_struck(&self) -> bool {
        self.is_struck
    }

    fn can_go(&self) -> impl Iterator<Item = usize> {
        let waits = |position: &Position| matches!(position, Position::At(step) if step != AFTER_ALL);
        self.positions().filter(move |(_, position)| waits(position)).map(|(who, _)| who)
    }

    /// What can be done now, and what each costs: 1 if it takes the processor from one that could go on. The first is what
    /// would be done if nobody interfered. Nothing, if all others wait for something.
    pub(crate) fn choices(&self) -> Vec<(Choice, u32)> {
        let mut choices = Vec::new();
        let current = self.current.filter(|&current| self.can_go().any(|who| who == current));
        let cost = |who| u32::from(current.is_some_and(|current| current != who));
        let mut add = |who, act, cost| choices.push((Choice { who, act }, cost));
        let others = self.can_go().filter(|&who| Some(who) != current);
        current.into_iter().chain(others).for_each(|who| add(who, Act::Go, cost(who)));
        if self.can_go().next().is_none() {
            return Vec::new();
        }
        for (who, position) in self.positions() {
            match position {
                Position::Asleep(Some(_)) => add(who, Act::Wake, 1),
                Position::At(step) if step == START => continue,
                Position::At(_) | Position::Asleep(None) => {}
                Position::Stopped | Position::Ended => continue,
            }
            if !self.is_struck {
                add(who, Act::Kill, cost(who));
                // Who is not at work is as good as stopped already.
                if Some(who) == current {
                    add(who, Act::Stop, 0);
                }
            }
        }
        choices
    }

    /// Who would wake next if nobody else does anything.
    pub(crate) fn next_to_wake(&self) -> Option<usize> {
        let sleepers = self.positions().filter_map(|(who, position)| match position {
            Position::Asleep(Some(deadline)) => Some((deadline, who)),
            _ => None,
        });
        sleepers.min().map(|(_, who)| who)
    }

    pub(crate) fn is_anybody_stopped(&self) -> bool {
        self.positions().any(|(_, position)| *position == Position::Stopped)
    }

    pub(crate) fn now(&self) -> u64 {
        self.stage.clock.load(SeqCst)
    }

    pub(crate) fn perform(&mut self, Choice { who, act }: Choice) -> Result<(), String> {
        let stage = self.stage;
        let (_, process) = self.processes.iter_mut().find(|(number, _)| *number == who).expect("a process");
        let pid = Pid::from_raw(process.child.pid() as i32);
        let send = |signal| kill(pid, signal).map_err(|e| format!("sending {signal}: {e}"));
        match act {
            Act::Go => stage.places[who].give_leave(),
            Act::Wake => {
                stage.clock.fetch_max(stage.places[who].deadline.load(SeqCst), SeqCst);
                send(TIME_IS_OVER)?;
            }
            Act::Kill => {
                // First of all: others may be woken by its death, and run, before this process does.
                stage.log(who, Op::Killed, 0, None);
                process.child.kill().and_then(|()| process.child.join()).map_err(|e| e.to_string())?;
                process.position = Position::Ended;
            }
            Act::Stop => {
                send(Signal::SIGSTOP)?;
                wait_until(|| state(&process.stat) == Some('T'))?;
                process.position = Position::Stopped;
                stage.log(who, Op::Stopped, 0, None);
            }
        }
        self.is_struck |= matches!(act, Act::Kill | Act::Stop);
        self.current = Some(who);
        self.settle()
    }

    /// Lets go on who was stopped; says whether somebody was.
    pub(crate) fn go_on(&mut self) -> Result<bool, String> {
        let stopped = self.processes.iter_mut().find(|(_, process)| process.position == Position::Stopped);
        let Some((who, process)) = stopped else { return Ok(false) };
        self.stage.log(*who, Op::Continued, 0, None);
        process.position = Position::Asleep(None);
        kill(Pid::from_raw(process.child.pid() as i32), Signal::SIGCONT).map_err(|e| e.to_string())?;
        self.settle()?;
        Ok(true)
    }

    /// Returns when nobody runs any more: each process is at a step, asleep, or at its end.
    fn settle(&mut self) -> Result<(), String> {
        let started = Instant::now();
        let mut looked = None;
        loop {
            let news = self.stage.news.load(SeqCst);
            let calm = self.look()?;
            // One who was found asleep may have been woken since, by another who was found at a step later. So all must
            // be found where they were once more.
            if calm && looked == Some(news) {
                return Ok(());
            }
            looked = calm.then_some(news);
            if !calm {
                if started.elapsed() > PATIENCE {
                    return Err(self.complain("runs on and on, and comes to no step"));
                }
                futex_wait(&self.stage.news, news, Some(GLANCE));
            }
        }
    }

    /// Looks where each process is. Answers whether nobody runs.
    fn look(&mut self) -> Result<bool, String> {
        let mut calm = true;
        for (who, process) in &mut self.processes {
            let place = &self.stage.places[*who];
            if matches!(process.position, Position::Stopped | Position::Ended) {
                continue;
            }
            // The state first: who waits for leave is asleep, too, and who has done ends.
            let state = state(&process.stat);
            let has_ended = place.has_done.load(SeqCst) || matches!(state, Some('Z') | None);
            process.position = match state {
                _ if place.waits() => Position::At(place.step()),
                _ if has_ended => {
                    let status = process.child.join().map_err(|e| e.to_string())?;
                    if !place.has_done.load(SeqCst) {
                        return Err(format!("{} ended with {}", letter(*who), exitcode(status)));
                    }
                    Position::Ended
                }
                Some('S') => {
                    Position::Asleep(Some(place.deadline.load(SeqCst)).filter(|&deadline| deadline != NEVER))
                }
                _ => {
                    calm = false;
                    continue;
                }
            };
        }
        Ok(calm)
    }

    fn complain(&self, what: &str) -> String {
        let running = self.processes.iter().filter(|(who, process)| {
            !self.stage.places[*who].waits() && !matches!(state(&process.stat), Some('S' | 'Z' | 'T') | None)
        });
        let names: Vec<_> = running.map(|(who, _)| letter(*who).to_string()).collect();
        format!("{} {what}", names.join(" and "))
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        for (_, process) in &self.processes {
            // Whatever has become of it, it is gone now.
            let _ = process.child.kill();
            let _ = process.child.join();
        }
    }
}

/// The letter for the state of the process whose `/proc/PID/stat` this is.
fn state(stat: &File) -> Option<char> {
    let mut bytes = [0; 64];
    let length = stat.read_at(&mut bytes, 0).ok()?;
    // The name, in brackets, is at most 16 bytes long.
    let end = bytes[..length].iter().rposition(|&byte| byte == b')')?;
    bytes.get(end + 2).map(|&byte| byte.into())
}

fn wait_until(so: impl Fn() -> bool) -> Result<(), String> {
    let started = Instant::now();
    while !so() {
        if started.elapsed() > PATIENCE {
            return Err("a signal does not arrive".to_owned());
        }
        std::thread::yield_now();
    }
    Ok(())
}
