//! The specification of lesson 01, applied to this lesson.

fn main() -> std::process::ExitCode {
    trials::lesson_main(checks::lessons::LESSON_01, env!("CARGO_BIN_EXE_lesson-01"))
}
