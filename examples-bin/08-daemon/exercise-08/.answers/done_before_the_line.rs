//! rejected: expected the program to wait for the daemon, which has a line to write; it ended before
//! Exercise 08: no line of the log may be lost.
//!
//! A daemon writes the log: the Emperor puts lines into a queue, and the daemon writes them down, slowly. When the
//! Emperor dies, the daemon dies with him, and with it the lines that were not yet written. Have every line written
//! before the end, however slow the writing is. The program still ends by itself.
//! Check it with `make check-08`.

use std::process::ExitCode;

use procession::{Error, JoinableQueue, Process};

fn write_log(lines: &JoinableQueue<String>) -> Result<(), Error> {
    loop {
        let line = lines.get()?;
        lesson::sleep(1.0); // a slow disk
        lines.task_done()?;
        println!("log: {line}");
    }
}

fn main() -> ExitCode {
    lesson::main("08", "exercise-08: a daemon that writes a log", |_| {
        let lines = JoinableQueue::new()?;
        let _logger = Process::new(|| write_log(&lines)).daemon(true).start()?;
        for line in ["one", "two", "three"] {
            lines.put(&line.to_owned())?;
        }
        println!("The Emperor is dying");
        lines.join()?;
        Ok(())
    })
}
