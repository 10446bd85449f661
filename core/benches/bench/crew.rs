//! Processes that begin together.

use std::io::{Read, Write, pipe};
use std::time::{Duration, Instant};

use procession::Process;

use crate::Result;

/// What a process of a crew has seen pass.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) count: u64,
    pub(crate) sum: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, number: u64) {
        self.count += 1;
        self.sum += number;
    }

    /// What must have passed if the numbers below `count` did.
    pub(crate) fn of_all_below(count: u64) -> Tally {
        Tally { count, sum: count * count.saturating_sub(1) / 2 }
    }
}

pub(crate) type Job<'a> = Box<dyn FnOnce() -> Result<Tally> + 'a>;

/// Runs each job in a process of its own, and tells how long it took from the word "go", spoken when all of them were
/// there, until the last one was done, and what they saw pass in sum. Starting and ending the processes does not count.
pub(crate) fn run(jobs: Vec<Job<'_>>) -> Result<(Duration, Tally)> {
    let number = jobs.len();
    let (mut here, ready) = pipe()?;
    let (go, mut say_go) = pipe()?;
    let (mut results, result) = pipe()?;
    let zero = Instant::now(); // all processes know the same clock
    let mut children = Vec::new();
    for job in jobs {
        let (mut ready, mut go, mut result) = (&ready, &go, &result);
        // A daemon: if one of them fails, the others must not wait for it for ever.
        let life = Process::new(move || {
            ready.write_all(b".")?;
            go.read_exact(&mut [0])?;
            let seen = job().unwrap_or_else(|error| {
                eprintln!("{error}");
                Tally { count: u64::MAX, sum: 0 }
            });
            let words = [seen.count, seen.sum, zero.elapsed().as_nanos() as u64];
            result.write_all(&words.map(u64::to_ne_bytes).concat())
        });
        children.push(life.daemon(true).start()?);
    }
    drop(result);
    here.read_exact(&mut vec![0; number])?;
    let start = zero.elapsed();
    say_go.write_all(&vec![b'.'; number])?;
    let (mut all, mut end) = (Tally::default(), start);
    for _ in 0..number {
        let mut words = [[0; 8]; 3];
        results
            .read_exact(words.as_flattened_mut())
            .map_err(|e| format!("a process ended too early: {e}"))?;
        let [count, sum, nanos] = words.map(u64::from_ne_bytes);
        if count == u64::MAX {
            return Err("a process failed".into());
        }
        all = Tally { count: all.count + count, sum: all.sum + sum };
        end = end.max(Duration::from_nanos(nanos));
    }
    for child in children {
        child.join()?;
    }
    Ok((end - start, all))
}

/// As [`run`], and nothing was lost, doubled or changed on the way.
pub(crate) fn run_exactly(jobs: Vec<Job<'_>>, count: u64) -> Result<Duration> {
    let (took, seen) = run(jobs)?;
    let expected = Tally::of_all_below(count);
    if seen == expected { Ok(took) } else { Err(format!("{expected:?} was put, and {seen:?} got").into()) }
}
