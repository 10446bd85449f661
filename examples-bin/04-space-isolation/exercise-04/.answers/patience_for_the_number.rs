//! rejected: expected
//! Exercise 04: bring back what the child has found.
//!
//! A child counts the words of a file (`--file PATH`). The Lord shall tell how many there are; but what the child
//! writes into a variable, it writes into its own copy of it. Bring the number back to the Lord. He must not open
//! the file himself, and there may be any number of words.
//! Check it with `make check-04`.

use std::process::ExitCode;
use std::time::Duration;

use procession::{Process, Queue};

fn main() -> ExitCode {
    lesson::main("04", "exercise-04 [--file PATH]: how many words are in it?", |args| {
        let file = args.text("--file").unwrap_or("Cargo.toml".into());
        let q = Queue::new()?;
        let count = || -> lesson::Result {
            let words = std::fs::read_to_string(&file)?.split_whitespace().count();
            println!("the child has counted {words} words");
            Ok(q.put(&words)?)
        };
        let child = Process::new(count).start()?;
        let words: usize = q.get_timeout(Duration::from_secs(5)).unwrap_or(0);
        lesson::join_all(&[child])?;
        println!("the Lord knows of {words} words");
        Ok(())
    })
}
