//! accepted: the name is what follows the last slash, and all is printed at once
//! Exercise 01: what the system knows about you.
//!
//! A process can tell its pid, its parent's pid, the program that it runs and the folder that it works in. This one
//! tells what its author has seen once, on his own machine. Have it ask the system each time it runs. It must be right
//! also when the program has been copied under another name, and in whatever folder it is run.
//! Check it with `make check-01`.

use std::env;
use std::os::unix::process::parent_id;
use std::process;

fn main() {
    let program = env::current_exe().expect("a program has a path").display().to_string();
    let program = program.rsplit('/').next().unwrap_or_default();
    let folder = env::current_dir().expect("a process has a folder").display().to_string();
    print!(
        "my pid is {}\nmy parent's pid is {}\nI run the program {program}\nI work in the folder {folder}\n",
        process::id(),
        parent_id(),
    );
}
