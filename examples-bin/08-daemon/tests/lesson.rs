//! The specification of lesson 08, applied to this lesson.

fn main() -> std::process::ExitCode {
    trials::lesson_main(checks::lessons::LESSON_08, env!("CARGO_BIN_EXE_lesson-08"))
}
