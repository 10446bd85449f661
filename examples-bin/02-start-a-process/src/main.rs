//! Lesson 02: start a process.

use std::process::ExitCode;

use procession::Process;

fn task(name: &str) {
    println!("{name} is running");
    lesson::sleep(3.0);
    println!("{name} is done");
}

fn main() -> ExitCode {
    lesson::main("02", ABOUT, |args| {
        args.end();
        let _p = Process::new(|| task("Little King")).start()?;
        println!("Lord"); // the two go on side by side: who prints first is anybody's guess
        Ok(())
    }) // nothing joins, and yet the program does not end before its child
}

const ABOUT: &str = "
lesson-02: start makes a second process, and both go on at the same time.

usage: lesson-02 [--help]

  --help          show this text";
