//! rejected: expected one passerby at a time between reading and writing
//! Exercise 09: the lock in the right place.
//!
//! Three passersby, two tickets, and a lock; and yet all three buy. Each has read the number of tickets before it
//! waits for the lock, and decides by what it has read then. Have nobody buy what is not there. But looking does no
//! harm: everyone must be able to look while somebody else is buying.
//! `make check-09` checks it, `make try-09` runs it, `make reset-09` gives you this file back.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use lesson::Result;
use procession::Process;

fn read(file: &Path) -> Result<u32> {
    Ok(fs::read_to_string(file)?.parse()?)
}

fn write(file: &Path, left: u32) -> Result {
    let draft = file.with_extension("draft");
    fs::write(&draft, left.to_string())?;
    Ok(fs::rename(&draft, file)?) // in one step: nobody ever reads half a file
}

fn search(name: &str, file: &Path) -> Result {
    println!("{name} sees {}", read(file)?);
    Ok(())
}

fn buy(name: &str, file: &Path) -> Result {
    let lock = fs::File::open(file)?;
    lock.lock()?; // but who comes later finds another file in its place
    let left = read(file)?;
    lesson::sleep(1.0); // the network
    if left > 0 {
        write(file, left - 1)?;
        println!("{name} has bought a ticket");
    } else {
        println!("{name} has come too late");
    }
    Ok(())
}

fn main() -> ExitCode {
    lesson::main("09", "exercise-09: three passersby, two tickets", |_| {
        let file = lesson::private_folder(None)?.join("tickets");
        write(&file, 2)?;
        let mut p_l = vec![];
        for i in 0..3 {
            let (file, name) = (&file, format!("passerby{i}"));
            let task = move || search(&name, file).and_then(|()| buy(&name, file));
            p_l.push(Process::new(task).start()?);
        }
        lesson::join_all(&p_l)?;
        println!("{} left", read(&file)?);
        Ok(())
    })
}
