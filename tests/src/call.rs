//! A call that a process is about to make at the [gate](crate::gate), and what can be asked about it.

use std::fs;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use nix::libc;

/// A call that a process is about to make.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The process.
    pub pid: i32,
    pub(crate) id: u64,
    pub(crate) number: libc::c_long,
    pub(crate) arguments: [u64; 6],
}

impl Call {
    /// The text that it writes to stdout.
    pub fn line(&self) -> Option<String> {
        (self.number == libc::SYS_write && self.arguments[0] == 1)
            .then(|| self.text(self.arguments[1], self.arguments[2]).trim_end().to_owned())
    }

    /// Whether it writes into a pipe: that is how an item gets into a queue, or a message on its way. (One byte is none:
    /// so the lessons see to it that of several processes one complains.)
    pub fn puts(&self) -> bool {
        let file = || fs::read_link(format!("/proc/{}/fd/{}", self.pid, self.arguments[0]));
        self.number == libc::SYS_write
            && self.arguments[2] > 1
            && file().is_ok_and(|file| file.to_string_lossy().starts_with("pipe:"))
    }

    /// Whether it has just come into the world, and has done nothing yet.
    pub fn is_born(&self) -> bool {
        self.number == libc::SYS_set_robust_list
    }

    /// Whether it ends itself: by an exit, or by an abort.
    pub fn ends_itself(&self) -> bool {
        [libc::SYS_exit_group, libc::SYS_tgkill].contains(&self.number)
    }

    /// Whether it sleeps for some time.
    pub fn sleeps(&self) -> bool {
        [libc::SYS_nanosleep, libc::SYS_clock_nanosleep].contains(&self.number)
    }

    /// Whether it sleeps for so long that nobody would do that only to ask again soon.
    pub fn sleeps_long(&self) -> bool {
        self.sleeps() && self.waits_at_most().is_some_and(|time| time > Duration::from_secs(1))
    }

    /// Whether it waits for some time at the most, be it that it sleeps or that it waits for a file, a pipe or a child. For a
    /// mutex and the like everybody waits that way, and again.
    pub fn waits_for_some_time(&self) -> bool {
        self.number != libc::SYS_futex && self.waits_at_most().is_some()
    }

    /// For how long it waits at most, whatever for. A time of day counts as some time.
    pub(crate) fn waits_at_most(&self) -> Option<Duration> {
        let arguments = &self.arguments;
        let time = match self.number {
            libc::SYS_nanosleep => 0,
            libc::SYS_clock_nanosleep => 2,
            #[cfg(target_arch = "x86_64")]
            libc::SYS_poll => {
                let milliseconds = u64::try_from(arguments[2] as i32).ok()?;
                return (milliseconds > 0).then_some(Duration::from_millis(milliseconds));
            }
            libc::SYS_ppoll => 2,
            libc::SYS_futex => match arguments[1] as i32 & libc::FUTEX_CMD_MASK {
                libc::FUTEX_WAIT => 3,
                libc::FUTEX_WAIT_BITSET if arguments[3] != 0 => return Some(Duration::from_nanos(1)),
                _ => return None,
            },
            _ => return None,
        };
        let time = self.bytes(arguments[time], 16);
        let [seconds, nanos] = time.as_chunks().0 else { return None };
        let time = Duration::new(u64::from_ne_bytes(*seconds), u64::from_ne_bytes(*nanos) as u32);
        (time > Duration::ZERO).then_some(time)
    }

    /// Whether it asks if a child has ended, and does not wait for that.
    pub fn asks_after_a_child(&self) -> bool {
        let options = match self.number {
            libc::SYS_wait4 => self.arguments[2],
            libc::SYS_waitid => self.arguments[3],
            _ => return false,
        };
        options & libc::WNOHANG as u64 != 0
    }

    /// Whether it asks who its parent is.
    pub fn asks_for_its_parent(&self) -> bool {
        self.number == libc::SYS_getppid
    }

    /// The path of a file that it opens to write, or replaces.
    pub fn writes_to(&self) -> Option<String> {
        let path = match self.number {
            libc::SYS_openat if self.arguments[2] & libc::O_ACCMODE as u64 != libc::O_RDONLY as u64 => 1,
            libc::SYS_renameat | libc::SYS_renameat2 => 3,
            #[cfg(target_arch = "x86_64")]
            libc::SYS_rename => 1,
            _ => return None,
        };
        let text = self.text(self.arguments[path], libc::PATH_MAX as u64);
        text.split('\0').next().map(str::to_owned)
    }

    /// What lies at an address of the process.
    fn bytes(&self, at: u64, length: u64) -> Vec<u8> {
        let mut bytes = vec![0; length.min(4096) as usize];
        let memory = fs::File::open(format!("/proc/{}/mem", self.pid));
        // As far as there is memory.
        let read = memory.and_then(|memory| memory.read_at(&mut bytes, at));
        bytes.truncate(read.unwrap_or(0));
        bytes
    }

    fn text(&self, at: u64, length: u64) -> String {
        String::from_utf8_lossy(&self.bytes(at, length)).into_owned()
    }
}
