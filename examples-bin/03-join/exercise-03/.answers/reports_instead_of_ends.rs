//! rejected: they have said that they are done, and have not ended; it came before
//! Exercise 03: all at once, and still all awaited.
//!
//! Three processes sleep for 1, 2 and 3 seconds; together that should take three seconds. It takes six: the `join`
//! is in the wrong place, and they run one after another. Have all three run at the same time. The Lord still
//! speaks only when all of them have ended, however long each of them takes.
//! `make check-03` checks it, `make try-03` runs it, `make reset-03` gives you this file back.

use std::process::ExitCode;
use std::time::Instant;

use procession::{Process, Queue};

fn task(name: &str, n: f64) {
    println!("{name} is running");
    lesson::sleep(n);
    println!("{name} is done");
}

fn main() -> ExitCode {
    lesson::main("03", "exercise-03: three at once", |_| {
        let start = Instant::now();
        let (done, mut p_l) = (Queue::new()?, vec![]);
        for i in 1..=3 {
            let work = || {
                task(&format!("Little King{i}"), f64::from(i));
                done.put(&i)
            };
            p_l.push(Process::new(work).start()?);
        }
        for _ in &p_l {
            let _: i32 = done.get()?;
        }
        println!("Lord {:.6}", start.elapsed().as_secs_f64());
        Ok(())
    })
}
