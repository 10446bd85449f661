//! rejected: who then is an orphan;
//! Exercise 06: the father of an orphan.
//!
//! Grandfather, father and son are three processes, and each tells who its father is. The father ends first, and
//! suddenly. Asked after that, the system names the process that has adopted the son. Have the son name his real
//! father, although he speaks, as now, only when that one is dead.
//! Check it with `make check-06`.

use std::os::unix::process::parent_id;
use std::process::{self, ExitCode};

use procession::Process;

fn grandfather() -> lesson::Result {
    println!("{} is the grandfather, his father is {}", process::id(), parent_id());
    let father = Process::new(father).start()?;
    let pid = father.pid();
    father.join()?;
    Process::new(move || son(pid)).start()?.join()?;
    Ok(())
}

fn father() {
    println!("{} is the father, his father is {}", process::id(), parent_id());
    process::abort() // an end without waiting for anybody
}

fn son(father: u32) {
    println!("{} is the son, his father was {}", process::id(), father);
}

fn main() -> ExitCode {
    lesson::main("06", "exercise-06: three generations", |_| grandfather())
}
