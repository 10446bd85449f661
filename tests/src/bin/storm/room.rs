//! What this program uses of the system, and whether that grows.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// What was found at one moment.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Use {
    pub(crate) descriptors: u64,
    /// Shared memory that the library has made, in KiB.
    pub(crate) shared: u64,
    /// Memory of the supervisor's own, in KiB.
    pub(crate) memory: u64,
}

/// What was found a while after the beginning and at the end of a storm, and the most files between.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub(crate) before: Use,
    pub(crate) after: Use,
    pub(crate) most_files: usize,
}

impl Room {
    pub(crate) fn look(&mut self, done: u64, of: u64) {
        if done.is_multiple_of(16) {
            self.most_files = self.most_files.max(files());
        }
        if done == of.div_ceil(10) {
            self.before = found();
        }
        if done == of {
            self.after = found();
        }
    }
}

/// How many large items, or parts of such, lie in the folder of this program: its TMPDIR is its own.
pub(crate) fn files() -> usize {
    let folders = fs::read_dir(std::env::temp_dir()).expect("a folder").flatten();
    folders.map(|folder| fs::read_dir(folder.path()).map_or(0, Iterator::count)).sum()
}

fn found() -> Use {
    let open = fs::read_dir("/proc/self/fd").expect("/proc").flatten();
    let open: Vec<PathBuf> = open.map(|entry| entry.path()).collect();
    let is_shared = |path: &&PathBuf| {
        fs::read_link(path).is_ok_and(|to| to.to_string_lossy().starts_with("/memfd:procession"))
    };
    // A block of `stat` is 512 bytes.
    let shared = open.iter().filter(is_shared).filter_map(|path| fs::metadata(path).ok());
    let shared = shared.map(|file| file.blocks()).sum::<u64>() / 2;
    let status = fs::read_to_string("/proc/self/status").expect("/proc");
    let own = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let memory = own.and_then(|own| own.trim().strip_suffix(" kB")?.parse().ok()).expect("a number");
    Use { descriptors: open.len() as u64, shared, memory }
}
