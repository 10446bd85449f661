//! The specification of lesson 06, applied to this lesson.

fn main() -> std::process::ExitCode {
    trials::lesson_main(checks::lessons::LESSON_06, env!("CARGO_BIN_EXE_lesson-06"))
}
