//! Exercise 04 is solved when the number that the child has counted reaches its parent.

use checks::exercise::{Look, NamedPipe, check};
use checks::{Program, Verdict};

/// More than an exit code can tell.
const WORDS: usize = 1000;

#[test]
fn exercise_04() {
    check(env!("CARGO_BIN_EXE_exercise-04"), &[the_result_comes_back as Look]);
}

/// The file is a named pipe: the check sees who opens it, and what is in it is read once.
fn the_result_comes_back(program: &Program) -> Verdict {
    let file = NamedPipe::new()?;
    let mut run = program.run().arg("--file").arg(file.path()).deadline(checks::exercise::SOON).start()?;
    match file.opened_by(&mut run)? {
        Some((end, reader)) if reader != run.main() => file.write(end, &"word ".repeat(WORDS))?,
        _ => {
            return run
                .fail("expected a child process to open the file; the first process opens it, or nobody");
        }
    }
    while let Some((_, reader)) = file.opened_by(&mut run)? {
        // The child may not have closed it yet.
        if reader == run.main() {
            return run.fail("expected only the child to open the file; the first process opens it too");
        }
    }
    let it = run.finish()?;
    it.ended()?;
    let found = it.one("the Lord knows of <number> words")?[0];
    if found != WORDS.to_string() {
        return it.complain(format!("expected the Lord to know of {WORDS} words; he knows of {found}"));
    }
    it.by_main(&["the Lord knows of <number> words"])?;
    it.by_children(&[&format!("the child has counted {WORDS} words")])?;
    it.succeeds()
}
