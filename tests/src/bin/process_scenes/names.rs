//! Names, numbers and how a process is shown. The texts are those of CPython 3.11.

use std::process::{abort, exit, id};

use checks::scenes::{Bell, until};
use nix::libc;
use nix::sys::signal::{Signal, kill, raise};
use nix::unistd::Pid;
use procession::{Child, Process, current_process, parent_process};

use crate::{in_a_child, start};

pub(crate) fn default_names() {
    assert_eq!(start(|| ()).name(), "Process-1");
    // What counts is the making, with a name or without, started or not.
    let never_started = Process::new(|| ());
    let named = Process::new(|| ()).name("Bob");
    let empty = Process::new(|| ()).name("");
    assert!(never_started.to_string().contains("name='Process-2'"), "{never_started}");
    assert!(named.to_string().contains("name='Bob'"), "{named}");
    assert!(empty.to_string().contains("name='Process-4'"), "{empty}");
    assert_eq!(start(|| ()).name(), "Process-5");
    // A name can be given twice, and by then is no obstacle to the default one.
    let twice = Process::new(|| ()).name("Bob").name("");
    assert!(twice.to_string().contains("name='Process-6'"), "{twice}");
}

pub(crate) fn nested_names() {
    in_a_child(|| {
        assert_eq!(current_process().name(), "Process-1");
        let first = start(|| ());
        let second = start(|| {
            assert_eq!(current_process().name(), "Process-1:2");
            assert_eq!(start(|| ()).name(), "Process-1:2:1");
        });
        assert_eq!((first.name(), second.name()), ("Process-1:1", "Process-1:2"));
        assert_eq!(crate::shown(&second), "0");
    });
    // The numbers do not come from the name.
    let bob = Process::new(|| {
        assert_eq!(current_process().name(), "Bob");
        assert_eq!(start(|| ()).name(), "Process-2:1");
    });
    assert_eq!(crate::shown(&bob.name("Bob").start().expect("a child")), "0");
    assert_eq!(start(|| ()).name(), "Process-3");
}

pub(crate) fn names_given() {
    let twins: Vec<Child> =
        (0..2).map(|_| Process::new(|| ()).name("zwilling ü").start().expect("a child")).collect();
    assert!(twins.iter().all(|twin| twin.name() == "zwilling ü"));
    in_a_child(|| assert_eq!(current_process().pid(), id()));
}

pub(crate) fn the_first_process() {
    let me = current_process();
    assert_eq!((me.name(), me.pid(), me.is_daemon()), ("MainProcess", id(), false));
    assert_eq!(me.to_string(), "<_MainProcess name='MainProcess' parent=None started>");
    assert!(parent_process().is_none());
    std::thread::scope(|scope| {
        scope.spawn(|| assert_eq!(current_process().name(), "MainProcess"));
    });
}

pub(crate) fn a_process_to_be() {
    let me = id();
    let process = Process::new(|| ());
    assert_eq!(process.to_string(), format!("<Process name='Process-1' parent={me} initial>"));
    let daemon = Process::new(|| ()).name("Bob").daemon(true);
    assert_eq!(daemon.to_string(), format!("<Process name='Bob' parent={me} initial daemon>"));
    assert_eq!(format!("{daemon:?}"), daemon.to_string());
    // Nobody else can tell.
    in_a_child(|| {
        assert_eq!(process.to_string(), format!("<Process name='Process-1' parent={me} unknown>"));
    });
}

pub(crate) fn a_child_started() {
    let go = Bell::new();
    let (me, child) = (id(), start(|| go.wait()));
    let pid = child.pid();
    assert_eq!(child.to_string(), format!("<Process name='Process-1' pid={pid} parent={me} started>"));
    assert_eq!(format!("{child:?}"), child.to_string());
    go.ring();
    crate::shown(&child);
    let daemon = Process::new(|| go.wait()).daemon(true).start().expect("a daemon");
    let pid = daemon.pid();
    assert_eq!(
        daemon.to_string(),
        format!("<Process name='Process-2' pid={pid} parent={me} started daemon>")
    );
    assert!(daemon.is_daemon() && !child.is_daemon());
    go.ring();
}

/// How a process ends, and the word for it.
const ENDS: &[(fn(), &str)] = &[
    (|| (), "0"),
    (|| exit(3), "3"),
    (|| panic!("on purpose"), "101"),
    (|| by(Signal::SIGTERM as i32), "-SIGTERM"),
    (|| by(Signal::SIGKILL as i32), "-SIGKILL"),
    (|| abort(), "-SIGABRT"),
    (|| by(libc::SIGRTMIN()), "-SIGRTMIN"),
    // musl keeps one more for itself.
    (|| by(libc::SIGRTMIN() + 1), if cfg!(target_env = "musl") { "-36" } else { "-35" }),
    (|| by(libc::SIGRTMAX()), "-SIGRTMAX"),
];

fn by(signal: i32) {
    // SAFETY: raise takes a number.
    unsafe { libc::raise(signal) };
}

pub(crate) fn a_child_stopped() {
    let me = id();
    for (work, word) in ENDS {
        for (daemon, suffix) in [(false, ""), (true, " daemon")] {
            let child = Process::new(work).name("Bob").daemon(daemon).start().expect("a child");
            let pid = child.pid();
            crate::shown(&child);
            let shown = format!("<Process name='Bob' pid={pid} parent={me} stopped exitcode={word}{suffix}>");
            assert_eq!(child.to_string(), shown);
        }
    }
}

pub(crate) fn a_child_of_somebody_else() {
    let go = Bell::new();
    let (me, brother) = (id(), start(|| go.wait()));
    in_a_child(|| {
        let pid = brother.pid();
        assert_eq!(brother.to_string(), format!("<Process name='Process-1' pid={pid} parent={me} unknown>"));
    });
    go.ring();
    let lost = start(|| ());
    nix::sys::wait::waitpid(Pid::from_raw(lost.pid() as i32), None).expect("a child");
    let pid = lost.pid();
    assert_eq!(lost.to_string(), format!("<Process name='Process-3' pid={pid} parent={me} unknown>"));
}

pub(crate) fn the_current_child() {
    let main = id();
    in_a_child(|| {
        assert_eq!(
            current_process().to_string(),
            format!("<Process name='Process-1' parent={main} started>")
        );
    });
    let daemon = Process::new(|| {
        assert!(current_process().is_daemon());
        let shown = format!("<Process name='Bob' parent={main} started daemon>");
        assert_eq!(current_process().to_string(), shown);
        // A daemon's children would be daemons, could they be started.
        assert!(Process::new(|| ()).to_string().ends_with(" initial daemon>"));
    });
    assert_eq!(crate::shown(&daemon.name("Bob").daemon(true).start().expect("a daemon")), "0");
}

pub(crate) fn the_parent() {
    let main = id();
    in_a_child(|| {
        let parent = parent_process().expect("a parent");
        assert_eq!((parent.name(), parent.pid()), ("MainProcess", main));
        assert!(parent.is_alive());
        let me = id();
        let bobs_son = Process::new(|| {
            let parent = parent_process().expect("a parent");
            assert_eq!((parent.name(), parent.pid()), ("Process-1", me));
        });
        assert_eq!(crate::shown(&bobs_son.start().expect("a child")), "0");
    });
}

pub(crate) fn the_parent_ends() {
    let (orphaned, gone) = (Bell::new(), Bell::new());
    let father = start(|| {
        let _son = start(|| {
            let father = parent_process().expect("a parent");
            assert!(father.is_alive());
            orphaned.ring();
            until("the parent is known to be gone", || !father.is_alive());
            assert_eq!(father.name(), "Process-1", "what is known of it stays known");
            gone.ring();
        });
        raise(Signal::SIGSTOP)
    });
    orphaned.wait();
    kill(Pid::from_raw(father.pid() as i32), Signal::SIGKILL).expect("a child");
    gone.wait();
    assert_eq!(crate::shown(&father), "-SIGKILL");
}
