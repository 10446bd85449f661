//! accepted: all lines are one item, and the logger is no daemon
//! Exercise 08: no line of the log may be lost.
//!
//! A daemon writes the log: the Emperor puts lines into a queue, and the daemon writes them down, slowly. When the
//! Emperor dies, the daemon dies with him, and with it the lines that were not yet written. Have every line written
//! before the end, however slow the writing is. The program still ends by itself.
//! `make check-08` checks it, `make try-08` runs it, `make reset-08` gives you this file back.

use std::process::ExitCode;

use procession::{Error, Process, Queue};

fn write_log(lines: &Queue<Vec<String>>) -> Result<(), Error> {
    for line in lines.get()? {
        lesson::sleep(1.0); // a slow disk
        println!("log: {line}");
    }
    Ok(())
}

fn main() -> ExitCode {
    lesson::main("08", "exercise-08: a daemon that writes a log", |_| {
        let lines = Queue::new()?;
        let logger = Process::new(|| write_log(&lines)).start()?;
        lines.put(&["one", "two", "three"].map(str::to_owned).to_vec())?;
        println!("The Emperor is dying");
        logger.join()?;
        Ok(())
    })
}
