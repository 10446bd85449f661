//! Exercise 05 is solved when each process tells the pid that the kernel knows it by.

use checks::exercise::{Look, check, runs_through};
use checks::{Pace, Program, Verdict, captures};

const LINES: [&str; 3] = ["Lord <pid>", "<pid> is running", "<pid> is done"];

#[test]
fn exercise_05() {
    check(env!("CARGO_BIN_EXE_exercise-05"), &[each_tells_its_own as Look]);
}

/// The kernel tells with each line which process has written it.
fn each_tells_its_own(program: &Program) -> Verdict {
    let it = runs_through(program, Pace::NONE)?;
    let [lord, running, done] = LINES;
    it.prints(&[lord, running, running, done, done])?;
    it.by_main(&[lord])?;
    it.by_children(&[running, done])?;
    for line in &it.lines {
        let told = LINES.iter().find_map(|pattern| captures(pattern, &line.text));
        let writer = line.writer().to_string();
        if told != Some(vec![&writer]) {
            return it.complain(format!(
                "expected each process to tell its own pid; `{}` was written by process {writer}",
                line.text
            ));
        }
    }
    it.writers(&[running, done], 2)
}
