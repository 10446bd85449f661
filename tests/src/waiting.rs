//! What a process waits for, in words: the first thing to know of a program that hangs.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::time::{Duration, Instant};

use nix::libc;

use crate::family::{Family, Stat};

/// A process that was alive when the deadline came.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Its process id.
    pub pid: i32,
    /// The name of its program.
    pub name: String,
    /// What it was waiting for: `sleep`, `read from a pipe`, `wait for a child`, ….
    pub on: String,
    /// How long at least, where that could be told.
    pub since: Option<Duration>,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} ({}): {}", self.pid, self.name, self.on)?;
        match self.since {
            Some(since) => write!(f, ", for {:.1} s or longer", since.as_secs_f64()),
            None => Ok(()),
        }
    }
}

/// Looks at the processes of a run now and then, to tell at the deadline how long each has been waiting.
#[derive(Debug)]
pub(crate) struct Watch {
    looked: Instant,
    /// For each process, how often it had run when that was first seen, and when.
    seen: HashMap<i32, (u64, Instant)>,
}

impl Watch {
    /// Looking more often would take the machine from those who are looked at.
    const EVERY: Duration = Duration::from_millis(500);

    pub(crate) fn new() -> Watch {
        Watch { looked: Instant::now(), seen: HashMap::new() }
    }

    /// To be called often: it looks only when it is time.
    pub(crate) fn look(&mut self, family: &Family) {
        if self.looked.elapsed() < Self::EVERY {
            return;
        }
        self.looked = Instant::now();
        for pid in family.alive() {
            let (turns, now) = (turns(pid), self.looked);
            let seen = self.seen.entry(pid).or_insert((turns, now));
            if seen.0 != turns {
                *seen = (turns, now);
            }
        }
    }

    /// What a process waits for now.
    pub(crate) fn waiting(&self, pid: i32) -> Waiting {
        let since = self.seen.get(&pid).filter(|seen| seen.0 == turns(pid)).map(|seen| seen.1.elapsed());
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        Waiting { pid, name: name.trim().to_owned(), on: waits_on(pid), since }
    }
}

/// How often a process has given up the processor: unchanged, it has not run meanwhile.
fn turns(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let switches = status.lines().filter(|line| line.contains("ctxt_switches:"));
    switches.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum()
}

fn waits_on(pid: i32) -> String {
    match Stat::of(pid).map(|stat| stat.state) {
        None => return "has just ended".to_owned(),
        Some('T' | 't') => return "stopped by a signal".to_owned(),
        Some('R') => return "running".to_owned(),
        Some(_) => {}
    }
    // `running`, or the number of the system call and its arguments.
    let call = fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
    let mut words = call.split_whitespace();
    let number: Option<libc::c_long> = words.next().and_then(|word| word.parse().ok());
    let descriptor = words.next().and_then(|hex| u32::from_str_radix(hex.trim_start_matches("0x"), 16).ok());
    let file = || file_of(pid, descriptor);
    match number {
        Some(libc::SYS_futex) => "a futex (a lock of its own memory, or a thread)".to_owned(),
        Some(libc::SYS_read | libc::SYS_readv | libc::SYS_recvfrom | libc::SYS_recvmsg) => {
            format!("read from {}", file())
        }
        Some(libc::SYS_write | libc::SYS_writev | libc::SYS_sendto | libc::SYS_sendmsg) => {
            format!("write to {}", file())
        }
        Some(libc::SYS_flock) => format!("flock on {}", file()),
        Some(libc::SYS_fcntl) => format!("fcntl (a record lock?) on {}", file()),
        Some(libc::SYS_wait4 | libc::SYS_waitid) => "wait for a child".to_owned(),
        Some(libc::SYS_nanosleep | libc::SYS_clock_nanosleep) => "sleep".to_owned(),
        Some(libc::SYS_rt_sigsuspend | libc::SYS_rt_sigtimedwait) => "wait for a signal".to_owned(),
        _ => in_the_kernel(pid),
    }
}

/// The kernel's own name for the place, for the calls that are not the same on every kind of machine.
fn in_the_kernel(pid: i32) -> String {
    let place = fs::read_to_string(format!("/proc/{pid}/wchan")).unwrap_or_default();
    match place.trim() {
        poll if ["poll", "select"].iter().any(|word| poll.contains(word)) => {
            "poll (until some file or pipe is ready)".to_owned()
        }
        pause if pause.contains("pause") => "wait for a signal".to_owned(),
        "" | "0" => "waiting in the kernel".to_owned(),
        other => format!("waiting in the kernel, in `{other}`"),
    }
}

fn file_of(pid: i32, descriptor: Option<u32>) -> String {
    let Some(descriptor) = descriptor else { return "a file".to_owned() };
    let target = fs::read_link(format!("/proc/{pid}/fd/{descriptor}")).unwrap_or_default();
    match target.to_string_lossy().as_ref() {
        "" => "a file".to_owned(),
        target if target.starts_with("pipe:") => "a pipe".to_owned(),
        target if target.starts_with("socket:") => "a socket".to_owned(),
        target => format!("`{target}`"),
    }
}
