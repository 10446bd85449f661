//! A parallel map: the results come in the order of the inputs, whoever is done first.

use std::thread::available_parallelism;

use procession::{Error, Pipe, Process};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Calls `work` for each of the inputs, in as many processes as there are processors.
fn parallel_map<I, O>(inputs: &[I], work: impl Fn(&I) -> O) -> Result<Vec<O>, Error>
where
    O: Serialize + DeserializeOwned,
{
    let workers = available_parallelism().map_or(1, usize::from);
    let mut results = Vec::new();
    for first in 0..workers {
        let Pipe { sender, receiver } = Pipe::new()?;
        // Each has every n-th of them. A child has a copy of all memory: nobody needs to send the inputs.
        let mut part = inputs.iter().skip(first).step_by(workers);
        let work = &work;
        let _worker = Process::new(move || part.try_for_each(|input| sender.send(&work(input)))).start()?;
        results.push(receiver);
    }
    // Asked in turn. One that has died has closed its pipe: `Error::Eof`.
    (0..inputs.len()).map(|number| results[number % workers].recv()).collect()
}

fn primes_below(limit: &u32) -> usize {
    (2..*limit).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0)).count()
}

fn main() -> Result<(), Error> {
    let limits = [40_000, 10, 30_000, 100, 20_000, 1000];
    for (limit, primes) in limits.iter().zip(parallel_map(&limits, primes_below)?) {
        println!("{primes} primes below {limit}");
    }
    Ok(())
}
