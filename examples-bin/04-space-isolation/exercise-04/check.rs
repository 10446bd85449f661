//! Exercise 04 is solved when the number that the child has counted reaches its parent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use checks::exercise::{self, HELD, Look, NamedPipe, SOON, check};
use checks::{Complaint, Outcome, Program, Running, Verdict};

/// More than an exit code can tell, or 16 bits.
const MANY: usize = 70_001;

/// One item is enough for a number; who sends more than this sends one for each word.
const FEW: usize = 100;

const LORD: &str = "the Lord knows of <number> words";

#[test]
fn exercise_04() {
    check(env!("CARGO_BIN_EXE_exercise-04"), &[many_words as Look, no_word, two_at_once]);
}

fn many_words(program: &Program) -> Verdict {
    the_result_comes_back(program, MANY)
}

fn no_word(program: &Program) -> Verdict {
    the_result_comes_back(program, 0)
}

/// The file is a named pipe: the check sees who opens it, and what is in it is read once. The child is slow: it counts
/// for a while, and then it takes a while to send the number.
fn the_result_comes_back(program: &Program, words: usize) -> Verdict {
    let file = NamedPipe::new()?;
    let run = exercise::run(program).arg("--file").arg(file.path()).deadline(4 * SOON).gated();
    let mut run = run.start()?;
    let main = run.main();
    run.time_flies(move |call| call.pid == main);
    run.hold(move |call| call.pid != main && call.puts());
    let child = match file.opened_by(&mut run)? {
        Some((end, reader)) if reader != main => {
            run.waits_on_and_on("the child, which is still counting", LORD)?;
            file.write(end, &"word ".repeat(words), &mut run)?;
            reader
        }
        _ => {
            return run
                .fail("expected a child process to open the file; the first process opens it, or nobody");
        }
    };
    // It may send nothing, and then it is over, or the file is opened again; or the number comes in two parts.
    for within in [SOON, HELD] {
        if run.is_held(|_| true, within)? {
            run.waits_on_and_on("the child, which is about to send something", LORD)?;
            run.release(child);
        }
    }
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    run.hold(move |call| call.pid != main && call.puts() && count.fetch_add(1, Relaxed) >= FEW);
    while let Some((_, reader)) = file.opened_by(&mut run)? {
        // The child may not have closed it yet.
        if reader != child {
            let who = if reader == main { "the first process" } else { "another process" };
            return run.fail(format!("expected only the child to open the file; {who} opens it too"));
        }
    }
    let it = run.finish()?;
    if sent.load(Relaxed) > FEW {
        return it.complain("expected the child to send the number; it sends something for each word");
    }
    knows(&it, words)
}

/// Two of them run at once, in the same folder. The child of the first one is held when it has nothing left to do but to
/// end; meanwhile the other one runs.
fn two_at_once(program: &Program) -> Verdict {
    let place = checks::folder().map_err(|why| Complaint::new(why.to_string()))?;
    let counts = |words: usize, hold: bool| -> Verdict<Running> {
        let file = NamedPipe::new()?;
        let run = exercise::run(program).arg("--file").arg(file.path()).deadline(4 * SOON).gated();
        let mut run = run.cwd(place.path()).env("TMPDIR", place.path()).start()?;
        let main = run.main();
        run.hold(move |call| hold && call.pid != main && call.ends_itself());
        if let Some((end, _)) = file.opened_by(&mut run)? {
            file.write(end, &"word ".repeat(words), &mut run)?;
        }
        Ok(run)
    };
    let mut first = counts(MANY, true)?;
    first.held(SOON)?;
    knows(&counts(1, false)?.finish()?, 1)?;
    first.release_all();
    knows(&first.finish()?, MANY)
        .map_err(|complaint| complaint.adding("Another one ran meanwhile, in the same folder"))
}

/// The Lord tells how many words there are, and nothing else is said.
fn knows(it: &Outcome, words: usize) -> Verdict {
    it.ended()?;
    let found = it.one(LORD)?[0];
    if found != words.to_string() {
        return it.complain(format!("expected the Lord to know of {words} words; he knows of {found}"));
    }
    it.prints(&[LORD, &format!("the child has counted {words} words")])?;
    it.by_main(&[LORD])?;
    it.by_children(&[&format!("the child has counted {words} words")])?;
    it.succeeds()
}
