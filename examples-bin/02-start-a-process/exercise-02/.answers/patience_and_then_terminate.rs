//! rejected: expected the program to wait for Little King; it ended before
//! Exercise 02: start a process.
//!
//! Little King shall work in a process of his own, so that the Lord can go on meanwhile: `Lord` comes while Little
//! King is still at work, and the program ends when he is done. Below there is one process only: the Lord calls the
//! function, and does all the work himself.
//! Check it with `make check-02`.

use std::process::ExitCode;
use std::time::Duration;

use procession::Process;

fn task(name: &str) {
    println!("{name} is running");
    lesson::sleep(3.0);
    println!("{name} is done");
}

fn main() -> ExitCode {
    lesson::main("02", "exercise-02: two processes, side by side", |_| {
        let little_king = Process::new(|| task("Little King")).start()?;
        println!("Lord");
        if little_king.join_timeout(Duration::from_secs(10))?.is_none() {
            little_king.terminate()?;
        }
        Ok(())
    })
}
