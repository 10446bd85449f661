//! The specification of lesson 04, applied to this lesson.

fn main() -> std::process::ExitCode {
    trials::lesson_main(checks::lessons::LESSON_04, env!("CARGO_BIN_EXE_lesson-04"))
}
