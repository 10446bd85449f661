//! Children that nobody looks after, and children that are somebody else's.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use checks::scenes::{Bell, note, notes, runs, state_of, until};
use nix::sys::prctl;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use procession::active_children;

use crate::{shown, start};

/// The children of this process that have ended and were not reaped.
fn zombies() -> usize {
    let list = fs::read_to_string("/proc/thread-self/children").expect("/proc");
    list.split_whitespace().filter(|pid| state_of(pid.parse().expect("a pid")) == Some('Z')).count()
}

pub(crate) fn a_server_that_looks_at_no_child() {
    let mut most = 0;
    for round in 0..3000 {
        drop(start(|| ()));
        if round % 100 == 99 {
            until("all have ended", all_have_ended);
            // Those since the last start are still there, and no others.
            most = most.max(zombies());
        }
    }
    assert!(most <= 100, "{most} zombies");
    // All that ended before it are gone with the next start.
    until("all have ended", all_have_ended);
    let last = start(|| ());
    assert!(zombies() <= 1);
    assert_eq!(shown(&last), "0");
    assert!(active_children().is_empty());
    assert_eq!(zombies(), 0);
}

/// Whether no child of this process runs, asked without reaping any.
fn all_have_ended() -> bool {
    let list = fs::read_to_string("/proc/thread-self/children").expect("/proc");
    list.split_whitespace().all(|pid| !runs(pid.parse().expect("a pid")))
}

pub(crate) fn a_held_handle_keeps_its_status() {
    let held: Vec<_> = (0..20).map(|code| start(move || std::process::exit(code))).collect();
    let killed = start(|| sleep(Duration::from_secs(1000)));
    killed.kill().expect("our child");
    for _ in 0..50 {
        drop(start(|| ()));
    }
    for (code, child) in held.iter().enumerate() {
        assert_eq!(shown(child), code.to_string());
        assert_eq!(shown(&child.clone()), code.to_string());
    }
    assert_eq!(shown(&killed), "-SIGKILL");
    // A handle that looks at it only later, of a child that was reaped long ago.
    let child = start(|| std::process::exit(5));
    until("it has ended", || !runs(child.pid()));
    drop(start(|| ()));
    assert_eq!(state_of(child.pid()), None, "it is reaped");
    child.terminate().expect("nothing is sent");
    assert_eq!(shown(&child), "5");
}

pub(crate) fn children_of_somebody_else() {
    let mut program = Command::new("/bin/true").spawn().expect("a program");
    until("it has ended", || !runs(program.id()));
    for _ in 0..20 {
        drop(start(|| ()));
    }
    let last = start(|| ());
    // All of them, not only the last: they may end in any order.
    until("all have ended", all_have_ended);
    active_children();
    assert_eq!(zombies(), 1, "the program's");
    assert!(program.wait().expect("its status is still there").success());
    assert_eq!(shown(&last), "0");
}

pub(crate) fn children_of_the_program_before() {
    // SAFETY: this process has one thread; the child only sleeps and exits.
    let child = match unsafe { nix::unistd::fork() }.expect("a child") {
        nix::unistd::ForkResult::Child => {
            sleep(Duration::from_millis(300));
            std::process::exit(9)
        }
        nix::unistd::ForkResult::Parent { child } => child,
    };
    let failed = Command::new("/proc/self/exe").args(["after-exec", &child.to_string()]).exec();
    panic!("{failed}");
}

/// The rest of the scene, by a program that has a child which it has not started.
pub(crate) fn after_exec(inherited: i32) {
    assert!(active_children().is_empty());
    for _ in 0..20 {
        drop(start(|| ()));
    }
    assert_eq!(shown(&start(|| std::process::exit(3))), "3");
    until("it has ended", || !runs(inherited as u32));
    drop(start(|| ()));
    assert_eq!(waitpid(Pid::from_raw(inherited), None), Ok(WaitStatus::Exited(Pid::from_raw(inherited), 9)));
}

pub(crate) fn orphans_that_are_adopted() {
    // As the first process of a container is: whoever loses its parent becomes its child.
    prctl::set_child_subreaper(true).expect("any process may");
    notes();
    let go = Bell::new();
    let father = start(|| {
        note(start(|| go.wait()).pid());
        std::process::abort()
    } as ());
    assert_eq!(shown(&father), "-SIGABRT");
    let orphan: i32 = notes()[0].parse().expect("a pid");
    assert!(active_children().is_empty(), "it is a child by now, but none of ours");
    go.ring();
    until("it has ended", || !runs(orphan as u32));
    assert_eq!(shown(&start(|| ())), "0");
    assert!(
        matches!(waitpid(Pid::from_raw(orphan), None), Ok(WaitStatus::Exited(_, 0))),
        "its status is still there"
    );
}
