//! rejected: expected
//! Exercise 02: start a process.
//!
//! Little King shall work in a process of his own, so that the Lord can go on meanwhile: `Lord` comes while Little
//! King is still at work, and the program ends when he is done. Below there is one process only: the Lord calls the
//! function, and does all the work himself.
//! Check it with `make check-02`.

use std::process::ExitCode;

fn task(name: &str) {
    println!("{name} is running");
    lesson::sleep(3.0);
    println!("{name} is done");
}

fn main() -> ExitCode {
    lesson::main("02", "exercise-02: two processes, side by side", |_| {
        let little_king = std::thread::spawn(|| task("Little King"));
        println!("Lord");
        let _ = little_king.join();
        Ok(())
    })
}
