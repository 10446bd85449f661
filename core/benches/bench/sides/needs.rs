//! What a queue occupies.

use std::fs;
use std::os::unix::fs::MetadataExt;

use procession::Queue;

use crate::Result;
use crate::items::{Item, Text};

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

/// How many items wait.
const WAITING: u64 = 100_000;

/// Bytes of memory for each item that waits.
pub(crate) fn waiting() -> Result<f64> {
    let queue = Queue::<Text<64>>::new()?;
    let (before, _) = with_a_backlog(&queue)?;
    Ok(occupied()?.saturating_sub(before) as f64 / WAITING as f64)
}

/// Bytes of memory that are left when so many items have waited and are gone.
pub(crate) fn gone() -> Result<f64> {
    let queue = Queue::<Text<64>>::new()?;
    let (before, last) = with_a_backlog(&queue)?;
    for number in 0..=last {
        if queue.get()?.number() != number {
            return Err("it is not first in, first out".into());
        }
    }
    Ok(occupied()?.saturating_sub(before) as f64)
}

/// Fills a queue that has been used. Answers what was occupied before, and which item is the last.
fn with_a_backlog(queue: &Queue<Text<64>>) -> Result<(u64, u64)> {
    let mut item = Text::new();
    item.set(0);
    queue.put(&item)?;
    queue.get()?;
    let before = occupied()?;
    for number in 0..WAITING {
        item.set(number);
        queue.put(&item)?;
    }
    Ok((before, WAITING - 1))
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
