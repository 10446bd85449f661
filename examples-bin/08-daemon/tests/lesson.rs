//! The specification of lesson 08, applied to this lesson.

fn main() -> std::process::ExitCode {
    checks::lesson_main(checks::lessons::LESSON_08, env!("CARGO_BIN_EXE_lesson-08"))
}
