//! A process dies at a step. Afterwards the queue is as if the operation had been done, or had not.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;

use checks::scenes::{Bell, notes};
use nix::sys::signal::Signal::{SIGCONT, SIGKILL, SIGSTOP};
use procession::{Error, Process};

use crate::cases::{Cases, steps};
use crate::common::{kill_dead, millis, send, well_ended};
use crate::victim::{LONG, SIZES, STATES, State, Under, item, soon, struck, struck_when};

/// As many kinds of queue are there.
const KINDS: usize = 4;

/// A process that was not there before takes the dead one's place, and finds all the room and an empty queue.
fn works_again(under: &Under) {
    let work = || {
        for size in SIZES {
            let rounds = under.maxsize().unwrap_or(3);
            for number in 0..rounds {
                soon("put", || under.put_timeout(&item(size, number), LONG)).expect("room");
            }
            if under.maxsize().is_some() {
                assert!(matches!(under.put_timeout(&item(size, 0), Duration::ZERO), Err(Error::Full)));
            }
            for number in 0..rounds {
                assert_eq!(under.one(), item(size, number));
            }
        }
        assert!(matches!(under.get_timeout(Duration::ZERO), Err(Error::Empty)));
        assert_eq!(under.lost(), 0);
    };
    well_ended(&Process::new(work).start().expect("a child"));
}

fn goes_beyond(state: State) -> bool {
    matches!(state, State::Full | State::Beyond | State::Low)
}

/// All kinds of queue, states and sizes.
fn each(operations: &[&str], scene: impl Fn(&str, &Under, State, usize) -> bool) {
    let mut cases = Cases::of(operations);
    for step in steps(operations) {
        for kind in 0..KINDS {
            for (state, size) in STATES.into_iter().flat_map(|state| SIZES.map(|size| (state, size))) {
                // What fills a pipe takes long: it is done with one size.
                let unbounded = kind % 2 == 0;
                if goes_beyond(state) && (unbounded && size > SIZES[0] || !unbounded && state != State::Full)
                {
                    continue;
                }
                cases.with_queue(&step, kind, |under| {
                    let struck = scene(&step, under, state, size);
                    works_again(under);
                    struck
                });
            }
        }
    }
    cases.end();
}

pub(crate) fn killed_in_put() {
    each(&["put", "place", "unlock"], |step, under, state, size| {
        let mut before = under.fill(state, 1);
        let mine = item(size, usize::MAX);
        let put = || if size == SIZES[0] { under.put(&mine) } else { under.put_timeout(&mine, LONG) };
        // One item less makes room for a putter that waits for it.
        let taken = RefCell::new(Vec::new());
        let room = || {
            if under.maxsize().is_some() && !before.is_empty() {
                taken.borrow_mut().push(under.one());
            }
        };
        let died = struck_when(step, SIGKILL, put, room).is_some();
        let mut there = taken.into_inner();
        there.extend(under.drain());
        if there.len() > before.len() {
            before.push(mine);
        } else {
            assert!(died && !step.starts_with("put: done"), "{step}: the item is not there");
        }
        assert_eq!(there, before, "{step}");
        assert_eq!(under.lost(), 0, "{step}");
        died
    });
}

pub(crate) fn killed_in_get() {
    each(&["get", "refill"], |step, under, state, size| {
        let items = RefCell::new(under.fill(state, size));
        let get = || {
            let got = if state == State::Half { under.get() } else { under.get_timeout(LONG) };
            got.map(|_| under.done())
        };
        let one = || {
            if state == State::Empty {
                items.borrow_mut().push(item(size, 0));
                soon("put", || under.put_timeout(&item(size, 0), LONG)).expect("room");
            }
        };
        let died = struck_when(step, SIGKILL, get, one).is_some();
        let items = items.into_inner();
        let there = under.drain();
        let taken = items.len() - there.len();
        assert!(taken <= 1 && (died || taken == 1), "{step}: {taken} taken");
        assert_eq!(there, items[taken..], "{step}");
        // What the dead one had taken is lost, and told: nothing else is.
        let lost = if died && under.is_joinable() { taken as u32 } else { 0 };
        assert_eq!(under.lost(), lost, "{step}");
        died
    });
}

/// Joinable queues only: a victim of its own doing.
fn each_joinable(operations: &[&str], scene: impl Fn(&str, &Under, usize) -> bool) {
    let mut cases = Cases::of(operations);
    for step in steps(operations) {
        for kind in (0..KINDS).filter(|&kind| Under::all()[kind].is_joinable()) {
            for case in 0..3 {
                cases.with_queue(&step, kind, |under| {
                    let struck = scene(&step, under, case);
                    works_again(under);
                    struck
                });
            }
        }
    }
    cases.end();
}

/// With nothing, two and four tasks left in the queue.
pub(crate) fn killed_in_task_done() {
    each_joinable(&["task_done"], |step, under, case| {
        under.put(&item(20, 9)).expect("room");
        let left = under.fill(STATES[case.min(1)], 20);
        let work = || under.get_timeout(LONG).map(|_| under.done());
        let died = struck(step, SIGKILL, work).is_some();
        assert_eq!(under.drain(), left);
        assert_eq!(under.lost(), u32::from(step == "task_done: before"), "{step}");
        died
    });
}

/// While there is nothing to wait for, a task in the queue, and one in the hands of a dead worker.
pub(crate) fn killed_in_join() {
    each_joinable(&["join"], |step, under, case| {
        let Under::Joinable(queue) = under else { return false };
        if case > 0 {
            under.put(&item(20, 0)).expect("room");
        }
        if case == 2 {
            assert!(struck("get: done", SIGKILL, || queue.get().map(drop)).is_some());
        }
        let join = || match queue.join_timeout(millis(100)) {
            Err(Error::TasksLost { .. }) => Ok(()),
            other => other.map(drop),
        };
        let died = struck(step, SIGKILL, join).is_some();
        assert_eq!(under.drain().len(), usize::from(case == 1));
        assert_eq!(under.lost(), u32::from(case == 2), "{step}");
        died
    });
}

/// Who finishes what a dead one was about may die of it, too: with the mutex in hand, after a get ...
pub(crate) fn killed_in_settling() {
    for (cause, taken) in [("get: intent stored", 0), ("get: read", 1), ("get: in hand", 1)] {
        each_joinable(&["settle"], |step, under, case| {
            let items = under.fill(State::Half, 20);
            assert!(struck(cause, SIGKILL, || under.get().map(drop)).is_some());
            let next = || match (case, under) {
                (0, _) => under.put(&item(20, 9)),
                (1, _) => under.get().map(|_| under.done()),
                (_, Under::Joinable(queue)) => queue.join_timeout(LONG).map(drop),
                _ => Ok(()),
            };
            let died = struck(step, SIGKILL, next).is_some();
            assert_eq!(under.drain(), items[taken..], "{cause}, {step}");
            assert_eq!(under.lost(), taken as u32, "{cause}, {step}");
            died
        });
    }
}

/// A newcomer takes another place as long as nobody has counted what the dead one took, and then that of the dead one: what
/// it had in hand is lost, and not in the hands of the newcomer.
pub(crate) fn a_newcomer_does_not_inherit() {
    for (cause, taken) in [("get: intent stored", 0), ("get: read", 1), ("get: in hand", 1), ("get: done", 1)]
    {
        for kind in (0..KINDS).filter(|&kind| Under::all()[kind].is_joinable()) {
            let under = &Under::all()[kind];
            under.fill(State::Half, 20);
            assert!(struck(cause, SIGKILL, || under.get().map(drop)).is_some());
            let (has_come, may_go) = (Bell::new(), Bell::new());
            let newcomer = Process::new(|| {
                under.put(&item(20, 9)).expect("room");
                has_come.ring();
                may_go.wait();
            });
            let newcomer = newcomer.start().expect("a child");
            has_come.wait();
            assert_eq!(under.drain().len(), 3 - taken, "{cause}");
            assert_eq!(under.lost(), taken as u32, "{cause}");
            may_go.ring();
            well_ended(&newcomer);
            assert_eq!(under.lost(), 0, "{cause}");
        }
    }
    assert!(notes().is_empty());
}

/// ... and at the place of one that had tasks in its hands.
pub(crate) fn killed_at_the_place_of_a_dead_one() {
    for tasks in [1, 2] {
        each_joinable(&["place"], |step, under, case| {
            under.fill(State::Half, 20);
            let get = || (0..tasks).try_for_each(|_| under.get().map(drop));
            let cause = if tasks == 1 { "get: done" } else { "task_done: before" };
            assert!(struck(cause, SIGKILL, || get().map(|()| under.done())).is_some());
            let next = || match case {
                0 => under.put(&item(5000, 9)),
                1 => under.put(&item(20, 9)),
                _ => under.get_timeout(millis(50)).map(drop),
            };
            let died = struck(step, SIGKILL, next).is_some();
            assert_eq!(under.drain().len(), 2 - tasks);
            assert_eq!(under.lost(), tasks as u32, "{step}");
            died
        });
    }
}

/// Dies while it waits for the mutex, and its holder is stopped; that one goes on, or dies as well. Or it has died before.
pub(crate) fn killed_waiting_for_the_mutex() {
    let mut cases = Cases::of(&["lock"]);
    for step in steps(&["lock"]) {
        for kind in 0..KINDS {
            for (size, goes_on) in SIZES.into_iter().flat_map(|size| [(size, true), (size, false)]) {
                cases.with_queue(&step, kind, |under| {
                    let put = |number| move || under.put(&item(size, number));
                    let Some(inside) = struck("put: locked", SIGSTOP, put(0)) else { return false };
                    // On a busy machine the victim is let go before it has come there.
                    let goes_on = Cell::new(goes_on);
                    let let_go = || (goes_on.set(true), send(&inside, SIGCONT)).1;
                    let died = struck_when(&step, SIGKILL, put(1), let_go).is_some();
                    if goes_on.get() {
                        send(&inside, SIGCONT);
                        soon("put", || well_ended(&inside));
                    } else {
                        kill_dead(&inside);
                    }
                    soon("put", || under.put(&item(size, 2))).expect("room");
                    // Who came too late to wait for the mutex has put its item.
                    let put = [(0, goes_on.get()), (1, !died), (2, true)].into_iter().filter(|(_, put)| *put);
                    let put: BTreeSet<_> = put.map(|(number, _)| item(size, number)).collect();
                    assert!(
                        BTreeSet::from_iter(under.drain()) == put,
                        "{step}: other items than {} are there",
                        put.len()
                    );
                    assert_eq!(under.lost(), 0);
                    works_again(under);
                    died
                });
            }
            for size in SIZES {
                cases.with_queue(&step, kind, |under| killed_at_the_mutex_of_a_dead_one(&step, under, size));
            }
        }
    }
    cases.end();
}

fn killed_at_the_mutex_of_a_dead_one(step: &str, under: &Under, size: usize) -> bool {
    let work = || {
        // It has a place already: it would be given that of the dead one, and the mutex with it.
        assert!(matches!(under.get_timeout(Duration::ZERO), Err(Error::Empty)));
        struck("put: locked", SIGKILL, || under.put(&item(size, 0)));
        under.put(&item(size, 1))
    };
    let died = struck(step, SIGKILL, work).is_some();
    soon("put", || under.put(&item(size, 2))).expect("room");
    let there = under.drain();
    assert_eq!((there.contains(&item(size, 1)), there.last()), (!died, Some(&item(size, 2))), "{step}");
    assert_eq!(under.lost(), 0);
    works_again(under);
    died
}

/// Gets the last item, a large one that had memory for a backlog only, and dies of giving that back.
pub(crate) fn killed_in_giving_back() {
    const SIZE: usize = 2_200_000;
    let mut cases = Cases::of(&["give back"]);
    for step in steps(&["give back"]) {
        for kind in 0..KINDS {
            cases.with_queue(&step, kind, |under| {
                under.put(&item(SIZE, 0)).expect("room");
                let get = || under.get().map(|got| (assert!(got == item(SIZE, 0)), under.done()).1);
                let died = struck(&step, SIGKILL, get).is_some();
                assert_eq!(
                    (under.len(), under.lost()),
                    (0, u32::from(died && under.is_joinable())),
                    "{step}"
                );
                for number in 0..3 {
                    under.put(&item(SIZE, number)).expect("room");
                    assert!(under.one() == item(SIZE, number));
                }
                works_again(under);
                died
            });
        }
    }
    cases.end();
}
