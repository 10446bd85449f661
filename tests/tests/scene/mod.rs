//! Runs scenes: what they are is told in `checks::scenes`.

use std::time::Duration;

use checks::{OrFail, Outcome, Run};

/// The scene found no fault, and left no process and no file.
#[track_caller]
pub(crate) fn plays(program: &str, name: &str) -> Outcome {
    // Long enough for a machine that has ten other things to do: some scenes move a GiB.
    let run = Run::new(program).arg(name).env("RUST_BACKTRACE", "0").deadline(Duration::from_secs(120));
    let outcome = run.finish().or_fail();
    outcome.exits(0).or_fail();
    outcome.is_clean().or_fail();
    // How many cases there were, or that it was not possible here: `cargo test -- --show-output` shows it.
    outcome.lines.iter().for_each(|line| println!("{name}: {}", line.text));
    outcome
}

/// A test for each scene that checks itself. The sentence above it says what it shows.
macro_rules! plays {
    ($program:literal: $($(#[$sentence:meta])* $name:ident)*) => {
        $($(#[$sentence])* #[test] fn $name() {
            scene::plays(env!(concat!("CARGO_BIN_EXE_", $program)), stringify!($name));
        })*
    };
}
