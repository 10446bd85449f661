//! The specification of lesson 11, applied to this lesson.

fn main() -> std::process::ExitCode {
    trials::lesson_main(checks::lessons::LESSON_11, env!("CARGO_BIN_EXE_lesson-11"))
}
