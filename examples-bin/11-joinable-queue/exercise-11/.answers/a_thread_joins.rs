//! accepted: a thread of the Lord waits for the end of the meal
//! Exercise 11: done is done.
//!
//! Two eaters share five buns, one of which is burnt and thrown away. `join` shall return when all five are gone. It
//! returns too early: an eater says `task_done` when it has taken a bun, not when it has eaten it. Have the Lord
//! speak when the last bun is gone, and not sooner; and mind the burnt one.
//! `make check-11` checks it, `make try-11` runs it, `make reset-11` gives you this file back.

use std::process::ExitCode;

use procession::{Error, JoinableQueue, Process};

const BURNT: u32 = 2;

fn eater(name: &str, basket: &JoinableQueue<u32>) -> Result<(), Error> {
    loop {
        let bun = basket.get()?;
        if bun == BURNT {
            println!("{name} threw Bun{bun} away");
            basket.task_done()?;
            continue;
        }
        lesson::sleep(1.0);
        println!("{name} ate Bun{bun}");
        basket.task_done()?;
    }
}

fn main() -> ExitCode {
    lesson::main("11", "exercise-11: five buns, two eaters", |_| {
        let basket = JoinableQueue::new()?;
        for name in ["Dai", "Little Yang"] {
            let _eater = Process::new(|| eater(name, &basket)).daemon(true).start()?;
        }
        for bun in 0..5 {
            basket.put(&bun)?;
        }
        let all = basket.clone();
        let meal = std::thread::spawn(move || all.join());
        meal.join().map_err(|_| "the thread failed")??;
        println!("All is eaten");
        Ok(())
    })
}
