//! rejected: expected each process to tell its own pid
//! Exercise 05: who am I?
//!
//! Two children shall print their pids, each its own. Instead both print the Lord's: the number was asked for before
//! they were there, and each of them got a copy of it. Have each process tell its own pid.
//! Check it with `make check-05`.

use std::process::ExitCode;

use procession::{Process, Queue, current_process};

fn task(pids: &Queue<u32>) -> lesson::Result {
    let pid = pids.get()?; // of whom?
    println!("{pid} is running");
    lesson::sleep(1.0);
    println!("{pid} is done");
    Ok(())
}

fn main() -> ExitCode {
    lesson::main("05", "exercise-05: three pids", |_| {
        println!("Lord {}", current_process().pid());
        let pids = Queue::new()?;
        let children = [Process::new(|| task(&pids)).start()?, Process::new(|| task(&pids)).start()?];
        for child in &children {
            pids.put(&child.pid())?;
        }
        lesson::join_all(&children)
    })
}
