//! Starts in odd places, and odd things to start.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, set_hook, take_hook};
use std::process::{Command, exit, id};
use std::thread;
use std::time::Duration;

use checks::scenes::{Bell, note, notes};
use nix::libc;
use procession::{Child, Error, Pipe, Process, active_children};

use crate::borders::Told;
use crate::{ending, in_a_child, shown, start};

/// Starts a child when it is dropped by the process that made it, and leaves it to the end.
struct Starts<'a>(u32, &'a dyn Fn());

impl Drop for Starts<'_> {
    fn drop(&mut self) {
        if self.0 == id() {
            let child = start(self.1);
            assert!(child.is_alive().is_ok());
        }
    }
}

fn only_child() -> Child {
    let [child] = active_children().try_into().expect("one child");
    child
}

pub(crate) fn start_in_a_drop() {
    let go = Bell::new();
    let work = || {
        go.wait();
        note("from a drop");
    };
    drop(Starts(id(), &work));
    let child = only_child();
    go.ring();
    assert_eq!(shown(&child), "0");
    assert_eq!(notes(), ["from a drop"]);
}

pub(crate) fn start_in_the_drop_of_a_moved_value() {
    let (go, heard) = (Bell::new(), Bell::new());
    let Pipe { sender, receiver } = Pipe::<u32>::new().expect("a pipe");
    let Pipe { sender: other_sender, receiver: other_receiver } = Pipe::<u32>::new().expect("a pipe");
    let work = || go.wait();
    let value = Starts(id(), &work);
    // The value is dropped between the two ends, in the order of the tuple.
    let moved = (sender, value, other_receiver);
    let child = start(|| {
        let moved = moved;
        moved.0.send(&1).map_err(|e| e.to_string())?;
        heard.ring();
        assert_eq!(moved.2.recv().map_err(|e| e.to_string())?, 2);
        Ok::<(), String>(())
    });
    // The second child lives on, and must not keep the first one waiting.
    heard.wait();
    assert_eq!(receiver.recv().ok(), Some(1));
    other_sender.send(&2).expect("the child has the receiver");
    assert_eq!(shown(&child), "0");
    assert!(matches!(receiver.recv(), Err(Error::Eof)), "the second child has no sender");
    let second = only_child();
    go.ring();
    assert_eq!(shown(&second), "0");
}

pub(crate) fn start_in_a_panic_hook() {
    let default = take_hook();
    let main = id();
    set_hook(Box::new(move |info| {
        if id() == main {
            start(|| note("from a hook")).join().expect("a status");
        }
        default(info);
    }));
    catch_unwind(|| panic!("on purpose")).expect_err("a panic");
    assert_eq!(notes(), ["from a hook"]);
    assert_eq!(ending(|| panic!("on purpose")), "101");
    assert_eq!(notes(), [""; 0], "the hook of a child is its own business");
}

pub(crate) fn start_while_unwinding() {
    let go = Bell::new();
    let work = || {
        go.wait();
        note("while unwinding");
        panic!("on purpose, in the child");
    };
    catch_unwind(AssertUnwindSafe(|| {
        let _frame = Told("frame");
        let _starts = Starts(id(), &work);
        panic!("on purpose");
    }))
    .expect_err("a panic");
    let child = only_child();
    go.ring();
    assert_eq!(shown(&child), "101");
    let mut notes = notes();
    notes.sort();
    assert_eq!(notes, [format!("frame dropped in {}", id()), "while unwinding".to_owned()]);
}

pub(crate) fn start_in_a_thread_while_main_is_gone() {
    let main = id();
    thread::spawn(move || {
        checks::scenes::until("main has gone", || checks::scenes::state_of(main) == Some('Z'));
        // One thread is left, so either answer would do; to hang or to crash would not.
        match Process::new(|| note("from the last thread")).start() {
            Ok(child) => assert_eq!(
                (shown(&child), notes()),
                ("0".to_owned(), vec!["from the last thread".to_owned()])
            ),
            Err(e) => assert!(matches!(e, Error::MultiThreaded { threads: 2 })),
        }
        exit(0);
    });
    notes();
    // SAFETY: to run its destructors matters to no frame of main.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
}

pub(crate) fn exit_from_a_thread_of_a_child() {
    let go = Bell::new();
    let child = start(|| {
        let _grandchild = start(|| {
            go.wait();
            note("waited for");
        });
        let _daemon = Process::new(|| thread::sleep(Duration::from_secs(1000))).daemon(true).start();
        thread::spawn(|| exit(9));
        thread::sleep(Duration::from_secs(1000));
    });
    go.ring();
    assert_eq!(shown(&child), "9");
    assert_eq!(notes(), ["waited for"]);
}

pub(crate) fn huge_closures() {
    let on_the_heap = vec![7u8; 64 << 20];
    in_a_child(|| assert!(on_the_heap.iter().all(|byte| *byte == 7)));
    let on_the_stack = [7u8; 256 << 10];
    let child = Process::new(move || assert!(on_the_stack.iter().all(|byte| *byte == 7)));
    assert_eq!(shown(&child.name("huge").daemon(false).start().expect("a child")), "0");
    let boxed: Box<dyn FnOnce()> = Box::new(|| note("boxed"));
    in_a_child(boxed);
    assert_eq!(notes(), ["boxed"]);
}

pub(crate) fn never_and_nested_results() {
    type Deep<'a> = Result<Result<Result<(), &'a str>, String>, std::io::Error>;
    assert_eq!(ending(|| -> Deep { Ok(Ok(Ok(()))) }), "0");
    assert_eq!(ending(|| -> Deep { Ok(Ok(Err("on purpose"))) }), "1");
    assert_eq!(ending(|| -> Deep { Ok(Err("on purpose".to_owned())) }), "1");
    assert_eq!(ending(|| -> Deep { Err(std::io::Error::other("on purpose")) }), "1");
    assert_eq!(ending(|| -> Result<std::convert::Infallible, &str> { Err("on purpose") }), "1");
    assert_eq!(ending(|| exit(6)), "6");
    let child = start(|| {
        loop {
            thread::park();
        }
    });
    child.terminate().expect("our child");
    assert_eq!(shown(&child), "-SIGTERM");
    // An error whose text panics.
    struct Mute;
    impl std::fmt::Display for Mute {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("on purpose")
        }
    }
    assert_eq!(ending(|| Err::<(), _>(Mute)), "101");
}

/// Panics when it is dropped by any process but this one.
struct Bomb(u32);

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.0 != id() {
            panic!("on purpose, in a drop");
        }
    }
}

pub(crate) fn panics_in_drop() {
    let bomb = Bomb(id());
    let _frame = Told("frame");
    assert_eq!(
        ending(move || {
            let _moved = &bomb;
            drop(bomb);
        }),
        "101"
    );
    let bomb = Bomb(id());
    // A panic in a drop while it unwinds is the end of any program.
    let both = move || {
        let _moved = bomb;
        panic!("on purpose");
    };
    assert_eq!(ending(both), "-SIGABRT");
    struct Fails(#[expect(dead_code, reason = "it is there to be dropped")] Bomb);
    impl std::fmt::Display for Fails {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("on purpose")
        }
    }
    let bomb = Bomb(id());
    assert_eq!(ending(move || Err::<(), _>(Fails(bomb))), "101");
    assert_eq!(notes(), [""; 0]);
}

pub(crate) fn payloads_that_panic_in_drop() {
    let bomb = Bomb(id());
    let frame = Told("frame");
    assert_eq!(ending(move || panic_any(bomb)), "101");
    assert_eq!(notes(), [""; 0], "the second panic must not unwind into the parent's frames either");
    drop(frame);
}

pub(crate) fn a_panic_in_the_drop_of_a_moved_value() {
    struct Trap(u32);
    impl Drop for Trap {
        fn drop(&mut self) {
            if self.0 == id() {
                panic!("on purpose, in the parent");
            }
        }
    }
    let trap = Trap(id());
    let go = Bell::new();
    let works = || {
        let _moved = trap;
        go.wait();
        note("at work");
    };
    let Pipe { sender, receiver } = Pipe::<u32>::new().expect("a pipe");
    catch_unwind(AssertUnwindSafe(|| Process::new(works).start())).expect_err("a panic");
    // The child is there all the same, and the next start is like any other.
    let child = only_child();
    go.ring();
    assert_eq!(shown(&child), "0");
    assert_eq!(notes(), ["at work"]);
    let child = start(move || sender.send(&1));
    assert_eq!(receiver.recv().ok(), Some(1));
    assert!(matches!(receiver.recv(), Err(Error::Eof)));
    assert_eq!(shown(&child), "0");
}

/// Plays [`ways_to_end`] with streams that are closed or full.
pub(crate) fn broken_streams(redirection: &str) {
    let script = format!("exec /proc/$PPID/exe ways_to_end {redirection}");
    let status = Command::new("sh").args(["-c", &script]).status().expect("a shell");
    exit(status.code().unwrap_or(255))
}

pub(crate) fn ways_to_end() {
    print!("held");
    assert_eq!(ending(|| print!("held")), "0");
    assert_eq!(ending(|| Err::<(), _>("on purpose")), "1");
    assert_eq!(ending(|| panic!("on purpose")), "101");
    assert_eq!(ending(|| exit(4)), "4");
}
