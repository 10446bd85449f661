//! rejected: expected the pid that the kernel has given
//! Exercise 01: what the system knows about you.
//!
//! A process can tell its pid, its parent's pid, the program that it runs and the folder that it works in. This one
//! tells what its author has seen once, on his own machine. Have it ask the system each time it runs. It must be right
//! also when the program has been copied under another name, and in whatever folder it is run.
//! Check it with `make check-01`.

use std::env::{args, current_dir, current_exe};
use std::os::unix::process::parent_id;
use std::process::{self, Command};

fn main() -> std::io::Result<()> {
    if args().nth(1).is_none() {
        Command::new(current_exe()?).arg("again").status()?;
        return Ok(());
    }
    println!("my pid is {}", process::id());
    println!("my parent's pid is {}", parent_id());
    println!("I run the program {}", current_exe()?.file_name().unwrap_or_default().display());
    println!("I work in the folder {}", current_dir()?.display());
    Ok(())
}
