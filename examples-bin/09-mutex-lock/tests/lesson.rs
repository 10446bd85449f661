//! The specification of lesson 09, applied to this lesson.

fn main() -> std::process::ExitCode {
    trials::lesson_main(checks::lessons::LESSON_09, env!("CARGO_BIN_EXE_lesson-09"))
}
