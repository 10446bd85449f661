//! The specification of each lesson: what is certain about its lines and their order at every pace, what is likely at
//! the tutorial's, and what it refuses.
//!
//! A case that runs at [`Pace::TUTORIAL`](crate::Pace::TUTORIAL) runs as a user would, without `LESSON_PACE`.

mod common;
mod lesson_01;
mod lesson_02;
mod lesson_03;
mod lesson_04;
mod lesson_05;
mod lesson_06;
mod lesson_07;
mod lesson_08;
mod lesson_09;
mod lesson_10;
mod lesson_11;
mod lesson_12;

pub use lesson_01::LESSON_01;
pub use lesson_02::LESSON_02;
pub use lesson_03::LESSON_03;
pub use lesson_04::LESSON_04;
pub use lesson_05::LESSON_05;
pub use lesson_06::LESSON_06;
pub use lesson_07::LESSON_07;
pub use lesson_08::LESSON_08;
pub use lesson_09::LESSON_09;
pub use lesson_10::LESSON_10;
pub use lesson_11::LESSON_11;
pub use lesson_12::{LESSON_12, NO_SERVER, has_redis_server};

use crate::Case;

/// All lessons: the slug of each, as in `examples-bin/02-start-a-process`, and its cases.
pub const LESSONS: &[(&str, &[Case])] = &[
    ("01-what-is-a-process", LESSON_01),
    ("02-start-a-process", LESSON_02),
    ("03-join", LESSON_03),
    ("04-space-isolation", LESSON_04),
    ("05-current-process", LESSON_05),
    ("06-getpid-getppid", LESSON_06),
    ("07-methods-and-properties", LESSON_07),
    ("08-daemon", LESSON_08),
    ("09-mutex-lock", LESSON_09),
    ("10-queue", LESSON_10),
    ("11-joinable-queue", LESSON_11),
    ("12-beyond-one-machine", LESSON_12),
];
