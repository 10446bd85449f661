//! What a process waits for, in words: the first thing to know of a program that hangs.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::fs;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use nix::libc;
use nix::sys::sysinfo::sysinfo;
use nix::time::{ClockId, clock_gettime};

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
    /// How long at least, where that could be told: since when it has not run, or, where it wakes now and then only to
    /// wait again, since when it was found in the same call at every look.
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
    /// How many processes and threads there were on the whole machine.
    machine: u16,
    /// How long the kernel has held up one of them.
    held_up: Duration,
    seen: HashMap<i32, Seen>,
    /// How many processes there were.
    pub(crate) alive: usize,
    /// At how many looks, one after the other, all of them waited without an end, and none had run.
    pub(crate) stuck: u32,
}

/// What the looks at one process have shown.
#[derive(Debug)]
struct Seen {
    /// How often it had run, and when that was first seen.
    turns: (u64, Instant),
    /// What it waited on, and when that was first seen.
    on: (String, Instant),
}

impl Watch {
    /// Looking more often would take the machine from those who are looked at.
    const EVERY: Duration = Duration::from_millis(500);

    pub(crate) fn new() -> Watch {
        Watch {
            looked: Instant::now(),
            machine: machine(),
            held_up: Duration::ZERO,
            seen: HashMap::new(),
            alive: 0,
            stuck: 0,
        }
    }

    /// So much in all may be taken for the kernel's doing.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// To be called often: it looks only when it is time, or when the machine has become so full that this family may be a
    /// crowd. Answers how much longer the program may run, because the kernel has held up one of its processes: where many
    /// programs start and end at once, all of them wait for the same locks of the kernel (to be seen as state D), and that
    /// is none of the program's doing.
    pub(crate) fn look(&mut self, family: &Family, crowd: usize) -> Duration {
        let between = self.looked.elapsed();
        let full = usize::from(machine().saturating_sub(self.machine)) > crowd / 2;
        if between < Self::EVERY && !full {
            return Duration::ZERO;
        }
        self.looked = Instant::now();
        self.machine = machine();
        let alive = family.alive();
        self.alive = alive.len();
        self.note(&alive);
        let stuck = !alive.is_empty() && alive.iter().all(|&pid| self.waits_without_end(pid));
        self.stuck = if stuck { self.stuck + 1 } else { 0 };
        let held_up = alive.iter().any(|&pid| Stat::of(pid).is_some_and(|stat| stat.state == 'D'));
        let more = if held_up { between.min(Self::PATIENCE - self.held_up) } else { Duration::ZERO };
        self.held_up += more;
        more
    }

    fn note(&mut self, alive: &BTreeSet<i32>) {
        for &pid in alive {
            let now = self.looked;
            let (turns, on) = ((turns(pid), now), (waits_on(pid), now));
            let Some(seen) = self.seen.get_mut(&pid) else {
                self.seen.insert(pid, Seen { turns, on });
                continue;
            };
            if seen.turns.0 != turns.0 {
                seen.turns = (turns.0, now);
            }
            if seen.on.0 != on.0 {
                seen.on = (on.0, now);
            }
        }
    }

    /// Whether a process, with all its threads, waits for others, and has done so since the last look at least.
    fn waits_without_end(&self, pid: i32) -> bool {
        let same = self.seen.get(&pid).is_some_and(|seen| seen.turns.1 < self.looked);
        let waits =
            |&thread: &i32| Stat::of(thread).is_some_and(|stat| stat.state == 'S') && !has_an_end(thread);
        same && threads(pid).iter().all(waits)
    }

    /// What a process waits for now.
    pub(crate) fn waiting(&self, pid: i32) -> Waiting {
        let on = waits_on(pid);
        let since = self.seen.get(&pid).and_then(|seen| match seen {
            Seen { turns: (before, since), .. } if *before == turns(pid) => Some(since.elapsed()),
            Seen { on: (before, since), .. } if *before == on && on != RUNNING => Some(since.elapsed()),
            _ => None,
        });
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        Waiting { pid, name: name.trim().to_owned(), on, since }
    }
}

/// How many processes and threads there are on this machine.
fn machine() -> u16 {
    sysinfo().map_or(0, |machine| machine.process_count())
}

pub(crate) const RUNNING: &str = "running";
pub(crate) const SLEEP: &str = "sleep";

/// How often a process has given up the processor: unchanged, it has not run meanwhile.
pub(crate) fn turns(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let switches = status.lines().filter(|line| line.contains("ctxt_switches:"));
    switches.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum()
}

/// The threads of a process; the first one has its number.
pub(crate) fn threads(pid: i32) -> Vec<i32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    threads.filter_map(|thread| thread.file_name().to_str()?.parse().ok()).collect()
}

/// For how long a process that sleeps was told to sleep, at the most since now: what it asked the system for, in seconds.
pub(crate) fn asleep_for(pid: i32) -> Option<f64> {
    let call = fs::read_to_string(format!("/proc/{pid}/syscall")).ok()?;
    let mut words = call.split_whitespace();
    let number: libc::c_long = words.next()?.parse().ok()?;
    let arguments: Vec<u64> =
        words.filter_map(|hex| u64::from_str_radix(hex.trim_start_matches("0x"), 16).ok()).collect();
    let (until, at) = match number {
        libc::SYS_nanosleep => (false, arguments.first()?),
        libc::SYS_clock_nanosleep => (*arguments.get(1)? == libc::TIMER_ABSTIME as u64, arguments.get(2)?),
        _ => return None,
    };
    let mut asked = [0; 16];
    fs::File::open(format!("/proc/{pid}/mem")).ok()?.read_exact_at(&mut asked, *at).ok()?;
    let [seconds, nanos] = asked.as_chunks().0 else { return None };
    let asked = i64::from_ne_bytes(*seconds) as f64 + i64::from_ne_bytes(*nanos) as f64 / 1e9;
    let now = Duration::from(clock_gettime(ClockId::CLOCK_MONOTONIC).ok()?).as_secs_f64();
    Some(if until { asked - now } else { asked })
}

/// Whether a process waits for some time at the most, and then goes on by itself.
pub(crate) fn has_an_end(pid: i32) -> bool {
    let call = fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
    let mut words = call.split_whitespace();
    let number: Option<libc::c_long> = words.next().and_then(|word| word.parse().ok());
    let argument = |which| words.clone().nth(which).and_then(|hex: &str| hex.strip_prefix("0x"));
    let is_zero = |which| argument(which).is_none_or(|hex| hex == "0");
    match number {
        Some(libc::SYS_nanosleep | libc::SYS_clock_nanosleep) => true,
        Some(libc::SYS_futex) => !is_zero(3),
        Some(libc::SYS_ppoll | libc::SYS_epoll_pwait) => !is_zero(2),
        #[cfg(target_arch = "x86_64")]
        Some(libc::SYS_poll) => argument(2).is_some_and(|hex| !hex.ends_with("ffffffff")),
        _ => false,
    }
}

pub(crate) fn waits_on(pid: i32) -> String {
    match Stat::of(pid).map(|stat| stat.state) {
        None => return "has just ended".to_owned(),
        Some('T' | 't') => return "stopped by a signal".to_owned(),
        Some('R') => return RUNNING.to_owned(),
        Some(_) => {}
    }
    // `running`, or the number of the system call and its arguments.
    let call = fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
    let mut words = call.split_whitespace();
    let number: Option<libc::c_long> = words.next().and_then(|word| word.parse().ok());
    let argument = words.next().and_then(|hex| u64::from_str_radix(hex.trim_start_matches("0x"), 16).ok());
    let file = || file_of(pid, argument);
    match number {
        Some(libc::SYS_futex) if in_a_queue(pid, argument) => {
            "a queue (full, empty, or with tasks that are not done)".to_owned()
        }
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
        Some(libc::SYS_openat) => "open a file (a named pipe that has no other end yet?)".to_owned(),
        Some(libc::SYS_nanosleep | libc::SYS_clock_nanosleep) => SLEEP.to_owned(),
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

/// Whether an address lies in the memory that the library shares between processes, where its queues wait.
fn in_a_queue(pid: i32, address: Option<u64>) -> bool {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    address.is_some_and(|address| {
        let holds = |range: &str| {
            let (from, to) = range.split_once('-')?;
            let number = |hex| u64::from_str_radix(hex, 16).ok();
            Some((number(from)?..number(to)?).contains(&address))
        };
        let mut shared = maps.lines().filter(|line| line.contains("/memfd:procession"));
        shared.any(|line| line.split(' ').next().and_then(holds).unwrap_or(false))
    })
}

fn file_of(pid: i32, descriptor: Option<u64>) -> String {
    let Some(descriptor) = descriptor else { return "a file".to_owned() };
    let target = fs::read_link(format!("/proc/{pid}/fd/{descriptor}")).unwrap_or_default();
    match target.to_string_lossy().as_ref() {
        "" => "a file".to_owned(),
        target if target.starts_with("pipe:") => "a pipe".to_owned(),
        target if target.starts_with("socket:") => "a socket".to_owned(),
        target if target.starts_with("/memfd:procession") => "a lock of the library".to_owned(),
        target => format!("`{target}`"),
    }
}
