//! accepted: the Lord tells each child its pid, through a pipe of its own
//! Exercise 05: who am I?
//!
//! Two children shall print their pids, each its own. Instead both print the Lord's: the number was asked for before
//! they were there, and each of them got a copy of it. Have each process tell its own pid.
//! `make check-05` checks it, `make try-05` runs it, `make reset-05` gives you this file back.

use std::process::ExitCode;

use procession::{Pipe, Process, Receiver, current_process};

fn task(pid: &Receiver<u32>) -> lesson::Result {
    let pid = pid.recv()?;
    println!("{pid} is running");
    lesson::sleep(1.0);
    println!("{pid} is done");
    Ok(())
}

fn main() -> ExitCode {
    lesson::main("05", "exercise-05: three pids", |_| {
        let pid = current_process().pid();
        println!("Lord {pid}");
        let mut children = vec![];
        for _ in 0..2 {
            let Pipe { sender, receiver } = Pipe::new()?;
            let child = Process::new(move || task(&receiver)).start()?;
            sender.send(&child.pid())?;
            children.push(child);
        }
        lesson::join_all(&children)
    })
}
