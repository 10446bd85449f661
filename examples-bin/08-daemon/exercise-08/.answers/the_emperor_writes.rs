//! rejected: expected `log: one` to be written by a child process; the program's first process wrote it
//! Exercise 08: no line of the log may be lost.
//!
//! A daemon writes the log: the Emperor puts lines into a queue, and the daemon writes them down, slowly. When the
//! Emperor dies, the daemon dies with him, and with it the lines that were not yet written. Have every line written
//! before the end, however slow the writing is. The program still ends by itself.
//! Check it with `make check-08`.

use std::process::ExitCode;

fn write_log(line: &str) {
    lesson::sleep(1.0); // a slow disk
    println!("log: {line}");
}

fn main() -> ExitCode {
    lesson::main("08", "exercise-08: a daemon that writes a log", |_| {
        for line in ["one", "two", "three"] {
            write_log(line);
        }
        println!("The Emperor is dying");
        Ok(())
    })
}
