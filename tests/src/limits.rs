//! How much a program may take before it is ended.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, Signal, signal};

/// How much memory a process of a learner's program may have of its own: 256 MB.
const MEMORY: u64 = 256 << 20;

/// How large a file of it may become: 64 MB.
const FILE: u64 = 64 << 20;

/// What makes the check end a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How many bytes it may print.
    pub(crate) bytes: usize,
    /// How many lines.
    pub(crate) lines: usize,
    /// How many of its processes may be alive at once.
    pub(crate) processes: usize,
    /// At how many looks, two a second, all of it may be found waiting for what none of it will do.
    pub(crate) stuck: u32,
}

impl Limits {
    /// More than a scene with five thousand processes needs, or one that prints a hundred thousand lines.
    pub(crate) const SCENE: Limits =
        Limits { bytes: 4 << 20, lines: 200_000, processes: 6000, stuck: u32::MAX };

    /// More than any right answer needs, and little enough that one without end is over in a moment.
    pub(crate) const LEARNER: Limits = Limits { bytes: 1 << 20, lines: 10_000, processes: 100, stuck: 16 };
}

/// Has the kernel refuse memory and larger files to the program of `command`, and to all that it starts.
pub(crate) fn restrict(command: &mut Command) {
    let restrict = || -> io::Result<()> {
        // What is shared, or is reserved and not used, does not count.
        setrlimit(Resource::RLIMIT_DATA, MEMORY, MEMORY)?;
        setrlimit(Resource::RLIMIT_FSIZE, FILE, FILE)?;
        // So the write fails, and its error tells why. The signal would end the process without a word.
        // SAFETY: to ignore a signal runs no function of ours that it could interrupt anything with.
        unsafe { signal(Signal::SIGXFSZ, SigHandler::SigIgn) }?;
        Ok(())
    };
    // SAFETY: between fork and exec it only makes system calls, and allocates nothing.
    unsafe { command.pre_exec(restrict) };
}
