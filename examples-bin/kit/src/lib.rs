//! What the lessons share, so that each of them shows one idea and nothing else.
//!
//! [`main`] reads `LESSON_PACE` and the arguments, runs the lesson, and turns what goes wrong into one clear line.
//! However a lesson ends, no process of it is left: Ctrl-C and SIGTERM end it at once and quietly, and so does a
//! reader who has seen enough (`make run-11 | head -n 1`).

mod args;
mod end;
mod folder;
mod signals;

use std::error::Error;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Duration;

pub use args::Args;
pub use end::{fail, join_all, or_fail, usage_error};
pub use folder::private_folder;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::{Mode, umask};

/// What the parts of a lesson answer: whatever went wrong is told in one line.
pub type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// How long a tutorial second lasts, in seconds.
static PACE: OnceLock<f64> = OnceLock::new();

/// Runs a lesson. `about` is what `--help` shows.
pub fn main(number: &str, about: &str, lesson: impl FnOnce(&mut Args) -> Result) -> ExitCode {
    signals::as_if_started_by_a_shell();
    // What a lesson makes it can use itself, whatever is kept from others.
    umask(Mode::from_bits_truncate(umask(Mode::empty()).bits() & 0o077));
    end::prepare(number);
    let pace = std::env::var_os("LESSON_PACE").unwrap_or("1".into());
    let seconds =
        pace.to_str().and_then(|text| text.parse().ok()).filter(|n: &f64| n.is_finite() && *n >= 0.0);
    match seconds {
        Some(seconds) => PACE.get_or_init(|| seconds),
        None => usage_error(&format!("LESSON_PACE must be a finite number of at least 0, not {pace:?}")),
    };
    let mut args = Args::of_this_process();
    if args.help() {
        println!(
            "{}\n\nLESSON_PACE=N   one tutorial second lasts N seconds (default 1; 0: no sleep)",
            about.trim()
        );
        return ExitCode::SUCCESS;
    }
    signals::end_with_all_processes();
    // Each passerby of lesson 09 needs a few descriptors, and the usual limit is a low one.
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
    let answer = lesson(&mut args);
    folder::remove();
    match answer {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string()),
    }
}

/// How many seconds a tutorial second lasts.
pub fn pace() -> f64 {
    PACE.get().copied().unwrap_or(1.0)
}

/// A tutorial time as a real one.
pub fn seconds(tutorial_seconds: f64) -> Duration {
    // More than the clock can count is as good as ten days.
    Duration::from_secs_f64((tutorial_seconds * pace()).min(1e6))
}

/// Sleeps tutorial seconds.
pub fn sleep(tutorial_seconds: f64) {
    std::thread::sleep(seconds(tutorial_seconds));
}
