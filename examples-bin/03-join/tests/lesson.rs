//! The specification of lesson 03, applied to this lesson.

fn main() -> std::process::ExitCode {
    trials::lesson_main(checks::lessons::LESSON_03, env!("CARGO_BIN_EXE_lesson-03"))
}
