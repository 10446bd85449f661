//! Queues in which more waits than their pipe holds, or would like to.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use nix::libc;
use nix::unistd::{Gid, Uid, setgid, setuid};
use procession::Queue;

use crate::Result;
use crate::crew::{Job, Tally, run_exactly};
use crate::items::{Item, Text};
use crate::sample::{least, sample};
use crate::sides::locks::shared_number;
use crate::sides::queues;

/// Puts a million items, and then gets them; nanoseconds for each.
pub(crate) fn put_then_get<T: Item>() -> Result<f64> {
    let count = if least().as_millis() < 300 { 10_000 } else { 1_000_000 };
    let (queue, mut item) = (Queue::new()?, T::new());
    let start = Instant::now();
    for number in 0..count {
        item.set(number);
        queue.put(&item)?;
    }
    for number in 0..count {
        let got: T = queue.get()?;
        if got.number() != number {
            return Err("it is not first in, first out".into());
        }
    }
    Ok(start.elapsed().as_nanos() as f64 / count as f64)
}

/// The pipe holds 4096.
const LAG: u64 = 10_000;

/// One process puts, and one other gets, which is never so near that it could have the next ten thousand.
pub(crate) fn lagging<T: Item>() -> Result<f64> {
    let put = shared_number()?;
    sample(10, |count| {
        let queue = Queue::new()?;
        put.store(0, Relaxed);
        let putter: Job<'_> = Box::new(|| {
            let mut item = T::new();
            for number in 0..count {
                item.set(number);
                queue.put(&item)?;
                put.store(number + 1, Relaxed);
            }
            Ok(Tally::default())
        });
        let getter: Job<'_> = Box::new(|| {
            let mut seen = Tally::default();
            for number in 0..count {
                while put.load(Relaxed) < count.min(number + LAG) {
                    std::thread::yield_now();
                }
                seen.add(queue.get()?.number());
            }
            Ok(seen)
        });
        run_exactly(vec![putter, getter], count)
    })
}

/// An ordinary user's queue, when it has so many others already. Pipes are rationed, though not for root.
pub(crate) fn beside_others(others: u64) -> Result<f64> {
    if Uid::effective().is_root() {
        let nobody_else = 1_000_000 + std::process::id();
        setgid(Gid::from_raw(nobody_else))?;
        setuid(Uid::from_raw(nobody_else))?;
        // SAFETY: it only sets a flag: /proc/self is this process's own again.
        unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1) };
    }
    let _others = (0..others).map(|_| Queue::<u64>::new()).collect::<std::result::Result<Vec<_>, _>>()?;
    queues::pass::<Text<64>>(None, 1)
}
