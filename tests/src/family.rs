//! Every process that a run brought about: those in its process group, and those that carry its mark.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

/// The environment variable that marks the processes of a run. Children inherit it, and a process that leaves the
/// group (`setsid`) still has it.
pub(crate) use guard::MARK;

/// A mark no other run has: several runs are made by threads of one test process, and several test processes by one
/// command. It begins with the command's own mark, so that the guardian finds it.
pub(crate) fn new_mark() -> String {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    format!("{}.{}.{}", guard::mark(), std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed))
}

/// The processes of one run.
///
/// The first process leads the group. As long as it is not reaped, which the owner of the family sees to, the kernel
/// gives its number to no other process or group.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) main: Pid,
    /// The entry in `/proc/PID/environ`.
    mark: Vec<u8>,
}

impl Family {
    pub(crate) fn new(main: Pid, mark: &str) -> Family {
        Family { main, mark: format!("{MARK}={mark}").into_bytes() }
    }

    /// The members that run, in the order of their pids; a zombie runs no more.
    pub(crate) fn alive(&self) -> BTreeSet<i32> {
        let Ok(processes) = fs::read_dir("/proc") else { return BTreeSet::new() };
        let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        pids.filter(|&pid| self.has(pid)).collect()
    }

    /// Kills all members, and returns when none runs any more.
    pub(crate) fn kill(&self) {
        // For what even SIGKILL does not end soon, such as a process in an uninterruptible wait for a disk.
        self.kill_within(Duration::from_secs(10));
    }

    /// One look is not enough: a member may have just forked.
    fn kill_within(&self, limit: Duration) {
        let deadline = Instant::now() + limit;
        loop {
            // All of the group at one moment: who starts others faster than they are found one by one cannot go on.
            // ESRCH: nobody is left.
            let _ = killpg(self.main, Signal::SIGKILL);
            let alive = self.alive();
            for &pid in &alive {
                // ESRCH: it ended by itself meanwhile.
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
            // Looked at last: where there are very many, one look alone may take that long.
            if alive.is_empty() || Instant::now() > deadline {
                return;
            }
            sleep(Duration::from_millis(2));
        }
    }

    fn has(&self, pid: i32) -> bool {
        let Some(stat) = Stat::of(pid) else { return false };
        let marked = || {
            let environ = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            let mut entries = environ.split(|&byte| byte == 0);
            // A program of the run may be a check itself, with runs of its own.
            entries.any(|entry| matches!(entry.strip_prefix(&*self.mark), Some([] | [b'.', ..])))
        };
        !matches!(stat.state, 'Z' | 'X') && (stat.group == self.main.as_raw() || marked())
    }
}

/// What `/proc/PID/stat` tells.
pub(crate) struct Stat {
    pub(crate) state: char,
    group: i32,
}

impl Stat {
    /// `None` if there is no such process any more.
    pub(crate) fn of(pid: i32) -> Option<Stat> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name, in brackets, may itself hold brackets and spaces.
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        let state = fields.next()?.chars().next()?;
        let group = fields.nth(1)?.parse().ok()?;
        Some(Stat { state, group })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::Command;
    use std::time::Duration;

    use nix::unistd::Pid;

    use super::Family;

    /// However long a look takes, and if it is longer than all the time that there is.
    #[test]
    fn a_family_is_killed_before_time_is_up() {
        let mut child = Command::new("sleep").arg("20").process_group(0).spawn().expect("sleep");
        let family = Family::new(Pid::from_raw(child.id() as i32), "nobody's");
        family.kill_within(Duration::ZERO);
        assert!(!child.wait().expect("it is ours").success());
    }
}
