//! rejected: expected
//! Exercise 10: a basket that is full.
//!
//! A cook bakes five buns, and puts them into a basket that holds two. The Lord waits for the cook to end, and then
//! eats what is in the basket. It never comes to that: the two wait for each other. Have the Lord eat all five. The
//! basket stays as small as it is.
//! `make check-10` checks it, `make try-10` runs it, `make reset-10` gives you this file back.

use std::process::ExitCode;

use procession::{Error, Process, Queue};

fn cook(basket: &Queue<String>) -> Result<(), Error> {
    for i in 0..5 {
        lesson::sleep(1.0);
        basket.put(&format!("Bun{i}"))?;
        println!("Bun{i} is in the basket");
    }
    Ok(())
}

fn main() -> ExitCode {
    lesson::main("10", "exercise-10: five buns, and a basket for two", |_| {
        let basket = Queue::bounded(2)?;
        let cook = Process::new(|| cook(&basket)).start()?;
        for _ in 0..5 {
            println!("The Lord ate {}", basket.get_timeout(std::time::Duration::from_secs(20))?);
        }
        cook.join()?;
        println!("All is eaten");
        Ok(())
    })
}
