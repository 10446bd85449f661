//! Exercise 01 is solved when the program is right about itself wherever and under whatever name it runs.

use checks::exercise::{Look, check, runs_under_another_name};
use checks::{Program, Verdict};

#[test]
fn exercise_01() {
    check(env!("CARGO_BIN_EXE_exercise-01"), &[right_about_itself as Look]);
}

/// The kernel tells the pid for each line that is written; the rest the check has arranged itself.
fn right_about_itself(program: &Program) -> Verdict {
    // Longer than the name that the kernel keeps for `ps`, and than any column; and hard to find between others.
    let name = "A copy (of it) under a name ".repeat(7) + "that is long.";
    let (it, folder) = runs_under_another_name(program, &name, "another folder, żółw ")?;
    let facts = [
        ("my pid is <text>", it.main.to_string(), "the pid that the kernel has given to it"),
        (
            "my parent's pid is <text>",
            std::process::id().to_string(),
            "the pid of the process that has started it",
        ),
        ("I run the program <text>", name.clone(), "the name under which the program runs"),
        ("I work in the folder <text>", folder.display().to_string(), "the folder that it works in"),
    ];
    for (line, fact, what) in &facts {
        let told = it.one(line)?[0];
        if told != fact {
            return it.complain(format!("expected {what}, `{fact}`, in the line `{line}`; found `{told}`"));
        }
    }
    it.prints(&facts.map(|(line, _, _)| line))?;
    it.by_main(&["<text>"])
}
