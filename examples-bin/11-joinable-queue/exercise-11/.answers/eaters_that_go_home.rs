//! accepted: eaters who are no daemons, and go home when there is no more
//! Exercise 11: done is done.
//!
//! Two eaters share five buns, one of which is burnt and thrown away. `join` shall return when all five are gone. It
//! returns too early: an eater says `task_done` when it has taken a bun, not when it has eaten it. Have the Lord
//! speak when the last bun is gone, and not sooner; and mind the burnt one.
//! Check it with `make check-11`.

use std::process::ExitCode;

use procession::{Error, Process, Queue};

const BURNT: u32 = 2;

fn eater(name: &str, basket: &Queue<Option<u32>>) -> Result<(), Error> {
    while let Some(bun) = basket.get()? {
        if bun == BURNT {
            println!("{name} threw Bun{bun} away");
            continue;
        }
        lesson::sleep(1.0);
        println!("{name} ate Bun{bun}");
    }
    Ok(())
}

fn main() -> ExitCode {
    lesson::main("11", "exercise-11: five buns, two eaters", |_| {
        let basket = Queue::new()?;
        let mut eaters = vec![];
        for name in ["Dai", "Little Yang"] {
            eaters.push(Process::new(|| eater(name, &basket)).start()?);
        }
        for bun in 0..5 {
            basket.put(&Some(bun))?;
        }
        for _ in &eaters {
            basket.put(&None)?;
        }
        lesson::join_all(&eaters)?;
        println!("All is eaten");
        Ok(())
    })
}
