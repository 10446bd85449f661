//! accepted: the Lord hears that Little King is there, and then speaks
//! Exercise 02: start a process.
//!
//! Little King shall work in a process of his own, so that the Lord can go on meanwhile: `Lord` comes while Little
//! King is still at work, and the program ends when he is done. Below there is one process only: the Lord calls the
//! function, and does all the work himself.
//! Check it with `make check-02`.

use std::process::ExitCode;

use procession::{Pipe, Process};

fn main() -> ExitCode {
    lesson::main("02", "exercise-02: two processes, side by side", |_| {
        let Pipe { sender, receiver } = Pipe::new()?;
        let work = move || -> lesson::Result {
            println!("Little King is running");
            sender.send(&true)?;
            lesson::sleep(3.0);
            println!("Little King is done");
            Ok(())
        };
        let _little_king = Process::new(work).start()?;
        let _: bool = receiver.recv()?;
        println!("Lord");
        Ok(())
    })
}
