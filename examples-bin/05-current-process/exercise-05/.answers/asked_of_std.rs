//! accepted: the standard library is asked
//! Exercise 05: who am I?
//!
//! Two children shall print their pids, each its own. Instead both print the Lord's: the number was asked for before
//! they were there, and each of them got a copy of it. Have each process tell its own pid.
//! Check it with `make check-05`.

use std::process::{self, ExitCode};

use procession::Process;

fn task() {
    let pid = process::id();
    println!("{pid} is running");
    lesson::sleep(1.0);
    println!("{pid} is done");
}

fn main() -> ExitCode {
    lesson::main("05", "exercise-05: three pids", |_| {
        let pid = process::id();
        println!("Lord {pid}");
        let children = [Process::new(task).start()?, Process::new(task).start()?];
        lesson::join_all(&children)
    })
}
