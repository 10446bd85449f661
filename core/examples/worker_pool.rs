//! A pool of workers that is filled again when one dies, and a task that died with it is done by another.

use std::collections::BTreeMap;

use procession::{Child, Error, JoinableQueue, Process, Queue};

type Task = u32;

struct Pool {
    tasks: JoinableQueue<(Task, usize)>,
    results: Queue<(Task, u64)>,
}

impl Pool {
    fn start_worker(&self) -> Result<Child, Error> {
        let work = || -> Result<(), Error> {
            loop {
                let (task, attempt) = self.tasks.get()?;
                if task == 7 && attempt == 1 {
                    std::process::exit(1); // a bug, say, or the system was short of memory
                }
                self.results.put(&(task, u64::from(task).pow(2)))?;
                self.tasks.task_done()?;
            }
        };
        Process::new(work).daemon(true).start()
    }

    /// Waits until each task is done, or has died with its worker.
    fn join(&self) -> Result<(), Error> {
        loop {
            match self.tasks.join() {
                Err(Error::TasksLost { workers, .. }) => {
                    for _dead in workers {
                        println!("a worker died; another one takes its place");
                        let _worker = self.start_worker()?;
                    }
                }
                answer => return answer,
            }
        }
    }
}

fn main() -> Result<(), Error> {
    let pool = Pool { tasks: JoinableQueue::new()?, results: Queue::new()? };
    for _ in 0..3 {
        let _worker = pool.start_worker()?;
    }
    let mut results = BTreeMap::new();
    for attempt in 1..=3 {
        for task in (1..=10).filter(|task| !results.contains_key(task)) {
            pool.tasks.put(&(task, attempt))?;
        }
        pool.join()?;
        while let Ok((task, result)) = pool.results.try_get() {
            results.insert(task, result);
        }
        println!("attempt {attempt}: {} of 10 are done", results.len());
        if results.len() == 10 {
            break;
        }
    }
    println!("their sum is {}", results.values().sum::<u64>());
    Ok(())
}
