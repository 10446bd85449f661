//! rejected: expected each task to be done once
//! Exercise 11b: a worker dies, and the work is done all the same.
//!
//! Four tasks, two workers; and somebody kills a worker in the middle of a task (try it: `kill -9`). `join` then
//! answers with an error: `Error::TasksLost` says how many tasks have died with their workers, but not which ones.
//! Have every task done, and none of them twice: the workers write into `done` what they have done.
//! `make check-11b` checks it, `make try-11b` runs it, `make reset-11b` gives you this file back.

use std::process::ExitCode;

use procession::{Error, JoinableQueue, Process, Queue};

fn worker(tasks: &JoinableQueue<u32>, done: &Queue<u32>) -> Result<(), Error> {
    loop {
        let task = tasks.get()?;
        println!("task {task} begins, with {}", std::process::id());
        println!("task {task} is done");
        lesson::sleep(1.0);
        done.put(&task)?;
        tasks.task_done()?;
    }
}

fn main() -> ExitCode {
    lesson::main("11b", "exercise-11b: four tasks, two workers, and a death", |_| {
        let (tasks, done) = (JoinableQueue::new()?, Queue::new()?);
        for _ in 0..2 {
            let _worker = Process::new(|| worker(&tasks, &done)).daemon(true).start()?;
        }
        let mut missing: Vec<u32> = (0..4).collect();
        while !missing.is_empty() {
            for task in &missing {
                tasks.put(task)?;
            }
            while let Err(error) = tasks.join() {
                if !matches!(error, Error::TasksLost { .. }) {
                    return Err(error.into());
                } // otherwise the rest is still to be waited for
            }
            while !done.is_empty()? {
                let task = done.get()?;
                missing.retain(|other| *other != task);
            }
        }
        println!("4 tasks are done");
        Ok(())
    })
}
