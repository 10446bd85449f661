//! rejected: expected the folder that it works in
//! Exercise 01: what the system knows about you.
//!
//! A process can tell its pid, its parent's pid, the program that it runs and the folder that it works in. This one
//! tells what its author has seen once, on his own machine. Have it ask the system each time it runs. It must be right
//! also when the program has been copied under another name, and in whatever folder it is run.
//! Check it with `make check-01`.

use std::env::{current_dir, current_exe};
use std::os::unix::process::parent_id;
use std::process;

fn main() -> std::io::Result<()> {
    let pid = process::id();
    let parent = parent_id();
    let program = current_exe()?;
    let program = program.file_name().unwrap_or_default().display();
    let folder = current_dir()?;
    println!("my pid is {pid}");
    println!("my parent's pid is {parent}");
    println!("I run the program {program}");
    println!("I work in the folder {folder:?}");
    Ok(())
}
