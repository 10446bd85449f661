//! A process is stopped at a step. Others may have to wait for it, but not longer than they want to; when it goes on,
//! nothing is lost.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal::{SIGCONT, SIGSTOP};
use procession::Error;

use crate::cases::steps;
use crate::common::{json_of, millis, send, well_ended};
use crate::victim::{SIZES, State, Under, item, pipe_holds, struck};

const SOON: Duration = Duration::from_secs(10);

/// Every call comes back when it should.
fn nobody_is_held_up_for_long(under: &Under, step: &str) {
    for timeout in [Duration::ZERO, millis(50)] {
        let started = Instant::now();
        let put = under.put_timeout(&json_of(40), timeout);
        assert!(matches!(put, Ok(()) | Err(Error::Full)), "{step}: {put:?}");
        let got = under.get_timeout(timeout);
        assert!(matches!(got, Ok(_) | Err(Error::Empty)), "{step}: {got:?}");
        if got.is_ok() {
            under.done();
        }
        if let Under::Joinable(queue) = under {
            let joined = queue.join_timeout(timeout);
            assert!(joined.is_ok(), "{step}: {joined:?}");
        }
        assert!(started.elapsed() < SOON, "{step}: {:?}", started.elapsed());
    }
}

fn all_is_well(under: &Under) {
    while under.get_timeout(Duration::ZERO).is_ok() {
        under.done();
    }
    assert_eq!((under.lost(), under.len()), (0, 0));
}

pub(crate) fn stopped_in_put() {
    for step in &steps(&["put", "place", "lock", "unlock"]) {
        for (kind, _) in Under::all().iter().enumerate() {
            for (size, beyond) in SIZES.into_iter().flat_map(|size| [(size, false), (size, true)]) {
                if beyond && pipe_holds() > 100 && size > SIZES[0] {
                    continue;
                }
                let under = Under::all().swap_remove(kind);
                if beyond && under.maxsize().is_none() {
                    under.fill(State::Full, 1);
                }
                let victim = struck(step, SIGSTOP, || under.put_timeout(&json_of(size), SOON));
                nobody_is_held_up_for_long(&under, step);
                if let Some(victim) = victim {
                    send(&victim, SIGCONT);
                    well_ended(&victim);
                }
                all_is_well(&under);
            }
        }
    }
}

pub(crate) fn stopped_in_get() {
    for step in &steps(&["get", "refill", "lock", "unlock"]) {
        for (kind, _) in Under::all().iter().enumerate() {
            for (size, beyond) in SIZES.into_iter().flat_map(|size| [(size, false), (size, true)]) {
                if beyond && pipe_holds() > 100 && size > SIZES[0] {
                    continue;
                }
                let under = Under::all().swap_remove(kind);
                let count =
                    if beyond && under.maxsize().is_none() { under.fill(State::Low, size).len() } else { 0 };
                if count == 0 {
                    under.put(&json_of(size)).expect("room");
                }
                let get = || match under.get_timeout(millis(500)) {
                    Ok(_) => {
                        under.done();
                        Ok(())
                    }
                    // Another was quicker.
                    Err(Error::Empty) => Ok(()),
                    Err(error) => Err(error),
                };
                let victim = struck(step, SIGSTOP, get);
                nobody_is_held_up_for_long(&under, step);
                if let Some(victim) = victim {
                    send(&victim, SIGCONT);
                    well_ended(&victim);
                }
                all_is_well(&under);
            }
        }
    }
}

/// So many others come and go meanwhile that what nobody will come for is freed more than once.
pub(crate) fn stopped_while_it_takes_a_large_item() {
    for size in &SIZES[1..] {
        for step in ["get: signalled", "get: before the large part"] {
            for under in Under::all() {
                under.put(&item(*size, 0)).expect("room");
                let get = || under.get().map(|got| assert_eq!(got, item(*size, 0)));
                let victim = struck(step, SIGSTOP, get).expect("a process in get");
                for number in 1..200 {
                    under.put(&item(*size, number)).expect("room");
                    assert_eq!(under.one(), item(*size, number));
                }
                send(&victim, SIGCONT);
                well_ended(&victim);
            }
        }
    }
}

pub(crate) fn stopped_in_join() {
    for step in &steps(&["join"]) {
        for under in Under::all() {
            let Under::Joinable(queue) = &under else { continue };
            queue.put(&json_of(20)).expect("room");
            let victim = struck(step, SIGSTOP, || queue.join()).expect("a process in join");
            nobody_is_held_up_for_long(&under, step);
            send(&victim, SIGCONT);
            all_is_well(&under);
            well_ended(&victim);
        }
    }
}
