//! A number in a file, to which any number of programs may add at the same time. `flock(1)` takes part:
//!
//! ```console
//! $ cargo run -p procession --example counter_file -- visits 1000 &
//! $ cargo run -p procession --example counter_file -- visits 1000 &
//! $ flock visits.lock sh -c 'echo $(($(cat visits) + 1)) > visits'
//! ```

use std::error::Error;
use std::io::ErrorKind;
use std::{env, fs};

use procession::FileLock;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().ok_or("usage: counter_file PATH [TIMES]")?;
    let times: u32 = arguments.next().map_or(Ok(1), |times| times.parse())?;

    // A file beside it: the lock stays where it is when somebody puts a new file in the place of the old one.
    let lock = FileLock::new(format!("{path}.lock"));
    for _ in 0..times {
        let _guard = lock.acquire()?; // reading and then writing: one at a time
        let number = match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse::<u64>().map_err(|e| format!("{path}: {e}"))?,
            Err(error) if error.kind() == ErrorKind::NotFound => 0,
            Err(error) => Err(format!("{path}: {error}"))?,
        };
        let draft = format!("{path}.new"); // whoever is killed here leaves a whole file
        fs::write(&draft, format!("{}\n", number + 1))?;
        fs::rename(&draft, &path)?;
    }
    Ok(())
}
