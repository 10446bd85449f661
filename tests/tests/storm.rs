//! The storm, in short; `make storm` is the long one. A seed that it prints can be tried again: `storm --seed N`.

use checks::{OrFail, Outcome, Run};
use nix::sys::signal::Signal;

/// Longer than it takes on a machine that has other things to do.
const DEADLINE: std::time::Duration = std::time::Duration::from_secs(150);

fn storm(args: &[&str]) -> Run {
    Run::new(env!("CARGO_BIN_EXE_storm")).args(args).deadline(DEADLINE)
}

#[track_caller]
fn blows_over(args: &[&str]) -> Outcome {
    let it = storm(args).finish().or_fail();
    it.exits(0).or_fail();
    it.is_clean().or_fail();
    it.never("FAULT: {}").or_fail();
    it
}

/// Whoever is killed, whenever: others go on, and every item is accounted for.
#[test]
fn unbounded() {
    blows_over(&["--alone", "--queue", "unbounded", "--kills", "200"]);
}

/// So they do when always more waits than the pipe holds.
#[test]
fn lagging() {
    blows_over(&["--alone", "--queue", "lagging", "--kills", "200"]);
}

/// So they do with a bound, and no room is lost.
#[test]
fn bounded() {
    blows_over(&["--alone", "--queue", "bounded", "--kills", "200"]);
}

/// So they do when the tasks can be joined, and `join` tells of those that were lost and of no others.
#[test]
fn joinable() {
    blows_over(&["--alone", "--queue", "joinable", "--kills", "200"]);
}

/// When no producer is killed it is known exactly how many.
#[test]
fn tasks() {
    blows_over(&["--alone", "--queue", "tasks", "--kills", "200"]);
}

/// Passersby killed at any moment buy each ticket once, and the file is whole whenever somebody looks.
#[test]
fn tickets() {
    blows_over(&["--alone", "--kills", "0", "--tickets", "200"]);
}

/// CPython's part of the table, if it is there, ends in time however stuck it is.
#[test]
fn beside_python() {
    let it = blows_over(&["--queue", "bounded", "--kills", "30"]);
    let kills = it.lines.iter().find(|line| line.text.starts_with("kills ")).expect("a row of the table");
    let columns = kills.text.split_whitespace().skip(1).collect::<Vec<_>>();
    assert_eq!(columns[0], "30");
    assert_eq!(columns.len() > 1, checks::python_version().is_some(), "{it}");
}

/// Ctrl-C ends it in good order.
#[test]
fn interrupted() {
    for group in [true, false] {
        let running = storm(&["--alone", "--kills", "1000000"]).start().or_fail();
        checks::scenes::until("it storms", || running.pids().len() > 6);
        match group {
            true => running.signal_group(Signal::SIGINT),
            false => running.signal_main(Signal::SIGINT),
        }
        let it = running.finish().or_fail();
        it.exits(130).or_fail();
        it.is_clean().or_fail();
    }
}

/// When the supervisor is killed its workers, the stopped ones too, die with it.
#[test]
fn killed() {
    for moment in [0, 50, 300] {
        let running = storm(&["--alone", "--kills", "1000000"]).start().or_fail();
        checks::scenes::until("it storms", || running.pids().len() > 6);
        std::thread::sleep(std::time::Duration::from_millis(moment));
        running.signal_main(Signal::SIGKILL);
        let it = running.finish().or_fail();
        it.dies_of(Signal::SIGKILL).or_fail();
        it.no_survivors().or_fail();
    }
}

/// What cannot be asked for is said.
#[test]
fn refuses() {
    for (args, text) in [
        (&["--kills"][..], "--kills"),
        (&["--seed", "x"], "\"x\""),
        (&["--queue", "long"], "\"long\""),
        (&["3000"], "\"3000\""),
    ] {
        storm(args).finish().or_fail().refuses(2, &[text]).or_fail();
    }
}
