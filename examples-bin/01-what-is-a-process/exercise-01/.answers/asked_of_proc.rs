//! accepted: it asks /proc instead of calling functions
//! Exercise 01: what the system knows about you.
//!
//! A process can tell its pid, its parent's pid, the program that it runs and the folder that it works in. This one
//! tells what its author has seen once, on his own machine. Have it ask the system each time it runs. It must be right
//! also when the program has been copied under another name, and in whatever folder it is run.
//! Check it with `make check-01`.

use std::fs::{read_link, read_to_string};
use std::io;

fn main() -> io::Result<()> {
    let status = read_to_string("/proc/self/status")?;
    let field =
        |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
    let program = read_link("/proc/self/exe")?;
    let folder = read_link("/proc/self/cwd")?;
    println!("my pid is {}", field("Pid:"));
    println!("my parent's pid is {}", field("PPid:"));
    println!("I run the program {}", program.file_name().unwrap_or_default().to_string_lossy());
    println!("I work in the folder {}", folder.to_string_lossy());
    Ok(())
}
