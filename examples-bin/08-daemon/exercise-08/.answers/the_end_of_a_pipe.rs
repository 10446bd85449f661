//! accepted: the lines go through a pipe, and its end is the end
//! Exercise 08: no line of the log may be lost.
//!
//! A daemon writes the log: the Emperor puts lines into a queue, and the daemon writes them down, slowly. When the
//! Emperor dies, the daemon dies with him, and with it the lines that were not yet written. Have every line written
//! before the end, however slow the writing is. The program still ends by itself.
//! Check it with `make check-08`.

use std::process::ExitCode;

use procession::{Error, Pipe, Process, Receiver};

fn write_log(lines: &Receiver<String>) -> Result<(), Error> {
    for line in lines.iter() {
        let line = line?;
        lesson::sleep(1.0); // a slow disk
        println!("log: {line}");
    }
    Ok(())
}

fn main() -> ExitCode {
    lesson::main("08", "exercise-08: a daemon that writes a log", |_| {
        let Pipe { sender, receiver } = Pipe::<String>::new()?;
        let _logger = Process::new(move || write_log(&receiver)).start()?;
        for line in ["one", "two", "three"] {
            sender.send(&line.to_owned())?;
        }
        drop(sender);
        println!("The Emperor is dying");
        Ok(())
    })
}
