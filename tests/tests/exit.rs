//! The end of a process that has children: who is ended, who is waited for, in which order.

use std::thread;

use checks::{OrFail, Run};
use nix::sys::signal::Signal;

const PROGRAM: &str = env!("CARGO_BIN_EXE_process_scenes");

/// Each way to end, how the end is seen by a parent, and whether the process looks after its children first.
const WAYS: &[(&str, &str, bool)] = &[
    ("ok", "0", true),
    ("err", "1", true),
    ("panic", "101", true),
    ("exit", "7", true),
    ("abort", "-SIGABRT", false),
    ("SIGTERM", "-SIGTERM", false),
    ("SIGKILL", "-SIGKILL", false),
];

/// Plays the end of a process with these children in every way, and asks what was printed.
#[track_caller]
fn ends(level: &str, children: &str) {
    let play = |(how, status, cares): &(&str, &str, bool)| {
        let outcome = Run::new(PROGRAM).args(["end", level, children, how]).finish().or_fail();
        let mut lines = Vec::new();
        if children.contains("daemon") {
            // It would run for ever.
            lines.push("daemon runs".to_owned());
        }
        if children.contains("daemon") && children.contains("other") {
            lines.push("the daemon is gone before the other".to_owned());
        }
        if children.contains("other") {
            let how = if *cares { "ends while the father waits" } else { "goes on without the father" };
            lines.push(format!("the other {how}"));
        }
        if level == "child" {
            lines.push(format!("ended: {status}"));
            outcome.exits(0).or_fail();
        } else {
            match status.strip_prefix('-') {
                Some(signal) => outcome.dies_of(signal.parse::<Signal>().expect("a signal")).or_fail(),
                None => outcome.exits(status.parse().expect("a code")).or_fail(),
            }
        }
        outcome.prints(&lines).or_fail();
        outcome.is_clean().or_fail();
    };
    thread::scope(|scope| {
        for way in WAYS {
            scope.spawn(move || play(way));
        }
    });
}

/// Daemons of the first process are ended with it, however it ends.
#[test]
fn main_with_a_daemon() {
    ends("main", "daemon");
}

/// The first process waits for its other children if it ends by itself; if it is killed they go on without it.
#[test]
fn main_with_another() {
    ends("main", "other");
}

/// The daemons are ended before the others are waited for.
#[test]
fn main_with_both() {
    ends("main", "daemon+other");
}

/// A child that has a daemon ends in the same way.
#[test]
fn a_child_with_a_daemon() {
    ends("child", "daemon");
}

/// A child that has another child, too.
#[test]
fn a_child_with_another() {
    ends("child", "other");
}

/// And one that has both.
#[test]
fn a_child_with_both() {
    ends("child", "daemon+other");
}

/// Daemons get SIGTERM first, and have a second to heed it.
#[test]
fn polite_daemons_may_end_by_themselves() {
    let outcome = Run::new(PROGRAM).args(["stubborn", "deaf", "polite"]).finish().or_fail();
    outcome.succeeds().or_fail();
    outcome.before("main ends", "the polite one is told to end").or_fail();
}

/// Daemons that do not end on SIGTERM are killed after about a second, all of them in the same second.
#[test]
fn stubborn_daemons_are_killed() {
    for (daemons, at_least, less_than) in [
        (&["plain", "plain"][..], 0.0, 1.0),
        (&["stopped"], 1.0, 3.5),
        (&["deaf", "stopped", "plain", "deaf", "deaf"], 1.0, 3.5),
    ] {
        let outcome = Run::new(PROGRAM).arg("stubborn").args(daemons).finish().or_fail();
        outcome.succeeds().or_fail();
        let ended = outcome.all("main ends")[0].at.as_secs_f64();
        // Both moments are seen a little late.
        let took = outcome.took.as_secs_f64() - ended + 0.05;
        assert!((at_least..less_than).contains(&took), "the end took {took:.2} s: {outcome}");
    }
}
