//! rejected: expected
//! Exercise 11: done is done.
//!
//! Two eaters share five buns, one of which is burnt and thrown away. `join` shall return when all five are gone. It
//! returns too early: an eater says `task_done` when it has taken a bun, not when it has eaten it. Have the Lord
//! speak when the last bun is gone, and not sooner; and mind the burnt one.
//! Check it with `make check-11`.

use std::process::ExitCode;

use procession::{Error, Process, Queue};

const BURNT: u32 = 2;

fn eater(name: &str, basket: &Queue<u32>, last: &Queue<()>) -> Result<(), Error> {
    loop {
        let bun = basket.get()?;
        if bun == BURNT {
            println!("{name} threw Bun{bun} away");
            continue;
        }
        lesson::sleep(1.0);
        println!("{name} ate Bun{bun}");
        if bun == 4 {
            last.put(&())?;
        }
    }
}

fn main() -> ExitCode {
    lesson::main("11", "exercise-11: five buns, two eaters", |_| {
        let (basket, last) = (Queue::new()?, Queue::new()?);
        for name in ["Dai", "Little Yang"] {
            let _eater = Process::new(|| eater(name, &basket, &last)).daemon(true).start()?;
        }
        for bun in 0..5 {
            basket.put(&bun)?;
        }
        last.get()?;
        println!("All is eaten");
        Ok(())
    })
}
