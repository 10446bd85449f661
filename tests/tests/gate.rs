//! The gate: processes are held at calls, sleeps are over at once, and time flies.

use std::time::Duration;

use checks::{OrFail, Run, Running};

const SOON: Duration = Duration::from_secs(10);

fn gated(args: &[&str]) -> Running {
    Run::new(env!("CARGO_BIN_EXE_broken")).args(args).deadline(SOON).gated().start().or_fail()
}

/// A line does not come while its writer is held, and comes when it is released.
#[test]
fn a_writer_is_held() {
    let mut run = gated(&["say", "a", "b", "c"]);
    run.hold(|call| call.line().is_some_and(|line| line == "b"));
    let held = run.held(SOON).or_fail().expect("somebody writes b");
    run.looks_on(Duration::from_millis(100)).or_fail();
    assert_eq!((run.printed("a"), run.printed("b")), (1, 0));
    run.release(held.pid);
    run.finish().or_fail().prints(&["a", "b", "c"]).or_fail();
}

/// Held, it can be killed, and what it was about to write never comes.
#[test]
fn a_writer_that_is_held_can_be_killed() {
    let mut run = gated(&["one-after-another"]);
    run.hold(|call| call.line().is_some_and(|line| line == "first"));
    let held = run.held(SOON).or_fail().expect("somebody writes first");
    run.kill(held.pid);
    run.finish().or_fail().prints(&["second"]).or_fail();
}

/// Held, it can be stopped; when it goes on it is held again.
#[test]
fn a_writer_that_is_held_can_be_stopped() {
    let mut run = gated(&["say", "a"]);
    run.hold(|call| call.line().is_some());
    let held = run.held(SOON).or_fail().expect("somebody writes a");
    assert!(run.stop(held.pid));
    assert!(run.held_now().is_empty());
    run.go_on(held.pid);
    assert_eq!(run.held(SOON).or_fail().map(|call| call.pid), Some(held.pid));
    run.release_all();
    run.finish().or_fail().succeeds().or_fail();
}

/// A sleep of a thousand seconds is over as soon as it begins.
#[test]
fn a_sleep_is_skipped() {
    let mut run = gated(&["sleep"]);
    run.skip_sleeps(|_| true);
    run.finish().or_fail().succeeds().or_fail();
}

/// Where time flies, a sleep is over too, and the clock of the program says that it was long.
#[test]
fn the_clock_says_that_time_has_passed() {
    let mut run = gated(&["sleep-and-tell"]);
    run.time_flies(|_| true);
    let it = run.finish().or_fail();
    it.succeeds().or_fail();
    assert!(it.number("slept for <number> s").or_fail() >= 1000.0, "{it}");
    it.takes_less_than(9.0).or_fail();
}

/// Nobody is at rest who runs.
#[test]
fn all_come_to_rest() {
    let mut run = gated(&["together"]);
    run.hold(|call| call.line().is_some_and(|line| line.ends_with("ends")));
    assert_eq!(run.all_held(2, SOON).or_fail().len(), 2);
    run.comes_to_rest().or_fail();
    assert_eq!(run.pids().len(), 3);
    run.release_all();
    run.finish().or_fail().succeeds().or_fail();
}

/// A child whose sleep began before anybody looked is not at rest, however quiet it is.
#[test]
fn a_sleep_that_has_begun_is_waited_for() {
    let mut run = gated(&["wait-for-a-child-that-naps"]);
    assert!(run.comes("asleep", 1, SOON).or_fail());
    run.gives_up_or_rests().or_fail();
    assert_eq!(run.printed("awake"), 1);
    run.finish().or_fail().succeeds().or_fail();
}
