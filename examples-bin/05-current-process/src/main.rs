//! Lesson 05: the process id, from current_process.

use std::process::ExitCode;

use procession::{Process, current_process};

fn task() {
    println!("{} is running", current_process().pid());
    lesson::sleep(3.0);
    println!("{} is done", current_process().pid());
}

fn main() -> ExitCode {
    lesson::main("05", ABOUT, |args| {
        args.end();
        let _p = Process::new(task).start()?;
        println!("Lord {}", current_process().pid());
        Ok(())
    })
}

const ABOUT: &str = "
lesson-05: every process has a number of its own, the pid. current_process tells it, wherever you are.

usage: lesson-05 [--help]

  --help          show this text";
