//! What this program uses of the system, and whether that grows.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// What was found at one moment.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Use {
    pub(crate) descriptors: u64,
    /// The memory of what waits behind the pipe, in KiB.
    pub(crate) overflow: u64,
    /// Memory of the supervisor's own, in KiB.
    pub(crate) memory: u64,
}

/// What was found a while after the beginning and at the end of a storm.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub(crate) before: Use,
    pub(crate) after: Use,
}

impl Room {
    pub(crate) fn look(&mut self, done: u64, of: u64) {
        if done == of.div_ceil(10) {
            self.before = found();
        }
        if done == of {
            self.after = found();
        }
    }
}

/// How many files lie in the folder of this program: its TMPDIR is its own.
pub(crate) fn files() -> usize {
    fs::read_dir(std::env::temp_dir()).expect("a folder").count()
}

/// The memory of what waits behind a pipe, in KiB.
pub(crate) fn overflow() -> u64 {
    found().overflow
}

fn found() -> Use {
    let open = fs::read_dir("/proc/self/fd").expect("/proc").flatten();
    let open: Vec<PathBuf> = open.map(|entry| entry.path()).collect();
    let is_overflow = |path: &&PathBuf| {
        fs::read_link(path).is_ok_and(|to| to.to_string_lossy().starts_with("/memfd:procession"))
    };
    // A block of `stat` is 512 bytes.
    let overflow = open.iter().filter(is_overflow).filter_map(|path| fs::metadata(path).ok());
    let overflow = overflow.map(|file| file.blocks()).sum::<u64>() / 2;
    let status = fs::read_to_string("/proc/self/status").expect("/proc");
    let own = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let memory = own.and_then(|own| own.trim().strip_suffix(" kB")?.parse().ok()).expect("a number");
    Use { descriptors: open.len() as u64, overflow, memory }
}
