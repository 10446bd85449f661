//! What may be done with a lock, and what comes of it.

use std::thread;
use std::time::{Duration, Instant};

use checks::scenes::Bell;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use procession::{Error, Lock};

use crate::{in_a_child, shown, start};

/// Longer than any of these waits lasts unless something is broken.
const LONG: Duration = Duration::from_secs(20);

pub(crate) fn reentry_is_an_error() {
    let lock = Lock::new().expect("a lock");
    let guard = lock.acquire().expect("a free lock");
    assert!(matches!(lock.acquire(), Err(Error::Reentrant)));
    assert!(matches!(lock.acquire_timeout(LONG), Err(Error::Reentrant)));
    assert!(matches!(lock.clone().acquire(), Err(Error::Reentrant)));
    assert!(lock.try_acquire().expect("no error").is_none());
    // Nothing of it has harmed the lock.
    in_a_child(|| assert!(lock.try_acquire().expect("a lock").is_none()));
    drop(guard);
    drop(lock.acquire().expect("a free lock"));
    // Another thread is no second entry: it waits.
    let guard = lock.acquire().expect("a free lock");
    thread::scope(|scope| {
        scope.spawn(|| assert!(lock.try_acquire().expect("a lock").is_none()));
        scope.spawn(|| {
            assert!(lock.acquire_timeout(Duration::from_millis(50)).expect("a lock").is_none());
        });
    });
    drop(guard);
}

pub(crate) fn a_time_limit_is_kept() {
    let (lock, held, done) = (Lock::new().expect("a lock"), Bell::new(), Bell::new());
    let holder = start(|| {
        let _guard = lock.acquire().expect("a free lock");
        held.ring();
        done.wait();
    });
    held.wait();
    for millis in [0, 1, 50, 200] {
        let (limit, asked) = (Duration::from_millis(millis), Instant::now());
        assert!(lock.acquire_timeout(limit).expect("a lock").is_none());
        assert!((limit..LONG).contains(&asked.elapsed()), "{millis} ms took {:?}", asked.elapsed());
    }
    assert!(lock.try_acquire().expect("a lock").is_none());
    done.ring();
    assert_eq!(shown(&holder), "0");
    assert!(lock.acquire_timeout(Duration::ZERO).expect("a lock").is_some(), "a free lock needs no time");
    // Among threads, too.
    let _guard = lock.acquire().expect("a free lock");
    thread::scope(|scope| {
        scope.spawn(|| {
            let (limit, asked) = (Duration::from_millis(100), Instant::now());
            assert!(lock.acquire_timeout(limit).expect("a lock").is_none());
            assert!((limit..LONG).contains(&asked.elapsed()));
        });
    });
}

pub(crate) fn a_waiter_gets_it_in_time() {
    let (lock, waits) = (Lock::new().expect("a lock"), Bell::new());
    for limit in [None, Some(LONG), Some(Duration::MAX)] {
        let guard = lock.acquire().expect("a free lock");
        let waiter = start(|| {
            waits.ring();
            match limit {
                None => lock.acquire().map(drop),
                Some(limit) => lock.acquire_timeout(limit).map(|guard| assert!(guard.is_some())),
            }
        });
        waits.wait();
        drop(guard);
        let asked = Instant::now();
        assert_eq!(shown(&waiter), "0");
        assert!(asked.elapsed() < LONG / 2);
    }
}

extern "C" fn nothing(_: libc::c_int) {}

pub(crate) fn a_waiter_is_interrupted() {
    let (lock, waits, go) = (Lock::new().expect("a lock"), Bell::new(), Bell::new());
    let guard = lock.acquire().expect("a free lock");
    let waiter = |limit: Option<Duration>| {
        // A thousand times a second, and without SA_RESTART.
        let handler = SigAction::new(SigHandler::Handler(nothing), SaFlags::empty(), SigSet::empty());
        // SAFETY: the handler does nothing, which is allowed at any moment.
        unsafe { sigaction(Signal::SIGALRM, &handler) }.expect("a handler");
        let every = libc::timeval { tv_sec: 0, tv_usec: 1000 };
        let timer = libc::itimerval { it_interval: every, it_value: every };
        waits.ring();
        // SAFETY: the timer is valid for reads; the old one is not asked for.
        assert_eq!(unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) }, 0);
        let guard = match limit {
            None => Some(lock.acquire()?),
            Some(limit) => lock.acquire_timeout(limit)?,
        };
        assert!(guard.is_some());
        Ok::<(), Error>(())
    };
    let waiters = [start(|| waiter(None)), start(|| waiter(Some(LONG)))];
    waits.wait();
    waits.wait();
    thread::sleep(Duration::from_millis(200));
    assert!(waiters.iter().all(|waiter| waiter.is_alive().expect("our child")));
    assert!(!go.rings_within(Duration::ZERO));
    drop(guard);
    assert_eq!(waiters.each_ref().map(shown), ["0", "0"]);
}

pub(crate) fn a_guard_dropped_in_a_child_releases_nothing() {
    let lock = Lock::new().expect("a lock");
    let guard = lock.acquire().expect("a free lock");
    in_a_child(|| {
        // SAFETY: the child's own copy, which is dropped once: the closure only borrows it.
        drop(unsafe { std::ptr::read(&guard) });
        assert!(lock.try_acquire().expect("a lock").is_none(), "the parent still has it");
    });
    in_a_child(|| assert!(lock.try_acquire().expect("a lock").is_none(), "the parent still has it"));
    assert!(matches!(lock.acquire(), Err(Error::Reentrant)));
    assert_eq!(format!("{lock:?}"), "<Lock(owner=MainProcess)>");
    drop(guard);
}

pub(crate) fn a_guard_released() {
    let lock = Lock::new().expect("a lock");
    for _ in 0..3 {
        lock.acquire().expect("a free lock").release();
    }
    // A panic releases it, as the end of any block does.
    in_a_child(|| {
        let panics = std::panic::AssertUnwindSafe(|| {
            let _guard = lock.acquire().expect("a free lock");
            panic!("on purpose");
        });
        std::panic::catch_unwind(panics).expect_err("a panic");
        let guard = lock.try_acquire().expect("a lock").expect("it is free");
        assert!(!guard.owner_died());
    });
}

pub(crate) fn as_python_shows_it() {
    let lock = Lock::new().expect("a lock");
    let owner = |who: &str| assert_eq!(format!("{lock:?}"), format!("<Lock(owner={who})>"));
    owner("None");
    let guard = lock.acquire().expect("a free lock");
    owner("MainProcess");
    in_a_child(|| owner("SomeOtherProcess"));
    drop(guard);
    owner("None");
    in_a_child(|| {
        let _guard = lock.acquire().expect("a free lock");
        owner("Process-2");
    });
    owner("None");
}

pub(crate) fn used_first_by_a_child() {
    let (lock, held, done) = (Lock::new().expect("a lock"), Bell::new(), Bell::new());
    let child = start(|| {
        let _guard = lock.acquire().expect("a free lock");
        held.ring();
        done.wait();
    });
    held.wait();
    assert!(lock.try_acquire().expect("a lock").is_none());
    in_a_child(|| assert!(lock.try_acquire().expect("a lock").is_none()));
    done.ring();
    assert_eq!(shown(&child), "0");
    assert!(lock.try_acquire().expect("a lock").is_some());
}

pub(crate) fn threads_of_a_child() {
    let lock = Lock::new().expect("a lock");
    // Who held it in the parent is nobody in the child, and must not stand in the way of its threads.
    let guard = lock.acquire().expect("a free lock");
    let waits = Bell::new();
    let child = start(|| {
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    waits.ring();
                    drop(lock.acquire().expect("the lock"));
                });
            }
        });
    });
    for _ in 0..3 {
        waits.wait();
    }
    drop(guard);
    assert_eq!(shown(&child), "0");
}
