//! Ten processes wait, and messages come one by one: how often is one of them woken, per message?
//!
//! The kernel counts how often each has gone to sleep by itself. A message that wakes one who takes it and goes to sleep
//! again costs one; whoever is woken in vain costs one more.

use std::io::{Read, Write, pipe};
use std::time::Duration;

use procession::{Child, Process, Queue};

use crate::Result;
use crate::sample::least;

const CONSUMERS: usize = 10;

/// After this all of them sleep.
const CALM: Duration = Duration::from_millis(50);

fn messages() -> u64 {
    (1000 * least().as_millis() as u64 / 300).clamp(50, 1000)
}

pub(crate) fn ours() -> Result<f64> {
    let queue = Queue::<u64>::new()?;
    count(|| Ok(queue.get()?), |number| Ok(queue.put(&number)?))
}

/// One blocking read on a pipe.
pub(crate) fn raw() -> Result<f64> {
    let (reader, mut writer) = pipe()?;
    let get = || {
        let mut number = [0; 8];
        (&reader).read_exact(&mut number)?;
        Ok(u64::from_ne_bytes(number))
    };
    count(get, |number| Ok(writer.write_all(&number.to_ne_bytes())?))
}

fn count(get: impl Fn() -> Result<u64>, mut put: impl FnMut(u64) -> Result) -> Result<f64> {
    let messages = messages();
    let (mut seen, say) = pipe()?;
    let get = &get;
    let say = &say;
    let consume = move || -> Result {
        let (mut seen, mut say) = ([0_u64; 2], say);
        loop {
            match get()? {
                0 => break,
                number => seen = [seen[0] + 1, seen[1] + number],
            }
        }
        Ok(say.write_all(&seen.map(u64::to_ne_bytes).concat())?)
    };
    let start = || Process::new(|| consume().map_err(|e| e.to_string())).daemon(true).start();
    let consumers = (0..CONSUMERS).map(|_| start()).collect::<std::result::Result<Vec<_>, _>>()?;
    std::thread::sleep(4 * CALM);
    let before = sleeps(&consumers)?;
    for number in 1..=messages {
        put(number)?;
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(CALM);
    let after = sleeps(&consumers)?;
    let mut all = [0; 2];
    for _ in &consumers {
        put(0)?;
    }
    for _ in &consumers {
        let mut words = [[0; 8]; 2];
        seen.read_exact(words.as_flattened_mut())?;
        let [count, sum] = words.map(u64::from_ne_bytes);
        all = [all[0] + count, all[1] + sum];
    }
    for consumer in consumers {
        consumer.join()?;
    }
    if all != [messages, messages * (messages + 1) / 2] {
        return Err(format!("{messages} messages were put, and {all:?} is what came").into());
    }
    Ok((after - before) as f64 / messages as f64)
}

/// How often these processes have gone to sleep by themselves.
fn sleeps(processes: &[Child]) -> Result<u64> {
    let mut sum = 0;
    for process in processes {
        let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        sum += line.ok_or("the kernel does not count")?.trim().parse::<u64>()?;
    }
    Ok(sum)
}
