//! Lesson 06: the process id and the parent's, from the operating system.

use std::os::unix::process::parent_id;
use std::process::{self, ExitCode};

use procession::Process;

fn task() {
    println!("{} is running Dad is {}", process::id(), parent_id());
    lesson::sleep(3.0);
    println!("{} is done dad is {}", process::id(), parent_id());
}

fn main() -> ExitCode {
    lesson::main("06", ABOUT, |args| {
        args.end();
        let _p = Process::new(task).start()?;
        println!("Lord {} father is {}", process::id(), parent_id()); // the father is the shell, or make
        Ok(())
    })
}

const ABOUT: &str = "
lesson-06: every process was started by another one, its parent. The system knows both numbers.

usage: lesson-06 [--help]

  --help          show this text";
