//! Signals that whoever started the program ignores or blocks.

use std::thread::sleep;
use std::time::Duration;

use checks::Signal;
use checks::scenes::{PATIENCE, state_of};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, sigaction, sigprocmask};
use procession::{Child, Process};

use crate::{shown, start};

fn set(signal: Signal, handler: SigHandler, flags: SaFlags) {
    // SAFETY: the handler is a default one, or does nothing.
    unsafe { sigaction(signal, &SigAction::new(handler, flags, SigSet::empty())) }.expect("a signal");
}

fn block(signal: Signal) {
    let set = SigSet::from_iter([signal]);
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&set), None).expect("a signal");
}

fn sleeps() {
    sleep(Duration::from_secs(1000));
}

/// A child ends in each way, and its status can be had in each way.
fn statuses_are_kept() {
    assert_eq!(shown(&start(|| std::process::exit(7))), "7");
    let child = start(sleeps);
    assert_eq!(child.join_timeout(Duration::from_millis(10)).expect("our child"), None);
    child.kill().expect("our child");
    assert!(child.join_timeout(PATIENCE).expect("a status").is_some());
    assert_eq!(shown(&child), "-SIGKILL");
    let child = start(|| ());
    checks::scenes::until("it has ended", || !child.is_alive().expect("our child"));
    assert!(child.exit_status().expect("a status").expect("it has ended").success());
}

pub(crate) fn sigchld_ignored() {
    set(Signal::SIGCHLD, SigHandler::SigIgn, SaFlags::empty());
    statuses_are_kept();
    // Once more, by the program itself.
    set(Signal::SIGCHLD, SigHandler::SigIgn, SaFlags::empty());
    statuses_are_kept();
    crate::in_a_child(statuses_are_kept);
}

extern "C" fn does_nothing(_: i32) {}

pub(crate) fn sigchld_handled_without_zombies() {
    for handler in [SigHandler::Handler(does_nothing), SigHandler::SigDfl] {
        set(Signal::SIGCHLD, handler, SaFlags::SA_NOCLDWAIT | SaFlags::SA_RESTART);
        statuses_are_kept();
        // SAFETY: the handler is the same as before.
        let now = unsafe {
            sigaction(Signal::SIGCHLD, &SigAction::new(handler, SaFlags::empty(), SigSet::empty()))
        };
        let now = now.expect("a signal");
        assert_eq!(
            format!("{:?}", now.handler()),
            format!("{handler:?}"),
            "the handler is the program's own business"
        );
        assert!(now.flags().contains(SaFlags::SA_RESTART));
    }
}

pub(crate) fn sigchld_blocked() {
    block(Signal::SIGCHLD);
    statuses_are_kept();
}

/// As in Python: what the parent does not heed its children do not heed either, unless they change it.
fn sigterm_is_not_heeded() {
    let child = start(sleeps);
    child.terminate().expect("our child");
    assert_eq!(child.join_timeout(Duration::from_millis(200)).expect("our child"), None);
    child.kill().expect("our child");
    assert_eq!(shown(&child), "-SIGKILL");
    let child = start(|| {
        set(Signal::SIGTERM, SigHandler::SigDfl, SaFlags::empty());
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None).expect("a mask");
        sleeps();
    });
    child.terminate().expect("our child");
    // Sent before the child heeds it, an ignored signal is gone.
    checks::scenes::until("it has ended", || {
        child.terminate().expect("our child");
        !child.is_alive().expect("our child")
    });
    assert_eq!(shown(&child), "-SIGTERM");
}

pub(crate) fn sigterm_ignored() {
    set(Signal::SIGTERM, SigHandler::SigIgn, SaFlags::empty());
    sigterm_is_not_heeded();
}

pub(crate) fn sigterm_blocked() {
    block(Signal::SIGTERM);
    sigterm_is_not_heeded();
}

pub(crate) fn a_daemon_is_ended_though_sigterm_is_ignored() {
    set(Signal::SIGTERM, SigHandler::SigIgn, SaFlags::empty());
    let daemons = || {
        let daemons: Vec<Child> =
            (0..3).map(|_| Process::new(sleeps).daemon(true).start().expect("a daemon")).collect();
        daemons.iter().map(Child::pid).for_each(checks::scenes::note);
    };
    checks::scenes::notes();
    crate::in_a_child(daemons);
    let pids = checks::scenes::notes();
    assert_eq!(pids.len(), 3);
    assert!(pids.iter().all(|pid| state_of(pid.parse().expect("a pid")).is_none()));
}
