//! A child that works, and a parent that shows how far it is and can do something else meanwhile.

use std::io::{IsTerminal, Write, stdout};
use std::thread::sleep;
use std::time::Duration;

use procession::{Error, Pipe, Process, Sender, exitcode};

/// Tells after each part of the work how many are done.
fn work(parts: u32, done: Sender<u32>) -> Result<(), Error> {
    for part in 1..=parts {
        sleep(Duration::from_millis(50));
        done.send(&part)?;
    }
    Ok(()) // `done` is closed here: the parent meets the end of file
}

fn main() -> Result<(), Error> {
    const PARTS: u32 = 20;
    let Pipe { sender, receiver } = Pipe::new()?;
    let child = Process::new(move || work(PARTS, sender)).name("worker").start()?;
    // On a terminal, one line that is written again and again.
    let (before, after) = if stdout().is_terminal() { ("\r", "") } else { ("", "\n") };
    loop {
        match receiver.recv_timeout(Duration::from_millis(100)) {
            Ok(part) => print!("{before}{part} of {PARTS}{after}"),
            Err(Error::Timeout) => print!("{before}still at work{after}"), // time for something else
            Err(Error::Eof) => break,
            Err(other) => return Err(other),
        }
        let _ = stdout().flush();
    }
    println!("{before}{} ended with {}", child.name(), exitcode(child.join()?));
    Ok(())
}
