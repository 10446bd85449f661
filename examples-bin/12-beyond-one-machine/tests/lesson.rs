//! The specification of lesson 12, applied to this lesson.

use std::process::ExitCode;

use checks::lessons::{LESSON_12, NO_SERVER, has_redis_server};
use trials::{judge, lesson_trials};

fn main() -> ExitCode {
    let possible = has_redis_server();
    if !possible {
        eprintln!("{NO_SERVER}");
    }
    let tests = lesson_trials(LESSON_12, env!("CARGO_BIN_EXE_lesson-12"));
    judge(tests.into_iter().map(|test| test.with_ignored_flag(!possible)).collect())
}
