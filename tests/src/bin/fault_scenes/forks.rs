//! A process is forked behind the library's back, in the middle of an operation. The child has a copy of everything that the
//! operation holds, and gives nothing of it back: it is the parent's.

use std::time::Duration;

use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use procession::Error;

use crate::cases::steps;
use crate::common::{send, well_ended};
use crate::victim::{SIZES, State, Under, item, struck};

/// Forks, and stops the parent where it is. The child goes on with what the parent was about, to its end.
extern "C" fn fork_and_stop(_: libc::c_int) {
    // SAFETY: the process has one thread, and was interrupted by a signal that it sent itself, outside of all that the
    // child could find half done.
    unsafe {
        if libc::fork() > 0 {
            libc::raise(libc::SIGSTOP);
        }
    }
}

fn forks_at_a_signal() {
    let action = SigAction::new(SigHandler::Handler(fork_and_stop), SaFlags::empty(), SigSet::empty());
    // SAFETY: see the handler.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.expect("a handler");
}

/// A process that forks at this step, and is stopped there, when its copy has gone on to the end. `None`: it never came
/// there.
fn forked(step: &str, work: impl Fn() -> Result<(), Error>) -> Option<procession::Child> {
    let me = std::cell::Cell::new(0);
    let over = checks::scenes::Bell::new();
    let child = struck(step, Signal::SIGUSR1, || {
        forks_at_a_signal();
        me.set(std::process::id());
        let done = work();
        if me.get() != std::process::id() {
            // All destructors have run; what a thread-local value or exit handler does is not the question here.
            over.ring();
            // SAFETY: _exit takes a number.
            unsafe { libc::_exit(0) };
        }
        done
    })?;
    over.wait();
    Some(child)
}

/// With the mutex in the hands of a stopped process no other one may get it, whatever the copy of the holder has done.
fn the_mutex_is_taken(under: &Under, step: &str) {
    let answer = under.put_timeout(&item(SIZES[1], 99), Duration::ZERO);
    assert!(matches!(answer, Err(Error::Full)), "{step}: {answer:?}, but somebody else has the mutex");
}

const LOCKED: [&str; 3] = ["put: locked", "put: written", "put: counted"];

pub(crate) fn forked_in_put() {
    let mut cases = 0;
    for step in &steps(&["put"]) {
        for under in Under::all() {
            for size in SIZES {
                under.fill(State::Half, 1);
                let Some(child) = forked(step, || under.put_timeout(&item(size, 7), Duration::from_secs(1)))
                else {
                    while under.get_timeout(Duration::ZERO).is_ok() {
                        under.done();
                    }
                    continue;
                };
                cases += 1;
                if LOCKED.contains(&step.as_str()) {
                    the_mutex_is_taken(&under, step);
                }
                send(&child, Signal::SIGCONT);
                well_ended(&child);
                // One of its own, one of its copy, or both in one: a large item has one slot only.
                let there = under.drain();
                assert!((3..=4).contains(&there.len()), "{step}: {there:?}");
                assert_eq!(under.len(), 0);
                under.put_timeout(&item(size, 8), Duration::from_secs(1)).expect("room");
                assert!(under.one() == item(size, 8), "{step}");
            }
        }
    }
    assert!(cases > 20, "{cases} cases");
    println!("{cases} cases");
}

/// The same in the middle of `get`, which shows to the others that it is getting.
pub(crate) fn forked_in_get() {
    for step in ["get: shown", "get: large part read"] {
        let under = &Under::all()[0];
        under.put_timeout(&item(SIZES[1], 0), Duration::from_secs(1)).expect("no limit");
        under.put_timeout(&item(SIZES[1], 1), Duration::from_secs(1)).expect("no limit");
        let get = || match under.get_timeout(Duration::from_millis(500)) {
            // Its copy has taken the one that was there.
            Ok(_) | Err(Error::Empty) => Ok(()),
            Err(error) => Err(error),
        };
        let Some(child) = forked(step, get) else { panic!("{step} is not on the way") };
        // So many that the slots of those who are not getting are freed.
        for number in 2..200 {
            under.put_timeout(&item(SIZES[1], number), Duration::from_secs(1)).expect("no limit");
            let got = under.one();
            let name: usize = got.split(':').next().and_then(|name| name.parse().ok()).expect("a number");
            assert!(name <= number && got == item(SIZES[1], name), "{step}: another item came");
        }
        send(&child, Signal::SIGCONT);
        well_ended(&child);
    }
}
