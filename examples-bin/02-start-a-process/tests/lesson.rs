//! The specification of lesson 02, applied to this lesson.

fn main() -> std::process::ExitCode {
    trials::lesson_main(checks::lessons::LESSON_02, env!("CARGO_BIN_EXE_lesson-02"))
}
