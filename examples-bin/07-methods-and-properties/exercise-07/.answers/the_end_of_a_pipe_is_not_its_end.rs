//! rejected: it came when a pipe was at its end, which is a moment before
//! Exercise 07: is it dead, and of what?
//!
//! The Lord ends a child, and reports that it has ended, and what has ended it. But `terminate` only sends a signal:
//! asked straight after it, `is_alive` may still say yes, and there is no cause yet. Have the report come when it
//! is true, never before, however long the child takes to die; and with the true cause, whatever that was.
//! `make check-07` checks it, `make try-07` runs it, `make reset-07` gives you this file back.

use std::process::{self, ExitCode};
use std::time::Duration;

use procession::{Pipe, Process, Sender, exitcode};

fn task(_alive: Sender<()>) {
    println!("{} is running", process::id());
    std::thread::sleep(Duration::from_secs(60));
}

fn main() -> ExitCode {
    lesson::main("07", "exercise-07: an end, and its cause", |_| {
        let Pipe { sender, receiver } = Pipe::new()?;
        let p = Process::new(move || task(sender)).start()?;
        lesson::sleep(1.0);
        p.terminate()?;
        let _ = receiver.recv(); // the end of file
        println!("ended: {}", !p.is_alive()?);
        match p.exit_status()? {
            Some(status) => println!("cause: {}", exitcode(status)),
            None => println!("cause: not known"),
        }
        Ok(())
    })
}
