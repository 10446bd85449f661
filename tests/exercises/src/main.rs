//! The exercises: what a learner and what a maintainer ask of them. `make` has a command for each.

use std::panic::{set_hook, take_hook};
use std::process::{ExitCode, exit};

fn main() -> ExitCode {
    // Whoever reads this has seen enough (`make progress | head -1`): that is no mistake of ours.
    let usual = take_hook();
    set_hook(Box::new(move |panic| match panic.payload().downcast_ref::<String>() {
        Some(text) if text.starts_with("failed printing to stdout") => exit(0),
        _ => usual(panic),
    }));
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let answer = exercises::run(&args);
    guard::end();
    match answer {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("exercises: {why}");
            ExitCode::from(2)
        }
    }
}
