//! The specification of lesson 05, applied to this lesson.

fn main() -> std::process::ExitCode {
    trials::lesson_main(checks::lessons::LESSON_05, env!("CARGO_BIN_EXE_lesson-05"))
}
