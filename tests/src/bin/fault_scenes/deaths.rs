//! A process dies at a step. Afterwards the queue is as if the operation had been done, or had not.

use std::collections::BTreeSet;
use std::time::Duration;

use nix::sys::signal::Signal::SIGKILL;
use procession::{Error, Process};

use crate::common::{json_of, millis, well_ended};
use crate::victim::{GET, PUT, Under, struck};

const SOON: Duration = Duration::from_secs(10);

/// The sizes of items: in the pipe, and in a file.
const SIZES: [usize; 2] = [20, 5000];

/// A process that was not there before takes the dead one's place, and finds all the room and an empty queue.
fn works_again(under: &Under) {
    let work = || {
        for size in SIZES {
            let rounds = under.maxsize().unwrap_or(3);
            (0..rounds).for_each(|_| under.put_timeout(&json_of(size), SOON).expect("room"));
            if under.maxsize().is_some() {
                assert!(matches!(under.put_timeout(&json_of(size), Duration::ZERO), Err(Error::Full)));
            }
            for _ in 0..rounds {
                assert_eq!(under.get_timeout(SOON).expect("an item"), json_of(size));
                under.done();
            }
        }
        assert_eq!(under.lost(), 0);
    };
    well_ended(&Process::new(work).start().expect("a child"));
}

/// Strikes at each step, with every kind of queue and item; each step must have been passed by some.
fn at_each_step(steps: &[&'static str], mut scene: impl FnMut(&Under, usize, &str) -> bool) {
    let mut passed = BTreeSet::new();
    for step in steps {
        for under in Under::all() {
            for size in SIZES {
                if scene(&under, size, step) {
                    passed.insert(*step);
                }
                works_again(&under);
            }
        }
    }
    let missed: Vec<_> = steps.iter().filter(|step| !passed.contains(*step)).collect();
    assert!(missed.is_empty(), "nothing passed {missed:?}");
}

pub(crate) fn killed_in_put() {
    at_each_step(PUT, |under, size, step| {
        let item = json_of(size);
        let fill = if step == "put: about to sleep" { under.maxsize().unwrap_or(0) } else { 1 };
        (0..fill).for_each(|_| under.put(&json_of(9)).expect("room"));
        let put_forever =
            || if step == "put: about to sleep" && fill == 0 { Ok(()) } else { under.put(&item) };
        let died = struck(step, SIGKILL, put_forever).is_some();
        let there = under.len() - fill;
        let acknowledged = step == "put: done" || !died && fill > 0;
        assert!(there == 1 || there == 0 && !acknowledged, "{step}: {there} more");
        for _ in 0..fill {
            assert_eq!(under.get_timeout(SOON).expect("an item"), json_of(9));
            under.done();
        }
        if there == 1 {
            assert_eq!(under.get_timeout(SOON).expect("an item"), item);
            under.done();
        }
        assert_eq!(under.lost(), 0, "{step}");
        died
    });
}

pub(crate) fn killed_in_get() {
    at_each_step(GET, |under, size, step| {
        let item = json_of(size);
        let fill = if step == "get: about to sleep" { 0 } else { 2 };
        (0..fill).for_each(|_| under.put(&item).expect("room"));
        let get = || match fill {
            0 if matches!(under, Under::Plain(_)) => Ok(()),
            _ => under.get_timeout(SOON).map(|_| under.done()),
        };
        let died = struck(step, SIGKILL, get).is_some();
        let left = under.len();
        let taken = fill - left;
        assert!(taken <= 1);
        for _ in 0..left {
            assert_eq!(under.get_timeout(SOON).expect("an item"), item);
            under.done();
        }
        // What the dead one had taken is lost, and told: nothing else is.
        let lost = if died && matches!(under, Under::Joinable(_)) { taken as u32 } else { 0 };
        assert_eq!(under.lost(), lost, "{step}");
        died
    });
}

pub(crate) fn killed_in_task_done() {
    for (step, lost) in [("task_done: before", 1), ("task_done: counted", 0), ("task_done: done", 0)] {
        for under in Under::all().into_iter().filter(|under| matches!(under, Under::Joinable(_))) {
            under.put(&json_of(20)).expect("room");
            let work = || under.get_timeout(SOON).map(|_| under.done());
            assert!(struck(step, SIGKILL, work).is_some());
            assert_eq!(under.lost(), lost, "{step}");
            works_again(&under);
        }
    }
}

pub(crate) fn killed_in_join() {
    for step in ["join: before", "join: gate taken", "join: about to sleep"] {
        for under in Under::all() {
            let Under::Joinable(queue) = &under else { continue };
            queue.put(&json_of(20)).expect("room");
            assert!(struck(step, SIGKILL, || queue.join_timeout(millis(1000)).map(drop)).is_some());
            queue.get_timeout(SOON).expect("a task");
            queue.task_done().expect("a task in hand");
            assert_eq!(under.lost(), 0, "{step}");
            works_again(&under);
        }
    }
}
