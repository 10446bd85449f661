//! What a queue occupies.

use std::fs;
use std::os::unix::fs::MetadataExt;

use procession::Queue;

use crate::Result;

const QUEUES: usize = 20;

/// Queues that have been used: what is made at the first use is there.
fn used_queues(number: usize) -> Result<Vec<Queue<u64>>> {
    let mut queues = Vec::with_capacity(number);
    for _ in 0..number {
        let queue = Queue::bounded(100)?;
        queue.put(&7)?;
        queue.get()?;
        queues.push(queue);
    }
    Ok(queues)
}

/// Bytes of memory for each: of this process, and of nameless files that it holds. Pages of pipes belong to the kernel
/// and are shown nowhere; an empty pipe keeps at most two.
pub(crate) fn memory() -> Result<f64> {
    // The first one brings what all of them share.
    let _first = used_queues(1)?;
    let before = occupied()?;
    let queues = used_queues(QUEUES)?;
    let after = occupied()?;
    drop(queues);
    Ok(after.saturating_sub(before) as f64 / QUEUES as f64)
}

fn occupied() -> Result<u64> {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup")?;
    let kibibytes = |name: &str| -> Result<u64> {
        let line =
            rollup.lines().find_map(|line| line.strip_prefix(name)).ok_or("the kernel does not tell")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    };
    let mut files = 0;
    for entry in fs::read_dir("/proc/self/fd")? {
        let entry = entry?.path();
        let nameless = fs::read_link(&entry).is_ok_and(|name| name.to_string_lossy().starts_with("/memfd:"));
        files += if nameless { fs::metadata(&entry)?.blocks() * 512 } else { 0 };
    }
    // Files that are mapped would count twice.
    let shared = files.max(kibibytes("Pss_Shmem:")? * 1024);
    Ok((kibibytes("Pss_Anon:")? + kibibytes("Pss_File:")?) * 1024 + shared)
}

/// Descriptors for each, in a process that has put and got.
pub(crate) fn descriptors() -> Result<f64> {
    let _first = used_queues(1)?;
    let open = || -> Result<usize> { Ok(fs::read_dir("/proc/self/fd")?.count()) };
    let before = open()?;
    let _queues = used_queues(QUEUES)?;
    Ok((open()? - before) as f64 / QUEUES as f64)
}
