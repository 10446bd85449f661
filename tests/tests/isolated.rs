//! `procession::testing`: runs the tests in `tests/isolated`, of which many fail on purpose.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use checks::{OrFail, Outcome, Run, cargo};

/// The program of tests, built once.
fn fixture() -> PathBuf {
    static FIXTURE: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let built = cargo::build(&root, &["--package", "isolated", "--tests"], &|_| {}).expect("cargo");
        built.tests.get("fixture").unwrap_or_else(|| panic!("{}", built.errors["fixture"])).clone()
    };
    FIXTURE.get_or_init(build).clone()
}

/// What the test harness says of one test. `isolated` needs its own threads: those of the harness.
fn run(test: &str) -> Outcome {
    let run = Run::new(fixture()).args([test, "--exact"]).env("RUST_BACKTRACE", "0");
    let it = run.finish().or_fail();
    it.is_clean().or_fail();
    assert!(it.lines.iter().any(|line| line.text == "running 1 test"), "there is no test {test}: {it}");
    it
}

/// The test fails, and what is shown of it has a line with each of these texts.
fn fails(test: &str, texts: &[&str]) {
    let it = run(&format!("fails::{test}"));
    it.exits(101).or_fail();
    for text in texts {
        assert!(it.lines.iter().any(|line| line.text.contains(text)), "expected `{text}` of {test}: {it}");
    }
}

/// All of them at once, many times.
#[test]
fn good_tests_pass() {
    for _ in 0..20 {
        let it = Run::new(fixture()).args(["passes::", "--test-threads=8"]).finish().or_fail();
        it.exits(0).or_fail();
        it.is_clean().or_fail();
        it.times("test result: ok. 9 passed; 0 failed; 0 ignored; <text>", 1).or_fail();
    }
}

/// `cargo nextest` has a process for each test, and reads its output. So does who adds `--test-threads=1`.
#[test]
fn good_tests_pass_alone() {
    let list = Run::new(fixture()).args(["passes::", "--list"]).finish().or_fail();
    let names: Vec<&str> = list.lines.iter().filter_map(|line| line.text.strip_suffix(": test")).collect();
    assert_eq!(names.len(), 9, "{list}");
    for name in names {
        let run = Run::new(fixture()).args([name, "--exact", "--nocapture", "--test-threads=1"]);
        let it = run.finish().or_fail();
        it.exits(0).or_fail();
        it.is_clean().or_fail();
        it.times("test result: ok. 1 passed; <text>", 1).or_fail();
    }
}

/// A panic is told where it happened, an error by its text, and what was printed before is shown.
#[test]
fn a_failure_of_the_closure_is_the_tests() {
    fails("an_assertion", &["tests/fixture.rs", "said by the test", "right: 3"]);
    fails("an_error", &["Error: Reentrant"]);
    fails("a_panic_with_another_text", &["this text", "panic did not contain expected string"]);
    fails("no_panic_where_one_should_be", &["test did not panic as expected"]);
}

/// Whoever joined and looked away: an assertion is one.
#[test]
fn a_failure_of_any_process_is_the_tests() {
    fails("an_assertion_of_a_child", &["said by a child", "In the test's processes: Process-1: assertion"]);
    fails(
        "an_assertion_of_a_childs_child",
        &["said by a child's child", "processes: Process-1:1: assertion"],
    );
}

/// Nobody is left: neither in the judge's eyes (`is_clean`) nor unnoticed.
#[test]
fn processes_that_are_left_are_found_and_ended() {
    fails("a_process_that_is_left", &["it left processes behind: ", "(sleep)"]);
    fails("a_process_that_is_left_by_a_child", &["it left processes behind: ", "(sleep)"]);
}

/// The deadline ends all that is there.
#[test]
fn there_is_a_deadline() {
    fails("the_deadline", &["said before the deadline", "it did not end within 300ms", "(sleep)"]);
    fails("a_child_that_never_ends", &["it did not end within 300ms"]);
}

/// An end that no harness would notice is noticed.
#[test]
fn other_ends_are_failures() {
    fails("an_exit", &["the closure did not come to its end"]);
    fails("an_exit_with_a_code", &["exited with code 3"]);
    fails("an_abort", &["ended by SIGABRT"]);
}

/// Where it would not be sound it does not run.
#[test]
fn it_refuses_where_there_are_threads() {
    fails("a_thread_that_is_there_already", &["it has 3 threads already"]);
    fails("not_the_tests_own_thread", &["the closure did not come to its end"]);
}
