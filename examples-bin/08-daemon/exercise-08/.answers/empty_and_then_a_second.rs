//! rejected: It waits for some time only, and that was over
//! Exercise 08: no line of the log may be lost.
//!
//! A daemon writes the log: the Emperor puts lines into a queue, and the daemon writes them down, slowly. When the
//! Emperor dies, the daemon dies with him, and with it the lines that were not yet written. Have every line written
//! before the end, however slow the writing is. The program still ends by itself.
//! `make check-08` checks it, `make try-08` runs it, `make reset-08` gives you this file back.

use std::process::ExitCode;

#[allow(unused_imports)] // your answer may need more than what is used now
use procession::{Error, JoinableQueue, Process, Queue};

fn write_log(lines: &JoinableQueue<String>) -> Result<(), Error> {
    loop {
        let line = lines.get()?;
        lesson::sleep(1.0); // a slow disk
        println!("log: {line}");
        lines.task_done()?;
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
        while !lines.is_empty()? {
            lesson::sleep(0.1);
        }
        lesson::sleep(2.0); // for the last one
        Ok(())
    })
}
