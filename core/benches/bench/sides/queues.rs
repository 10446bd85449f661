//! Our queues, from processes to processes.

use std::time::Duration;

use procession::{JoinableQueue, Queue};

use crate::Result;
use crate::crew::{Job, Tally, run_exactly};
use crate::items::{Item, Text};
use crate::sample::sample;

/// `n` processes put, and `n` others get.
pub(crate) fn pass<T: Item>(maxsize: Option<usize>, n: u64) -> Result<f64> {
    sample(10 * n, |count| {
        let queue = match maxsize {
            Some(maxsize) => Queue::<T>::bounded(maxsize)?,
            None => Queue::new()?,
        };
        teams(count, n, &|item| Ok(queue.put(item)?), &|| Ok(queue.get()?), &|| Ok(()))
    })
}

/// The same with a `JoinableQueue`: each item is declared done, and those who put wait until all are.
pub(crate) fn all_done<T: Item>(n: u64) -> Result<f64> {
    sample(10 * n, |count| {
        let queue = JoinableQueue::<T>::new()?;
        let get = || {
            let item = queue.get()?;
            queue.task_done()?;
            Ok(item)
        };
        teams(count, n, &|item| Ok(queue.put(item)?), &get, &|| Ok(queue.join()?))
    })
}

fn teams<T: Item>(
    count: u64,
    n: u64,
    put: &dyn Fn(&T) -> Result,
    get: &dyn Fn() -> Result<T>,
    at_the_end: &dyn Fn() -> Result,
) -> Result<Duration> {
    let share = count / n;
    let mut jobs: Vec<Job<'_>> = vec![];
    for i in 0..n {
        jobs.push(Box::new(move || {
            let mut item = T::new();
            for number in i * share..(i + 1) * share {
                item.set(number);
                put(&item)?;
            }
            at_the_end()?;
            Ok(Tally::default())
        }));
        jobs.push(Box::new(move || {
            let mut seen = Tally::default();
            for _ in 0..share {
                seen.add(get()?.number());
            }
            Ok(seen)
        }));
    }
    run_exactly(jobs, count)
}

/// Half of the way there and back.
pub(crate) fn one_way() -> Result<f64> {
    let there_and_back = sample(100, |count| {
        let (there, back) = (Queue::<Text<64>>::new()?, Queue::<Text<64>>::new()?);
        let (there, back) = (&there, &back);
        let asks: Job<'_> = Box::new(move || {
            let (mut item, mut seen) = (Text::new(), Tally::default());
            for number in 0..count {
                item.set(number);
                there.put(&item)?;
                seen.add(back.get()?.number());
            }
            Ok(seen)
        });
        let answers: Job<'_> = Box::new(move || {
            for _ in 0..count {
                back.put(&there.get()?)?;
            }
            Ok(Tally::default())
        });
        run_exactly(vec![asks, answers], count)
    })?;
    Ok(there_and_back / 2.0)
}
