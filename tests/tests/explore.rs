//! All interleavings of two and three processes, with few changes of process; `make explore` goes through the others.

use std::time::Duration;

use checks::{OrFail, Outcome, Run};

fn explore(args: &[&str]) -> Outcome {
    let run = Run::new(env!("CARGO_BIN_EXE_explore")).args(args).deadline(Duration::from_secs(300));
    let it = run.finish().or_fail();
    it.is_clean().or_fail();
    it
}

/// No schedule loses an item, lets one in too many, or leaves anybody asleep.
#[test]
fn few_changes() {
    let it = explore(&["--short"]);
    it.exits(0).or_fail();
    println!("{}", it.lines.last().expect("their number").text);
}

/// Schedules that were wrong once, here or in a library that was broken on purpose.
#[test]
fn once_wrong() {
    // The mutex was given up after 100 ms, though its holder was only slow.
    let patience = " / B > asleep / B wakes".repeat(15);
    let slow_holder = format!("queue(2)+1: put | try_put / A > put: locked{patience} / B > asleep / A > end");
    // What was appended behind the pipe was announced too late, and came out when others had put as much as a pipe holds.
    let ghost = format!("queue[16]+18-17: put | get{} / A > put: appended / A killed", " put".repeat(18));
    for schedule in [
        &*slow_holder,
        &*ghost,
        // The second look before sleeping was left out.
        "queue(1)+1: put | get / A > put: locked / B > end",
        "queue(1)+1: put | get / A > signal: last one seen / B > get: before",
        // Who had appended a record did not look whether others had emptied the pipe meanwhile, and slept.
        "queue[16]+16-15: put | get | get / B > get: overflow empty / C > get: overflow empty / A > put: overflow announced / C > get: read / C killed / B > asleep / A > end",
        // Nor did who had taken the last record out of it.
        "queue[16]+16-15: put | get | get / B > get: overflow empty / C > get: overflow empty / A > end / B > end / C > end",
        // Who found the pipe empty did not look whether the overflow was, by then.
        "queue[16]+16-15: put | try_get | get / B > get: overflow empty / A > end / C > end",
        // A getter said that it was about to sleep when it had released the mutex.
        "joinable: put | get_timeout / B > signal: last one seen / A > put: encoded",
        // It said so before it had read the signals: it read the one that answered it, and slept.
        "joinable: put put | get get / A > unlock: open / B > signal: last one seen / A > put: done / B > asleep / A > end",
        // Who answered it answered what it said the next time, too.
        "joinable: put put | get get / A > unlock: open / B > get: about to sleep / A > signal: nobody slept / B > asleep / A > end",
        // Nobody settled what a dead one was about to take.
        "joinable+1: join | get task_done / A > asleep / B > get: read / B killed",
        // A newcomer inherited what a dead one had in hand.
        "joinable+1: get | get / A > get: in hand / A killed",
        // Or took its place before it was known what that had taken.
        "joinable+1: get | get / A > get: counted / A killed",
        // The mutex went on naming a dead one's place.
        "queue(1): put | get / A > put: counted / A killed",
        // So it did when that was a newcomer's by then, and another waited.
        "queue(1): put | put_large | put / A > put: written / A killed / B > place: mutex seen / C > asleep",
    ] {
        explore(&["--replay", schedule]).exits(0).or_fail();
    }
}

/// It finds what is wrong with a lock that looks first and takes then, and what it prints can be played again.
#[test]
fn finds_a_fault() {
    let it = explore(&["--only", "naive: try_acquire work release | try_acquire work release"]);
    it.exits(1).or_fail();
    let fault = it.lines.iter().position(|line| line.text.starts_with("FAULT")).expect("a fault");
    for schedule in [
        it.lines[fault + 1].text.trim(),
        "naive: try_acquire work release | try_acquire work release / A > naive: free / B > work / A > end",
    ] {
        let again = explore(&["--replay", schedule]);
        again.exits(1).or_fail();
        again.one("FAULT: <text>").or_fail();
    }
}

/// A line that cannot be followed is no success.
#[test]
fn refuses() {
    for (args, code) in [
        (&["--onyl"][..], 2),
        (&["--only", "queue: put | shut"], 2),
        (&["--replay", "queue: put | get / A"], 2),
        (&["--replay", "queue: put | get / C > end"], 2),
        (&["--replay", "queue: put | get / A > no such step"], 1),
        (&["--replay", "queue: put | get / A > end / A killed"], 1),
    ] {
        explore(args).exits(code).or_fail();
    }
}
