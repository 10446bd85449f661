//! Lesson 07: the name of a process, and how to end it.

use std::os::unix::process::parent_id;
use std::process::{self, ExitCode};
use std::time::Duration;

use procession::{Process, exitcode};

fn task() {
    println!("{} is running Dad is {}", process::id(), parent_id());
    std::thread::sleep(Duration::from_secs(60)); // real time at every pace: the signal comes first
    println!("{} is done dad is {}", process::id(), parent_id());
}

fn main() -> ExitCode {
    lesson::main("07", ABOUT, |args| {
        args.end();
        let p = Process::new(task).start()?;
        println!("{}", p.name());
        p.terminate()?; // only sends a signal: it takes time to arrive
        println!("{}", python_bool(p.is_alive()?));
        let status = p.join()?; // waits until it has
        println!("{}", python_bool(p.is_alive()?));
        println!("{}", exitcode(status));
        println!("Lord {} father is {}", process::id(), parent_id());
        Ok(())
    })
}

/// The tutorial's lines are Python's.
fn python_bool(yes: bool) -> &'static str {
    if yes { "True" } else { "False" }
}

const ABOUT: &str = "
lesson-07: a process has a name, can be ended by another one, and tells how it ended.

usage: lesson-07 [--help]

  --help          show this text";
