//! accepted: three variables instead of a Vec
//! Exercise 03: all at once, and still all awaited.
//!
//! Three processes sleep for 1, 2 and 3 seconds; together that should take three seconds. It takes six: the `join`
//! is in the wrong place, and they run one after another. Have all three run at the same time. The Lord still
//! speaks only when all of them have ended, however long each of them takes.
//! Check it with `make check-03`.

use std::process::ExitCode;
use std::time::Instant;

use procession::Process;

fn task(name: &str, n: f64) {
    println!("{name} is running");
    lesson::sleep(n);
    println!("{name} is done");
}

fn main() -> ExitCode {
    lesson::main("03", "exercise-03: three at once", |_| {
        let start = Instant::now();
        let one = Process::new(|| task("Little King1", 1.0)).start()?;
        let two = Process::new(|| task("Little King2", 2.0)).start()?;
        let three = Process::new(|| task("Little King3", 3.0)).start()?;
        three.join()?;
        two.join()?;
        one.join()?;
        println!("Lord {:.6}", start.elapsed().as_secs_f64());
        Ok(())
    })
}
