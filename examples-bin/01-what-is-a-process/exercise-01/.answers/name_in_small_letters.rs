//! rejected: expected the name under which the program runs
//! Exercise 01: what the system knows about you.
//!
//! A process can tell its pid, its parent's pid, the name of the program that it runs (not its whole path) and the
//! folder that it works in. This one tells what its author has seen once, on his own machine. Have it ask the system
//! each time it runs. It must be right also when the program has been copied under another name, however long, and in
//! whatever folder it is run.
//! `make check-01` checks it, `make try-01` runs it, `make reset-01` gives you this file back.

use std::{env, os::unix::process::parent_id, process};

fn main() -> std::io::Result<()> {
    let pid = process::id();
    let parent = parent_id();
    let program = env::current_exe()?;
    let program = program.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let folder = env::current_dir()?;
    let folder = folder.display();
    println!("my pid is {pid}");
    println!("my parent's pid is {parent}");
    println!("I run the program {program}");
    println!("I work in the folder {folder}");
    Ok(())
}
