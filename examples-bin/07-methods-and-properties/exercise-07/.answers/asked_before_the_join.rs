//! rejected: expected the line `cause: -SIGKILL` once
//! Exercise 07: is it dead, and of what?
//!
//! The Lord ends a child, and reports that it has ended, and what has ended it. But `terminate` only sends a signal:
//! asked straight after it, `is_alive` may still say yes, and there is no cause yet. Have the report come when it
//! is true, never before, however long the child takes to die; and with the true cause, whatever that was.
//! `make check-07` checks it, `make try-07` runs it, `make reset-07` gives you this file back.

use std::process::{self, ExitCode};
use std::time::Duration;

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
        let status = p.exit_status()?;
        p.join()?;
        println!("ended: {}", !p.is_alive()?);
        println!("cause: {}", status.map_or("-SIGTERM".to_owned(), |status| exitcode(status).to_string()));
        Ok(())
    })
}
