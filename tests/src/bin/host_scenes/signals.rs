//! Signals that whoever started the program ignores or blocks.

use std::thread::sleep;
use std::time::Duration;

use checks::Signal;
use checks::scenes::{Bell, PATIENCE, state_of};
use nix::libc;
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

/// Kills the new child as soon as `start` drops the parent's copy of the closure: before it tells the child which ends of
/// pipes are its own.
struct Killer {
    parent: u32,
}

impl Drop for Killer {
    fn drop(&mut self) {
        if std::process::id() == self.parent {
            for child in procession::active_children() {
                child.kill().expect("our child");
                assert_eq!(shown(&child), "-SIGKILL");
            }
        }
    }
}

pub(crate) fn sigpipe_not_ignored() {
    set(Signal::SIGPIPE, SigHandler::SigDfl, SaFlags::empty());
    let procession::Pipe { sender, receiver } = procession::Pipe::<u32>::new().expect("a pipe");
    let killer = Killer { parent: std::process::id() };
    let child = start(move || drop((killer, sender)));
    assert_eq!(shown(&child), "-SIGKILL");
    assert_eq!(shown(&start(move || drop(receiver))), "0");
}

/// An interval so short that nearly every call that waits is interrupted. Not shorter: a fork that is interrupted begins
/// anew, and must come to its end.
const ALARM: libc::timeval = libc::timeval { tv_sec: 0, tv_usec: 1000 };

pub(crate) fn an_alarm_again_and_again() {
    set(Signal::SIGALRM, SigHandler::Handler(does_nothing), SaFlags::empty());
    // SAFETY: the timer is valid for reads; the null pointer is allowed.
    let failed = unsafe {
        let every = libc::itimerval { it_interval: ALARM, it_value: ALARM };
        libc::setitimer(libc::ITIMER_REAL, &every, std::ptr::null_mut())
    };
    assert_eq!(failed, 0, "a timer");
    statuses_are_kept();
    let child = start(|| sleep(Duration::from_millis(30)));
    assert_eq!(shown(&child), "0");
    let lock = procession::Lock::new().expect("a lock");
    let guard = lock.acquire().expect("a free lock");
    let waits = start(|| lock.acquire().map(drop));
    assert_eq!(waits.join_timeout(Duration::from_millis(20)).expect("our child"), None, "the lock is taken");
    drop(guard);
    assert_eq!(shown(&waits), "0");
    let tasks = procession::JoinableQueue::bounded(2).expect("a queue");
    let worker = start(|| {
        for expected in 0..20 {
            assert_eq!(tasks.get().expect("a task"), expected);
            sleep(Duration::from_millis(1));
            tasks.task_done().expect("it was got");
        }
    });
    for task in 0..20 {
        tasks.put(&task).expect("room");
    }
    tasks.join().expect("all is done");
    assert_eq!(shown(&worker), "0");
    let large = procession::Queue::new().expect("a queue");
    let putter = start(|| large.put(&"x".repeat(1 << 20)));
    assert_eq!(large.get().expect("an item").len(), 1 << 20);
    assert_eq!(shown(&putter), "0");
    let procession::Pipe { sender, receiver } = procession::Pipe::new().expect("a pipe");
    let child = start(move || {
        sleep(Duration::from_millis(20));
        sender.send(&vec![7u8; 100_000])
    });
    assert_eq!(receiver.recv_timeout(PATIENCE).expect("an item"), vec![7u8; 100_000]);
    assert_eq!(shown(&child), "0");
}

pub(crate) fn a_traced_child_that_is_stopped() {
    let child = start(|| {
        // SAFETY: the calls take numbers.
        unsafe {
            libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0);
            libc::raise(libc::SIGSTOP);
        }
        std::process::exit(3)
    });
    checks::scenes::until("it is stopped by its tracer", || state_of(child.pid()) == Some('t'));
    assert!(child.is_alive().expect("our child"));
    assert_eq!(child.join_timeout(Duration::from_millis(10)).expect("our child"), None);
    // SAFETY: the calls take numbers; the child is stopped, and this is its tracer.
    unsafe { libc::ptrace(libc::PTRACE_CONT, child.pid(), 0, 0) };
    assert_eq!(shown(&child), "3");
}

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
    let up = Bell::new();
    let child = start(|| {
        // Whatever a start might set right by mistake, it has by now.
        up.ring();
        sleeps();
    });
    up.wait();
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
