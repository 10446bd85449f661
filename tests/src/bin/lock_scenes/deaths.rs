//! Locks whose holders or waiters die.

use std::mem::forget;
use std::process::{Command, Stdio, exit};
use std::thread;
use std::time::{Duration, Instant};

use checks::scenes::{Bell, until};
use nix::sys::signal::{Signal, raise};
use procession::{Child, Lock};

use crate::{in_a_child, shown, start};

/// Longer than any of these waits lasts unless something is broken.
const LONG: Duration = Duration::from_secs(20);

/// The lock comes, and tells whether its last owner died.
#[track_caller]
fn comes(lock: &Lock, owner_died: bool) {
    let asked = Instant::now();
    let guard = lock.acquire_timeout(LONG).expect("a lock").expect("it comes");
    assert_eq!(guard.owner_died(), owner_died);
    assert!(asked.elapsed() < LONG / 2);
}

/// A child that has the lock, and holds it until it is killed.
fn holder(lock: &Lock) -> Child {
    let held = Bell::new();
    let holder = start(|| {
        let _guard = lock.acquire().expect("a free lock");
        held.ring();
        thread::sleep(Duration::from_secs(1000));
    });
    held.wait();
    holder
}

pub(crate) fn a_holder_is_killed() {
    let lock = Lock::new().expect("a lock");
    for _ in 0..20 {
        let holder = holder(&lock);
        assert!(lock.try_acquire().expect("a lock").is_none());
        holder.kill().expect("our child");
        // Not after a join: whoever waits gets it.
        comes(&lock, true);
        comes(&lock, false);
        in_a_child(|| comes(&lock, false));
        assert_eq!(shown(&holder), "-SIGKILL");
    }
}

pub(crate) fn a_holder_exits() {
    let lock = Lock::new().expect("a lock");
    let holds = |ends: fn()| {
        shown(&start(|| {
            let _guard = lock.acquire().expect("a free lock");
            ends();
        }))
    };
    assert_eq!(holds(|| exit(3)), "3");
    comes(&lock, true);
    assert_eq!(holds(|| std::process::abort()), "-SIGABRT");
    comes(&lock, true);
    // These two release it.
    assert_eq!(holds(|| ()), "0");
    comes(&lock, false);
    assert_eq!(holds(|| panic!("on purpose")), "101");
    comes(&lock, false);
}

pub(crate) fn a_holder_is_killed_while_its_child_lives() {
    let (lock, born, go) = (Lock::new().expect("a lock"), Bell::new(), Bell::new());
    let holder = start(|| {
        let _guard = lock.acquire().expect("a free lock");
        let _child = start(|| {
            born.ring();
            go.wait();
            // It held nothing, so there is nothing that it could have kept.
            comes(&lock, false);
            born.ring();
        });
        born.wait();
        raise(Signal::SIGKILL).map(drop)
    });
    assert_eq!(shown(&holder), "-SIGKILL");
    let guard = lock.try_acquire().expect("a lock").expect("it is free at once");
    assert!(guard.owner_died());
    drop(guard);
    go.ring();
    born.wait();
}

pub(crate) fn a_holder_is_killed_while_its_sleeping_programs_live() {
    let (lock, held) = (Lock::new().expect("a lock"), Bell::new());
    let holder = start(|| {
        let _guard = lock.acquire().expect("a free lock");
        let mut sleep = Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn().expect("sleep");
        checks::scenes::note(sleep.id());
        held.ring();
        sleep.wait().map(drop)
    });
    held.wait();
    let [sleep] = checks::scenes::notes().try_into().expect("a pid");
    holder.kill().expect("our child");
    assert_eq!(shown(&holder), "-SIGKILL");
    // Not at once: the kernel lets a holder go on a moment before it closes what the new program shall not have.
    comes(&lock, true);
    let sleep: i32 = sleep.parse().expect("a pid");
    assert!(checks::scenes::runs(sleep as u32));
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(sleep), Signal::SIGKILL).expect("it is ours");
}

pub(crate) fn a_waiter_is_killed() {
    let lock = Lock::new().expect("a lock");
    let guard = lock.acquire().expect("a free lock");
    let about = Bell::new();
    let waits = |limit: Option<Duration>| {
        start(|| {
            about.ring();
            match limit {
                None => lock.acquire().map(drop),
                Some(limit) => lock.acquire_timeout(limit).map(drop),
            }
        })
    };
    let waiters = [waits(None), waits(Some(LONG)), waits(None)];
    for waiter in &waiters {
        about.wait();
        // Asleep in the one place where there is something to wait for.
        until("it waits", || checks::scenes::state_of(waiter.pid()) == Some('S'));
    }
    waiters[0].kill().expect("our child");
    waiters[1].terminate().expect("our child");
    assert_eq!((shown(&waiters[0]).as_str(), shown(&waiters[1]).as_str()), ("-SIGKILL", "-SIGTERM"));
    assert!(!guard.owner_died());
    drop(guard);
    assert_eq!(shown(&waiters[2]), "0");
    comes(&lock, false);
}

pub(crate) fn a_guard_is_forgotten() {
    let lock = Lock::new().expect("a lock");
    in_a_child(|| forget(lock.acquire().expect("a free lock")));
    comes(&lock, true);
    comes(&lock, false);
    // And one that goes out of scope in a daemon that is ended.
    let held = Bell::new();
    let daemon = procession::Process::new(|| {
        let _guard = lock.acquire().expect("a free lock");
        held.ring();
        thread::sleep(Duration::from_secs(1000));
    });
    let daemon = daemon.daemon(true).start().expect("a daemon");
    held.wait();
    daemon.terminate().expect("our child");
    comes(&lock, true);
    assert_eq!(shown(&daemon), "-SIGTERM");
}
