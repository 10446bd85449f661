//! A pipeline: one process reads, the next one works, this one collects, all at the same time. Two queues lie between them.

use procession::{Error, Process, Queue};

const TEXT: &str = "one process reads
the next one counts the words
and all of them are at work at the same time";

fn main() -> Result<(), Error> {
    // With a bound, a reader that is fast does not fill the memory: it waits.
    let (lines, counts) = (Queue::bounded(2)?, Queue::bounded(2)?);

    let read = || -> Result<(), Error> {
        for line in TEXT.lines() {
            lines.put(&Some(line.to_owned()))?;
        }
        lines.put(&None) // that was the last one
    };
    let count = || -> Result<(), Error> {
        while let Some(line) = lines.get()? {
            counts.put(&Some((line.split_whitespace().count(), line)))?;
        }
        counts.put(&None)
    };
    let stages = [Process::new(read).name("reader").start()?, Process::new(count).name("counter").start()?];

    let mut total = 0;
    while let Some((words, line)) = counts.get()? {
        println!("{words} words: {line}");
        total += words;
    }
    println!("{total} words in all");
    for stage in stages {
        if !stage.join()?.success() {
            eprintln!("{stage}");
        }
    }
    Ok(())
}
