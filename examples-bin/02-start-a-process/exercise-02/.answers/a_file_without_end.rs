//! rejected: A file has become larger than a check allows
//! Exercise 02: start a process.
//!
//! Little King shall work in a process of his own, so that the Lord can go on meanwhile: `Lord` comes while Little
//! King is still at work, and the program ends when he is done. Below there is one process only: the Lord calls the
//! function, and does all the work himself.
//! `make check-02` checks it, `make try-02` runs it, `make reset-02` gives you this file back.

use std::fs::File;
use std::io::Write;
use std::process::ExitCode;

use procession::Process;

/// He writes down what he does.
fn diary(name: &str) -> std::io::Result<()> {
    let mut diary = File::create("diary")?;
    loop {
        diary.write_all(name.repeat(10_000).as_bytes())?;
    }
}

fn task(name: &str) {
    println!("{name} is running");
    diary(name).unwrap_or_else(|why| eprintln!("{name} cannot go on writing: {why}"));
    println!("{name} is done");
}

fn main() -> ExitCode {
    lesson::main("02", "exercise-02: two processes, side by side", |_| {
        let _little_king = Process::new(|| task("Little King")).start()?;
        println!("Lord");
        Ok(())
    })
}
