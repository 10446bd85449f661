//! Exercise 06 is solved when the son names his father also after that one's end.

use checks::exercise::{Look, adopt_orphans, check, orphans, runs_through};
use checks::{Pace, Program, Verdict};

const GRANDFATHER: &str = "<pid> is the grandfather, his father is <pid>";
const FATHER: &str = "<pid> is the father, his father is <pid>";
const SON: &str = "<pid> is the son, his father was <pid>";

#[test]
fn exercise_06() {
    check(env!("CARGO_BIN_EXE_exercise-06"), &[each_names_its_father as Look]);
}

/// Who has written a line, the kernel tells. Who has started the son it tells no more when his father has ended; but
/// then he is an orphan, and these the check adopts.
fn each_names_its_father(program: &Program) -> Verdict {
    adopt_orphans()?;
    let it = runs_through(program, Pace::NONE)?;
    it.prints(&[GRANDFATHER, FATHER, SON])?;
    it.by_main(&[GRANDFATHER])?;
    it.different_writers(&[GRANDFATHER, FATHER, SON])?;
    let (father, son) = (it.same_writer(&[FATHER])?, it.same_writer(&[SON])?);
    let check = std::process::id() as i32; // it has started the program
    for (line, who, own, fathers) in [
        (GRANDFATHER, "the grandfather", it.main, check),
        (FATHER, "the father", father, it.main),
        (SON, "the son", son, father),
    ] {
        let told = it.one(line)?;
        if told[0] != own.to_string() {
            return it.complain(format!("expected {who} to tell his own pid, {own}; he tells {}", told[0]));
        }
        if told[1] != fathers.to_string() {
            return it
                .complain(format!("expected {who} to name his father, {fathers}; he names {}", told[1]));
        }
    }
    if !orphans().contains(&son) {
        return it.complain(format!(
            "expected the father, {father}, to start the son, who then is an orphan; {son} is another one's child"
        ));
    }
    it.in_order(&[GRANDFATHER, FATHER, SON])
}
