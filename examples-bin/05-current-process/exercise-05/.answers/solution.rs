//! Exercise 05: who am I?
//!
//! Two children shall print their pids, each its own. Instead both print the Lord's: the number was asked for before
//! they were there, and each of them got a copy of it. Have each process tell its own pid.
//! `make check-05` checks it, `make try-05` runs it, `make reset-05` gives you this file back.

use std::process::ExitCode;

use procession::{Process, current_process};

fn task() {
    let pid = current_process().pid();
    println!("{pid} is running");
    lesson::sleep(1.0);
    println!("{pid} is done");
}

fn main() -> ExitCode {
    lesson::main("05", "exercise-05: three pids", |_| {
        let pid = current_process().pid();
        println!("Lord {pid}");
        let children = [Process::new(task).start()?, Process::new(task).start()?];
        lesson::join_all(&children)
    })
}
