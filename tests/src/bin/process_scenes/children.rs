//! What a parent knows of its children, and what it can do to them.

use std::process::{ExitStatus, exit, id};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use checks::scenes::{Bell, note, notes, runs, state_of, until};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SigHandler, Signal, kill, raise, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use procession::{Child, Error, active_children};

use crate::{ending, in_a_child, shown, start};

/// Longer than any of these waits lasts unless something is broken.
const LONG: Duration = Duration::from_secs(20);

fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(child.pid() as i32)
}

/// A child that sleeps until it is killed.
pub(crate) fn sleeper() -> Child {
    start(|| thread::sleep(Duration::from_secs(1000)))
}

pub(crate) fn statuses() {
    let children: Vec<Child> = (0..=255).map(|code| start(move || exit(code))).collect();
    for (code, child) in children.iter().enumerate() {
        let status = child.join().expect("a status");
        assert_eq!((status.code(), status.success()), (Some(code as i32), code == 0));
    }
}

pub(crate) fn wide_statuses() {
    for (code, seen) in [(256, "0"), (300, "44"), (-1, "255"), (-9, "247"), (512 + 7, "7")] {
        assert_eq!(ending(|| exit(code)), seen);
    }
}

pub(crate) fn statuses_of_signals() {
    use std::os::unix::process::ExitStatusExt;
    let real_time = [libc::SIGRTMIN(), libc::SIGRTMIN() + 3, libc::SIGRTMAX()];
    for number in [1, 2, 3, 4, 6, 9, 10, 12, 14, 15, 29].into_iter().chain(real_time) {
        // SAFETY: raise takes a number.
        let child = start(|| unsafe {
            libc::raise(number);
        });
        let status = child.join().expect("a status");
        assert_eq!((status.code(), status.signal()), (None, Some(number)));
    }
}

pub(crate) fn join_again() {
    let child = start(|| exit(3));
    let statuses: Vec<ExitStatus> = (0..3).map(|_| child.join().expect("a status")).collect();
    assert!(statuses.iter().all(|status| status.code() == Some(3)));
    assert_eq!(child.join_timeout(Duration::ZERO).expect("a status"), Some(statuses[0]));
    assert_eq!(child.clone().exit_status().expect("a status"), Some(statuses[0]));
    assert!(!child.is_alive().expect("our child"));
}

pub(crate) fn join_with_a_time_limit() {
    let go = Bell::new();
    let child = start(|| go.wait());
    for millis in [0, 1, 50, 200] {
        let (limit, asked) = (Duration::from_millis(millis), Instant::now());
        assert_eq!(child.join_timeout(limit).expect("our child"), None);
        assert!((limit..LONG).contains(&asked.elapsed()));
    }
    assert_eq!(child.exit_status().expect("our child"), None);
    assert!(child.is_alive().expect("our child"));
    go.ring();
    let asked = Instant::now();
    assert!(child.join_timeout(Duration::MAX).expect("our child").is_some_and(|status| status.success()));
    assert!(asked.elapsed() < LONG);
}

pub(crate) fn join_while_a_grandchild_lives() {
    let (born, go) = (Bell::new(), Bell::new());
    let child = start(|| {
        let _grandchild = start(|| {
            born.ring();
            go.wait();
            note("the grandchild goes on");
            go.ring();
        });
        born.wait();
        raise(Signal::SIGKILL)
    });
    for asked in [child.join_timeout(LONG).expect("our child"), Some(child.join().expect("our child"))] {
        assert_eq!(asked.map(|status| procession::exitcode(status).to_string()).as_deref(), Some("-SIGKILL"));
    }
    go.ring();
    until("the grandchild goes on", || notes() == ["the grandchild goes on"]);
    go.wait();
}

pub(crate) fn join_by_several_threads() {
    let go = Bell::new();
    let child = start(|| {
        go.wait();
        exit(5)
    });
    let together = Barrier::new(9);
    let statuses: Vec<ExitStatus> = thread::scope(|scope| {
        let wait = |limit: Option<Duration>| {
            let (child, together) = (child.clone(), &together);
            scope.spawn(move || {
                together.wait();
                match limit {
                    None => child.join().expect("a status"),
                    Some(limit) => child.join_timeout(limit).expect("a status").expect("in time"),
                }
            })
        };
        let threads: Vec<_> = (0..8).map(|n| wait((n % 2 == 0).then_some(LONG))).collect();
        together.wait();
        go.ring();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(statuses.iter().all(|status| status.code() == Some(5)), "{statuses:?}");
}

extern "C" fn nothing(_: libc::c_int) {}

/// From now on a signal interrupts whatever this process waits in, a thousand times a second.
pub(crate) fn interrupted_all_the_time() {
    // SAFETY: the handler does nothing, which is allowed at any moment.
    unsafe { signal(Signal::SIGALRM, SigHandler::Handler(nothing)) }.expect("a handler");
    let handler = nix::sys::signal::SigAction::new(
        SigHandler::Handler(nothing),
        // Without SA_RESTART, so that the waits really end with EINTR.
        nix::sys::signal::SaFlags::empty(),
        nix::sys::signal::SigSet::empty(),
    );
    // SAFETY: as above.
    unsafe { nix::sys::signal::sigaction(Signal::SIGALRM, &handler) }.expect("a handler");
    let every = libc::timeval { tv_sec: 0, tv_usec: 1000 };
    let timer = libc::itimerval { it_interval: every, it_value: every };
    // SAFETY: the timer is valid for reads; the old one is not asked for.
    assert_eq!(unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) }, 0);
}

pub(crate) fn join_despite_signals() {
    // Timers are not inherited: the child is left in peace.
    interrupted_all_the_time();
    let asleep = || thread::sleep(Duration::from_millis(200));
    assert_eq!(ending(asleep), "0");
    let child = start(asleep);
    assert_eq!(child.join_timeout(Duration::from_millis(20)).expect("our child"), None);
    assert!(child.join_timeout(LONG).expect("our child").is_some());
}

pub(crate) fn join_a_stopped_child() {
    let child = start(|| raise(Signal::SIGSTOP).map(drop));
    until("it is stopped", || state_of(child.pid()) == Some('T'));
    assert!(child.is_alive().expect("our child"));
    assert_eq!(child.join_timeout(Duration::from_millis(50)).expect("our child"), None);
    // SIGTERM waits until it goes on; SIGKILL does not.
    child.terminate().expect("our child");
    assert_eq!(child.join_timeout(Duration::from_millis(50)).expect("our child"), None);
    kill(pid_of(&child), Signal::SIGCONT).expect("a child");
    assert_eq!(shown(&child), "-SIGTERM");
    let child = start(|| raise(Signal::SIGSTOP).map(drop));
    until("it is stopped", || state_of(child.pid()) == Some('T'));
    child.kill().expect("our child");
    assert_eq!(shown(&child), "-SIGKILL");
}

pub(crate) fn join_by_another_process() {
    let (main, brother) = (id(), sleeper());
    in_a_child(|| {
        let not_mine = |answer: Result<(), Error>| match answer {
            Err(Error::NotMyChild { name, parent }) => {
                assert_eq!((name.as_str(), parent), ("Process-1", main))
            }
            other => panic!("{other:?}"),
        };
        not_mine(brother.join().map(drop));
        not_mine(brother.join_timeout(LONG).map(drop));
        not_mine(brother.exit_status().map(drop));
        not_mine(brother.is_alive().map(drop));
        not_mine(brother.terminate());
        not_mine(brother.kill());
    });
    assert!(brother.is_alive().expect("our child"));
    brother.kill().expect("our child");
    assert_eq!(shown(&brother), "-SIGKILL");
}

/// The child has ended, and its status is gone.
#[track_caller]
fn is_lost(child: &Child) {
    assert!(!child.is_alive().expect("our child"));
    assert!(matches!(child.join(), Err(Error::StatusLost { pid }) if pid == child.pid()));
    assert!(matches!(child.join_timeout(LONG), Err(Error::StatusLost { .. })));
    assert!(matches!(child.exit_status(), Err(Error::StatusLost { .. })));
    assert!(child.to_string().ends_with(" unknown>"), "{child}");
    assert!(active_children().is_empty());
    child.terminate().expect("nothing to do");
    child.kill().expect("nothing to do");
}

pub(crate) fn lost_to_waitpid() {
    let child = start(|| exit(3));
    waitpid(pid_of(&child), None).expect("a child");
    is_lost(&child);
    // While a thread waits in join.
    let go = Bell::new();
    let child = start(|| go.wait());
    thread::scope(|scope| {
        let joins = [scope.spawn(|| child.join().map(Some)), scope.spawn(|| child.join_timeout(LONG))];
        kill(pid_of(&child), Signal::SIGKILL).expect("a child");
        let stolen = waitpid(pid_of(&child), None);
        for thread in joins {
            match thread.join().expect("no panic") {
                Err(Error::StatusLost { .. }) => assert!(stolen.is_ok()),
                // The thread was faster.
                Ok(Some(_)) => assert_eq!(stolen, Err(Errno::ECHILD)),
                other => panic!("{other:?}"),
            }
        }
    });
}

pub(crate) fn lost_to_an_ignored_sigchld() {
    let go = Bell::new();
    let child = start(|| go.wait());
    let _other = start(|| go.wait());
    // Not before: to start a child has its exit status kept.
    // SAFETY: to ignore a signal runs no code.
    unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }.expect("a disposition");
    assert!(child.is_alive().expect("our child"));
    assert_eq!(child.join_timeout(Duration::from_millis(50)).expect("our child"), None);
    go.ring();
    go.ring();
    let _ = child.join();
    until("both have ended", || active_children().is_empty());
    is_lost(&child);
}

/// Makes a stranger with this pid: a process whose parent has ended. False: somebody else has got that pid meanwhile.
fn stranger_with_pid(pid: u32) -> bool {
    let pid = pid as libc::pid_t;
    // SAFETY: clone_args is plain data for which all zeros is a value.
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    args.set_tid = &raw const pid as u64;
    args.set_tid_size = 1;
    args.exit_signal = libc::SIGCHLD as u64;
    // SAFETY: as a fork, of a process that has one thread; the arguments are valid for reads.
    let mut born =
        || unsafe { libc::syscall(libc::SYS_clone3, &raw mut args, size_of::<libc::clone_args>()) };
    // SAFETY: this process has one thread.
    match unsafe { fork() }.expect("a fork") {
        ForkResult::Child => {
            let born = born();
            if born == 0 {
                thread::sleep(Duration::from_secs(1000));
            }
            // SAFETY: _exit takes a number.
            unsafe { libc::_exit(if born < 0 { Errno::last_raw() } else { 0 }) }
        }
        ForkResult::Parent { child } => match waitpid(child, None).expect("a child") {
            WaitStatus::Exited(_, 0) => true,
            WaitStatus::Exited(_, libc::EEXIST) => false,
            other => panic!("a process with a chosen pid: {other:?}"),
        },
    }
}

pub(crate) fn a_reaped_pid_is_never_signalled() {
    for reaped_by_us in [true, false] {
        let tried = (0..500).any(|_| never_signalled(reaped_by_us));
        assert!(tried, "somebody else got the pid each time");
    }
}

fn never_signalled(reaped_by_us: bool) -> bool {
    let child = start(|| ());
    if reaped_by_us {
        assert_eq!(shown(&child), "0");
    } else {
        waitpid(pid_of(&child), None).expect("a child");
    }
    if !stranger_with_pid(child.pid()) {
        return false;
    }
    child.terminate().expect("nothing to do");
    child.kill().expect("nothing to do");
    assert!(!child.is_alive().expect("our child"));
    // A signal would have been delivered by now: to oneself it is at once, so ask for the same of another.
    let sent = start(|| thread::sleep(Duration::from_secs(1000)));
    sent.kill().expect("our child");
    sent.join().expect("a status");
    assert!(runs(child.pid()), "the stranger with pid {} was killed", child.pid());
    kill(pid_of(&child), Signal::SIGKILL).expect("the stranger");
    until("the stranger is gone", || !runs(child.pid()));
    true
}

pub(crate) fn a_reaped_pid_may_come_back_as_a_child() {
    // Each time with another pid: one that somebody else has got may stay taken.
    let tried = (0..500).any(|_| came_back());
    assert!(tried, "somebody else got the pid each time");
}

/// Whether the kernel gave the pid out again, this time through start; somebody else may be faster.
fn came_back() -> bool {
    let first = start(|| exit(3));
    waitpid(pid_of(&first), None).expect("a child");
    let next = (first.pid() - 1).to_string();
    std::fs::write("/proc/sys/kernel/ns_last_pid", next).expect("root may");
    let second = sleeper();
    let came_back = second.pid() == first.pid();
    if came_back {
        first.kill().expect("nothing to do");
        assert!(!first.is_alive().expect("our child"), "the first has ended");
        assert!(matches!(first.join(), Err(Error::StatusLost { .. })));
        assert!(second.is_alive().expect("our child"), "the second was killed for the first");
    }
    second.kill().expect("our child");
    assert_eq!(shown(&second), "-SIGKILL");
    came_back
}

pub(crate) fn signals_after_the_end() {
    let child = start(|| exit(3));
    // Ended and not reaped yet: it is not signalled either, and stays what it is.
    until("it has ended", || state_of(child.pid()) == Some('Z'));
    child.terminate().expect("nothing to do");
    child.kill().expect("nothing to do");
    assert_eq!(shown(&child), "3");
    child.terminate().expect("nothing to do");
    assert_eq!(shown(&child), "3");
    // Straight after the start: whatever it was to do, it does not.
    for _ in 0..20 {
        let child = start(|| thread::sleep(Duration::from_secs(1000)));
        child.terminate().expect("our child");
        child.terminate().expect("our child");
        assert_eq!(shown(&child), "-SIGTERM");
    }
}
