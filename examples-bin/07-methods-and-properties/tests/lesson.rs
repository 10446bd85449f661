//! The specification of lesson 07, applied to this lesson.

fn main() -> std::process::ExitCode {
    trials::lesson_main(checks::lessons::LESSON_07, env!("CARGO_BIN_EXE_lesson-07"))
}
