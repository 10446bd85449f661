//! The list of children.

use std::process::exit;

use checks::scenes::{Bell, note, notes, state_of, until};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use procession::{Child, Process, active_children};

use crate::children::sleeper;
use crate::{in_a_child, shown, start};

pub(crate) fn active_children_and_their_order() {
    assert!(active_children().is_empty());
    let go = Bell::new();
    let names = ["Lord", "Bob", "Dai", "Lady"];
    let children: Vec<Child> = names
        .iter()
        .map(|name| Process::new(|| go.wait()).name(*name).daemon(*name == "Dai").start().expect("a child"))
        .collect();
    let active = || active_children().iter().map(|child| child.name().to_owned()).collect::<Vec<_>>();
    assert_eq!(active(), names);
    children[1].kill().expect("our child");
    until("it is not among them", || active() == ["Lord", "Dai", "Lady"]);
    assert!(state_of(children[1].pid()).is_none(), "it was reaped by the way");
    assert_eq!(shown(&children[1]), "-SIGKILL");
    for _ in 0..3 {
        go.ring();
    }
    for child in active_children() {
        assert_eq!(shown(&child), "0");
    }
    assert!(active_children().is_empty());
}

pub(crate) fn no_active_children_in_a_child() {
    let brother = sleeper();
    in_a_child(|| {
        assert!(active_children().is_empty());
        let child = sleeper();
        assert_eq!(active_children().len(), 1);
        child.kill().expect("our child");
    });
    // Nor in a child that somebody else made.
    // SAFETY: this process has one thread.
    match unsafe { fork() }.expect("a fork") {
        ForkResult::Child => exit(i32::from(!active_children().is_empty())),
        ForkResult::Parent { child } => {
            let status = waitpid(child, None).expect("a child");
            assert_eq!(status, WaitStatus::Exited(child, 0));
        }
    }
    assert_eq!(active_children().len(), 1);
    brother.kill().expect("our child");
}

pub(crate) fn a_dropped_handle() {
    let go = Bell::new();
    drop(start(|| {
        go.wait();
        note("it went on");
        exit(3)
    }));
    let [child] = active_children().try_into().expect("it is still among them");
    go.ring();
    assert_eq!(shown(&child), "3");
    assert_eq!(notes(), ["it went on"]);
}
