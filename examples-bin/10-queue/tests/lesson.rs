//! The specification of lesson 10, applied to this lesson.

fn main() -> std::process::ExitCode {
    trials::lesson_main(checks::lessons::LESSON_10, env!("CARGO_BIN_EXE_lesson-10"))
}
