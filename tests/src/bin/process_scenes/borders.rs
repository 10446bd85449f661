//! What of the parent must not run in a child.

use std::cell::RefCell;
use std::process::{exit, id};

use checks::scenes::{note, notes};
use nix::libc;
use nix::sys::signal::{Signal, raise};
use procession::Outcome;

use crate::{ending, in_a_child};

/// Notes in which process it is dropped.
pub(crate) struct Told(pub(crate) &'static str);

impl Drop for Told {
    fn drop(&mut self) {
        note(format_args!("{} dropped in {}", self.0, id()));
    }
}

/// Has a function called at this process's end.
pub(crate) fn at_exit(handler: extern "C" fn()) {
    // SAFETY: a function is there as long as the program.
    assert_eq!(unsafe { libc::atexit(handler) }, 0);
}

extern "C" fn handler() {
    println!("exit handler");
}

/// Starts a child from within frames that have something to drop, and shows how it ended.
fn among_frames<T: Outcome>(work: impl FnOnce() -> T) -> String {
    let _outer = Told("outer frame");
    let boxed: Box<dyn FnOnce() -> String + '_> = Box::new(|| {
        let _inner = Told("inner frame");
        ending(work)
    });
    boxed()
}

pub(crate) fn nothing_of_the_parent_runs_in_a_child() {
    at_exit(handler);
    let me = id();
    let frames = [format!("inner frame dropped in {me}"), format!("outer frame dropped in {me}")];
    #[track_caller]
    fn check(frames: &[String], found: String, expected: &str) {
        assert_eq!(found, expected);
        assert_eq!(notes(), frames, "after the end {expected}");
    }
    check(&frames, among_frames(|| ()), "0");
    check(&frames, among_frames(|| Err::<(), _>("on purpose")), "1");
    check(&frames, among_frames(|| panic!("on purpose")), "101");
    check(&frames, among_frames(|| exit(7)), "7");
    check(&frames, among_frames(|| std::process::abort()), "-SIGABRT");
    check(&frames, among_frames(|| raise(Signal::SIGTERM).map(drop)), "-SIGTERM");
    // One level down the same: a grandchild runs nothing of the child.
    in_a_child(|| {
        let me = id();
        let frames = [format!("inner frame dropped in {me}"), format!("outer frame dropped in {me}")];
        check(&frames, among_frames(|| panic!("on purpose")), "101");
        check(&frames, among_frames(|| exit(7)), "7");
    });
}

pub(crate) fn the_child_drops_its_own_values() {
    let value = Told("value");
    let child = crate::start(move || {
        note("at work");
        let _used = &value;
        drop(value);
        note("done");
    });
    let (me, pid) = (id(), child.pid());
    let parents = notes_after(&child, "0");
    let expected = [
        format!("value dropped in {me}"),
        "at work".to_owned(),
        format!("value dropped in {pid}"),
        "done".to_owned(),
    ];
    let mut sorted = parents.clone();
    sorted.sort();
    let mut wanted = expected.to_vec();
    wanted.sort();
    assert_eq!(sorted, wanted);

    // A panic drops what the closure holds; process::exit does not.
    let value = Told("value");
    let child = crate::start(move || {
        let _moved = value;
        panic!("on purpose");
    });
    assert_eq!(notes_after(&child, "101").len(), 2);
    let value = Told("value");
    let child = crate::start(move || {
        let _moved = value;
        exit(7);
    });
    assert_eq!(notes_after(&child, "7"), [format!("value dropped in {me}")]);
}

fn notes_after(child: &procession::Child, status: &str) -> Vec<String> {
    assert_eq!(crate::shown(child), status);
    notes()
}

pub(crate) fn code_after_start_runs_once() {
    for way in 0..4 {
        let before = id();
        assert_ne!(
            ending(move || match way {
                0 => Err("on purpose"),
                1 => panic!("on purpose"),
                2 => exit(5),
                _ => std::process::abort(),
            } as Result<(), &str>),
            "0"
        );
        assert_eq!(id(), before);
        println!("after {way}");
    }
}

extern "C" fn of_the_child() {
    note("the child's own handler");
}

pub(crate) fn exit_handlers_of_the_child() {
    at_exit(handler);
    let works = || {
        at_exit(of_the_child);
        exit(4)
    };
    assert_eq!(ending(works), "4");
    assert_eq!(notes(), ["the child's own handler"]);
}

thread_local! {
    static LOCAL: RefCell<Option<Told>> = const { RefCell::new(None) };
}

pub(crate) fn thread_locals_of_the_parent() {
    LOCAL.set(Some(Told("thread-local")));
    notes();
    assert_eq!(ending(|| ()), "0");
    assert_eq!(ending(|| panic!("on purpose")), "101");
    assert_eq!(notes(), [""; 0]);
    // The exception that the documentation tells: glibc drops them before it asks anybody.
    let child = crate::start(|| exit(7));
    let dropped = format!("thread-local dropped in {}", child.pid());
    let dropped = if cfg!(target_env = "musl") { vec![] } else { vec![dropped] };
    assert_eq!(notes_after(&child, "7"), dropped);
}
