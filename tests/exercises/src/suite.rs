//! `make test`: runs cargo's tests, passes on what they say, and tells how many are left.

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use crate::Answer;
use crate::doing::Doing;
use crate::folder::root;

/// An answer to an exercise may not be right yet: whatever fails, the rest is run.
const ALL: [&str; 2] = ["test", "--no-fail-fast"];
/// The deaths at every step, and the schedules, need a library that is built for them.
const FAULTS: [&str; 9] =
    ["test", "--package", "checks", "--features", "fault", "--test", "fault", "--test", "explore"];

/// Runs all tests.
pub(crate) fn suite() -> Answer {
    let place = checks::folder().map_err(|why| why.to_string())?;
    let cargo = |args: &[&str], more: &[&str]| cargo(place.path(), args, more);
    // What it builds, cargo shows by itself.
    for args in [&ALL[..], &FAULTS] {
        let built = cargo(args, &["--no-run"]).status().map_err(unable)?;
        if !built.success() {
            return Ok(false);
        }
    }
    let all = listed(cargo(&ALL, &["--", "--list"]))? + listed(cargo(&FAULTS, &["--", "--list"]))?;
    let doing = Doing::new("tests", Some(all));
    let done = AtomicUsize::new(0);
    let tell = |line: &str| {
        doing.says(line);
        // `test a_child_ends ... ok`
        if line.starts_with("test ") && line.contains(" ... ") {
            doing.has_done(done.fetch_add(1, Relaxed) + 1, all);
        }
    };
    let tests = run(cargo(&ALL, &[]), &tell)?;
    let faults = run(cargo(&FAULTS, &["--", "--show-output"]), &tell)?;
    drop(doing);
    guard::go_on();
    println!("\n{}", if tests && faults { "All tests passed." } else { "Not all tests passed: see above." });
    Ok(tests && faults)
}

fn cargo(place: &Path, args: &[&str], more: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    command.args(args).args(more).current_dir(root()).stdin(Stdio::null());
    command.env("TMPDIR", place).env(guard::MARK, guard::mark());
    command
}

/// How many tests there are.
fn listed(mut cargo: Command) -> Result<usize, String> {
    let out = cargo.stderr(Stdio::null()).output().map_err(unable)?;
    Ok(String::from_utf8_lossy(&out.stdout).lines().filter(|line| line.ends_with(": test")).count())
}

/// Runs it, and tells each line of what it says.
fn run(mut cargo: Command, tell: &(impl Fn(&str) + Sync)) -> Answer {
    let mut running = cargo.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(unable)?;
    let (stdout, stderr) = (running.stdout.take(), running.stderr.take());
    thread::scope(|scope| {
        scope.spawn(|| stdout.into_iter().for_each(|stdout| each_line(stdout, tell)));
        stderr.into_iter().for_each(|stderr| each_line(stderr, tell));
    });
    Ok(running.wait().map_err(unable)?.success())
}

fn each_line(from: impl Read, tell: &impl Fn(&str)) {
    for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
        tell(&String::from_utf8_lossy(&line));
    }
}

fn unable(why: std::io::Error) -> String {
    format!("cargo could not be run: {why}")
}
