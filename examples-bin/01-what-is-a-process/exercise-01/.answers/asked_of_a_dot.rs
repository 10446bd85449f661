//! accepted: the folder is the one that `.` names, and the name is in the command line
//! Exercise 01: what the system knows about you.
//!
//! A process can tell its pid, its parent's pid, the name of the program that it runs (not its whole path) and the
//! folder that it works in. This one tells what its author has seen once, on his own machine. Have it ask the system
//! each time it runs. It must be right also when the program has been copied under another name, however long, and in
//! whatever folder it is run.
//! `make check-01` checks it, `make try-01` runs it, `make reset-01` gives you this file back.

use std::{os::unix::process::parent_id, process};

fn main() -> std::io::Result<()> {
    let pid = process::id();
    let parent = parent_id();
    let line = std::fs::read_to_string("/proc/self/cmdline")?;
    let program = line.split('\0').next().unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or_default();
    let folder = std::fs::canonicalize(".")?;
    let folder = folder.display();
    println!("my pid is {pid}");
    println!("my parent's pid is {parent}");
    println!("I run the program {program}");
    println!("I work in the folder {folder}");
    Ok(())
}
