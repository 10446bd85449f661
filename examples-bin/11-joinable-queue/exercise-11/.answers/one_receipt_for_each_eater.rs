//! rejected: expected
//! Exercise 11: done is done.
//!
//! Two eaters share five buns, one of which is burnt and thrown away. `join` shall return when all five are gone. It
//! returns too early: an eater says `task_done` when it has taken a bun, not when it has eaten it. Have the Lord
//! speak when the last bun is gone, and not sooner; and mind the burnt one.
//! `make check-11` checks it, `make try-11` runs it, `make reset-11` gives you this file back.

use std::process::ExitCode;

use procession::{Error, Process, Queue};

const BURNT: u32 = 2;

fn eater(name: &str, basket: &Queue<u32>, home: &Queue<()>) -> Result<(), Error> {
    while let Ok(bun) = basket.try_get() {
        if bun == BURNT {
            println!("{name} threw Bun{bun} away");
            continue;
        }
        lesson::sleep(1.0);
        println!("{name} ate Bun{bun}");
    }
    home.put(&())
}

fn main() -> ExitCode {
    lesson::main("11", "exercise-11: five buns, two eaters", |_| {
        let (basket, home) = (Queue::new()?, Queue::new()?);
        for name in ["Dai", "Little Yang"] {
            let _eater = Process::new(|| eater(name, &basket, &home)).daemon(true).start()?;
        }
        for bun in 0..5 {
            basket.put(&bun)?;
        }
        for _ in 0..2 {
            home.get()?;
        }
        println!("All is eaten");
        Ok(())
    })
}
