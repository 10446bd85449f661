//! rejected: expected the son to name his father
//! Exercise 06: the father of an orphan.
//!
//! Grandfather, father and son are three processes, and each tells who its father is. The father ends first, and
//! suddenly. Asked after that, the system names the process that has adopted the son. Have the son name his real
//! father, although he speaks, as now, only when that one is dead.
//! `make check-06` checks it, `make try-06` runs it, `make reset-06` gives you this file back.

use std::os::unix::process::parent_id;
use std::process::{self, ExitCode};
use std::time::Duration;

use procession::{Error, Pipe, Process, Sender, parent_process};

fn grandfather() -> lesson::Result {
    println!("{} is the grandfather, his father is {}", process::id(), parent_id());
    let alive = Pipe::new()?;
    Process::new(move || father(alive.sender)).start()?.join()?;
    let _ = alive.receiver.recv(); // nothing comes but the end of file: the son has ended too
    Ok(())
}

fn father(alive: Sender<()>) -> Result<(), Error> {
    println!("{} is the father, his father is {}", process::id(), parent_id());
    let _son = Process::new(move || son(alive)).start()?;
    process::abort() // an end without waiting for anybody
}

fn son(_alive: Sender<()>) {
    let mut father = parent_process().map_or(0, |father| father.pid());
    while parent_process().is_some_and(|father| father.is_alive()) {
        father = parent_id(); // he may have died since the question before
        std::thread::sleep(Duration::from_millis(1));
    }
    println!("{} is the son, his father was {}", process::id(), father);
}

fn main() -> ExitCode {
    lesson::main("06", "exercise-06: three generations", |_| grandfather())
}
