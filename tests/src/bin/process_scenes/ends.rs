//! What happens to the children at the end of their parent.

use std::process::{abort, exit};
use std::thread::sleep;
use std::time::Duration;

use checks::scenes::{Bell, until};
use nix::sys::signal::{SigSet, Signal, raise};
use procession::{Child, Process, parent_process};

use crate::{shown, start};

/// A process has these children, and ends in this way: the first process, or a child of it.
pub(crate) fn end(level: &str, children: &str, how: &str) -> Result<(), String> {
    match level {
        "main" => father(children, how),
        "child" => {
            println!("ended: {}", shown(&start(|| father(children, how))));
            Ok(())
        }
        other => panic!("unknown: {other}"),
    }
}

fn father(children: &str, how: &str) -> Result<(), String> {
    let orphaned = ["abort", "SIGTERM", "SIGKILL"].contains(&how);
    let end = Bell::new();
    // The handles are dropped: that must make no difference.
    let daemon = children.contains("daemon").then(|| daemon("daemon", &[]));
    let daemon = daemon.map(|daemon| daemon.pid());
    if children.contains("other") {
        let _ = start(|| other(&end, orphaned, daemon));
    }
    end.ring();
    match how {
        "ok" => Ok(()),
        "err" => Err("on purpose".to_owned()),
        "panic" => panic!("on purpose"),
        "exit" => exit(7),
        "abort" => abort(),
        signal => {
            raise(signal.parse().expect("a signal")).expect("it can be sent");
            unreachable!("the signal ends it");
        }
    }
}

/// A daemon that would run for ever. It runs when this returns.
fn daemon(name: &str, deaf_to: &[Signal]) -> Child {
    let ready = Bell::new();
    let daemon = Process::new(|| {
        SigSet::from_iter(deaf_to.iter().copied()).thread_block().expect("a mask");
        println!("{name} runs");
        ready.ring();
        sleep(Duration::from_secs(1000));
        println!("{name} ends by itself");
    });
    let daemon = daemon.daemon(true).name(name).start().expect("a daemon");
    ready.wait();
    daemon
}

/// A daemon that has something to do when it is told to end.
fn polite() -> Child {
    let ready = Bell::new();
    let daemon = Process::new(|| {
        let told = SigSet::from(Signal::SIGTERM);
        told.thread_block().expect("a mask");
        ready.ring();
        told.wait().expect("a signal");
        println!("the polite one is told to end");
    });
    let daemon = daemon.daemon(true).start().expect("a daemon");
    ready.wait();
    daemon
}

/// No daemon: it goes on after its father's end has begun.
fn other(end: &Bell, orphaned: bool, daemon: Option<u32>) {
    let father = parent_process().expect("a parent");
    end.wait();
    if let Some(daemon) = daemon {
        until("the daemon is gone", || !checks::scenes::runs(daemon));
        println!("the daemon is gone before the other");
    }
    if orphaned {
        until("the father is gone", || !father.is_alive());
        println!("the other goes on without the father");
    } else {
        // A father that did not wait would be gone by then.
        sleep(Duration::from_millis(300));
        assert!(father.is_alive(), "the father did not wait");
        println!("the other ends while the father waits");
    }
}

/// Main ends while it has daemons that do not end when they are told to.
pub(crate) fn stubborn(kinds: &[&str]) {
    for kind in kinds {
        let daemon = match *kind {
            "deaf" => daemon("deaf", &[Signal::SIGTERM]),
            "plain" => daemon("plain", &[]),
            "polite" => polite(),
            "stopped" => {
                let daemon = daemon("stopped", &[]);
                nix::sys::signal::kill(nix::unistd::Pid::from_raw(daemon.pid() as i32), Signal::SIGSTOP)
                    .expect("a child");
                until("it is stopped", || checks::scenes::state_of(daemon.pid()) == Some('T'));
                daemon
            }
            other => panic!("unknown: {other}"),
        };
        assert!(daemon.is_alive().expect("our child"));
    }
    println!("main ends");
}
