//! Lesson 04: processes do not share their memory.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use procession::Process;

static N: AtomicU32 = AtomicU32::new(100);

fn show(who: &str, address: bool) {
    println!("n in the {who} is {}", N.load(Relaxed));
    if address {
        println!("the address in the {who} is {:p}", &N);
    }
}

fn main() -> ExitCode {
    lesson::main("04", ABOUT, |args| {
        let address = args.flag("--address");
        args.end();

        let task = || {
            N.store(0, Relaxed); // all threads would see this, but another process does not
            show("child", address);
        };
        Process::new(task).start()?.join()?;
        show("Lord", address);
        Ok(())
    })
}

const ABOUT: &str = "
lesson-04: a child has its own copy of the memory. What it changes there, it changes for itself.

usage: lesson-04 [--address] [--help]

  --address       also show where n lies: at the same address in both, and yet not in the same memory
  --help          show this text";
