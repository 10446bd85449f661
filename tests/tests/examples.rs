//! The programs in `core/examples`, which are there to be copied: each does what its first line says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use checks::{OrFail, Outcome, Run, cargo};

/// The program, built as a user would.
fn example(name: &str) -> PathBuf {
    static EXAMPLES: OnceLock<cargo::Built> = OnceLock::new();
    let build = || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        cargo::build(&root, &["--package", "procession", "--examples"], &|_| {}).expect("cargo")
    };
    let built = EXAMPLES.get_or_init(build);
    built.programs.get(name).unwrap_or_else(|| panic!("{:?}", built.errors.get(name))).clone()
}

fn run(name: &str) -> Outcome {
    let it = Run::new(example(name)).finish().or_fail();
    it.succeeds().or_fail();
    it
}

fn texts(it: &Outcome) -> Vec<&str> {
    it.lines.iter().map(|line| line.text.as_str()).collect()
}

/// The results come in the order of the inputs, of which the first takes longest.
#[test]
fn parallel_map() {
    for _ in 0..5 {
        let it = run("parallel_map");
        let results = [(4203, 40_000), (4, 10), (3245, 30_000), (25, 100), (2262, 20_000), (168, 1000)];
        assert_eq!(
            texts(&it),
            results.map(|(primes, limit)| format!("{primes} primes below {limit}")),
            "{it}"
        );
    }
}

/// A worker dies with a task in its hands: the pool is filled again, and the task is done.
#[test]
fn worker_pool() {
    for _ in 0..5 {
        let it = run("worker_pool");
        let lines = [
            "a worker died; another one takes its place",
            "attempt 1: 9 of 10 are done",
            "attempt 2: 10 of 10 are done",
            "their sum is 385",
        ];
        assert_eq!(texts(&it), lines, "{it}");
    }
}

/// What the three stages hand on comes out in order and complete.
#[test]
fn pipeline() {
    for _ in 0..5 {
        let it = run("pipeline");
        let lines = [
            "3 words: one process reads",
            "6 words: the next one counts the words",
            "11 words: and all of them are at work at the same time",
            "20 words in all",
        ];
        assert_eq!(texts(&it), lines, "{it}");
    }
}

/// Two programs and flock(1) add to one number: none of them is lost. (flock(1) may not be there.)
#[test]
fn counter_file() {
    const TIMES: u32 = 300;
    let folder = checks::folder().expect("a folder");
    let counter = folder.path().join("visits");
    let program = || Run::new(example("counter_file")).arg(&counter).arg(TIMES.to_string());
    let [one, other] = [program().start().or_fail(), program().start().or_fail()];
    let script = r#"i=0; while [ $i -lt 100 ]; do i=$((i + 1)); flock "$0.lock" sh -c 'n=$(cat "$0" || echo 0); echo $((n + 1)) > "$0.sh"; mv "$0.sh" "$0"' "$0"; done"#;
    let has_flock = Command::new("flock").arg("--version").output().is_ok();
    let by_flock = if has_flock {
        let shell = Run::new("sh").args(["-c", script]).arg(&counter).finish().or_fail();
        shell.exits(0).or_fail();
        100
    } else {
        0
    };
    for running in [one, other] {
        running.finish().or_fail().succeeds().or_fail();
    }
    let number = fs::read_to_string(&counter).expect("the counter");
    assert_eq!(number.trim(), (2 * TIMES + by_flock).to_string());
}

/// Bad input is told, and changes nothing.
#[test]
fn counter_file_refuses() {
    let folder = checks::folder().expect("a folder");
    let counter = folder.path().join("visits");
    fs::write(&counter, "many\n").expect("a file");
    let it = Run::new(example("counter_file")).arg(&counter).finish().or_fail();
    it.refuses(1, &["visits: invalid digit"]).or_fail();
    assert_eq!(fs::read_to_string(&counter).expect("the counter"), "many\n");
    Run::new(example("counter_file")).finish().or_fail().refuses(1, &["usage: counter_file PATH"]).or_fail();
}

/// Every part is shown, in order, by the parent; and then how the child ended.
#[test]
fn progress() {
    let it = run("progress");
    let shown: Vec<&str> = texts(&it).into_iter().filter(|line| *line != "still at work").collect();
    let parts = (1..=20).map(|part| format!("{part} of 20"));
    let lines: Vec<String> = parts.chain(["worker ended with 0".to_owned()]).collect();
    assert_eq!(shown, lines, "{it}");
    it.by_main(&["<text>"]).or_fail();
}
