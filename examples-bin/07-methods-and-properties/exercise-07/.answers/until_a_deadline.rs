//! rejected: expected `ended: <text>` only after the end of the child; it came before
//! Exercise 07: is it dead, and of what?
//!
//! The Lord ends a child, and reports that it has ended, and what has ended it. But `terminate` only sends a signal:
//! asked straight after it, `is_alive` may still say yes, and there is no cause yet. Have the report come when it
//! is true, never before, however long the child takes to die; and with the true cause, whatever that was.
//! `make check-07` checks it, `make try-07` runs it, `make reset-07` gives you this file back.

use std::process::{self, ExitCode};
use std::time::{Duration, Instant};

use procession::{Process, exitcode};

fn task() {
    println!("{} is running", process::id());
    std::thread::sleep(Duration::from_secs(60));
}

fn main() -> ExitCode {
    lesson::main("07", "exercise-07: an end, and its cause", |_| {
        let p = Process::new(task).start()?;
        lesson::sleep(1.0);
        p.terminate()?;
        let end = Instant::now() + Duration::from_secs(10);
        while p.is_alive()? && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
        println!("ended: {}", !p.is_alive()?);
        match p.exit_status()? {
            Some(status) => println!("cause: {}", exitcode(status)),
            None => println!("cause: not known"),
        }
        Ok(())
    })
}
