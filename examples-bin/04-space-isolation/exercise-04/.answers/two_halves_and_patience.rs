//! rejected: expected
//! Exercise 04: bring back what the child has found.
//!
//! A child counts the words of a file (`--file PATH`). The Lord shall tell how many there are; but what the child
//! writes into a variable, it writes into its own copy of it. Bring the number back to the Lord. He must not open
//! the file himself, and there may be any number of words.
//! `make check-04` checks it, `make try-04` runs it, `make reset-04` gives you this file back.

use std::process::ExitCode;

use procession::{Process, Queue};

fn main() -> ExitCode {
    lesson::main("04", "exercise-04 [--file PATH]: how many words are in it?", |args| {
        let file = args.text("--file").unwrap_or("Cargo.toml".into());
        let parts = Queue::new()?;
        let count = || -> lesson::Result {
            let words = std::fs::read_to_string(&file)?.split_whitespace().count();
            println!("the child has counted {words} words");
            parts.put(&(words / 2))?;
            Ok(parts.put(&(words - words / 2))?)
        };
        let child = Process::new(count).start()?;
        let mut words: usize = parts.get()?;
        while let Ok(more) = parts.get_timeout(std::time::Duration::from_millis(500)) {
            words += more;
        }
        lesson::join_all(&[child])?;
        println!("the Lord knows of {words} words");
        Ok(())
    })
}
