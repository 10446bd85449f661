//! A process dies at a step of taking or giving back a lock. The lock is free then, for whoever waits or comes later.

use std::path::PathBuf;

use checks::scenes::Bell;
use nix::sys::signal::Signal::SIGKILL;
use procession::{Child, Error, FileLock, Lock, LockGuard, Process};

use crate::cases::{Cases, steps};
use crate::common::well_ended;
use crate::victim::{LONG, soon, struck_when};

/// Either kind; whether the last owner died is known of the first only.
enum Under {
    Family(Lock),
    Path(FileLock),
}

impl Under {
    fn new(kind: usize) -> Under {
        match kind {
            0 => Under::Family(Lock::new().expect("a lock")),
            _ => Under::Path(FileLock::new(PathBuf::from("the lock"))),
        }
    }

    /// Takes it, gives it back, and says whether it could and whether the owner before had died.
    fn turn(&self, timed: bool) -> Result<Option<bool>, Error> {
        let died = |guard: LockGuard<'_>| guard.owner_died();
        match (self, timed) {
            (Under::Family(lock), false) => lock.acquire().map(|guard| Some(died(guard))),
            (Under::Family(lock), true) => lock.acquire_timeout(LONG).map(|guard| guard.map(died)),
            (Under::Path(lock), false) => lock.acquire().map(|_guard| Some(false)),
            (Under::Path(lock), true) => lock.acquire_timeout(LONG).map(|guard| guard.map(|_guard| false)),
        }
    }

    /// Holds it while `work` is done.
    fn holding<T>(&self, work: impl FnOnce() -> T) -> T {
        match self {
            Under::Family(lock) => {
                let _guard = lock.acquire().expect("a lock");
                work()
            }
            Under::Path(lock) => {
                let _guard = lock.acquire().expect("a lock");
                work()
            }
        }
    }

    fn is_free(&self) -> bool {
        match self {
            Under::Family(lock) => lock.try_acquire().expect("a lock").is_some(),
            Under::Path(lock) => lock.try_acquire().expect("a lock").is_some(),
        }
    }
}

/// The lock is free, held by another, or held by another with a third one waiting.
pub(crate) fn killed_in_acquire_and_release() {
    let operations = ["acquire", "release"];
    let mut cases = Cases::of(&operations);
    for step in steps(&operations) {
        for (kind, timed, state) in (0..12).map(|case| (case % 2, case / 2 % 2 == 0, case / 4)) {
            cases.case(&step, || scene(&step, &Under::new(kind), timed, state));
        }
    }
    std::fs::remove_file("the lock").expect("the file of the lock, which stays");
    cases.end();
}

fn scene(step: &str, under: &Under, timed: bool, state: usize) -> bool {
    let turn = || under.turn(timed).map(drop);
    let (held, give_back) = (Bell::new(), Bell::new());
    let start = |work: &dyn Fn()| Process::new(work).start().expect("a child");
    let mut others: Vec<Child> = Vec::new();
    if state > 0 {
        let hold = || under.holding(|| (held.ring(), give_back.wait()).1);
        others.push(start(&hold));
        held.wait();
    }
    if state > 1 {
        others.push(start(&|| assert!(under.turn(true).expect("a lock").is_some())));
    }
    let let_go = || {
        if state > 0 {
            give_back.ring();
        }
    };
    let gave_back = std::cell::Cell::new(false);
    let died = struck_when(step, SIGKILL, turn, || (gave_back.set(true), let_go()).1).is_some();
    if !gave_back.get() {
        let_go();
    }
    others.iter().for_each(|other| soon("the others' turn", || well_ended(other)));
    // It is known if the last one died between setting and clearing its mark, unless a third one has learnt it.
    let marked = ["acquire: marked", "release: before"].contains(&step);
    let told = soon("acquire", || under.turn(true)).expect("a lock").expect("it comes");
    let is_known = died && marked && matches!(under, Under::Family(_)) && state < 2;
    assert!(told == is_known || state == 2 && marked, "{step}: {told}");
    assert_eq!(under.turn(false).expect("a lock"), Some(false));
    // And it is a lock still.
    under.holding(|| well_ended(&start(&|| assert!(!under.is_free()))));
    well_ended(&start(&|| assert!(under.is_free())));
    died
}
