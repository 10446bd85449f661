//! The texts of errors: each names the thing, the cause where there is one, and the way out.

use std::cell::Cell;
use std::error::Error as _;
use std::io;
use std::path::PathBuf;

use procession::{
    Child, CurrentProcess, Error, ExitCodeDisplay, FileLock, JoinableQueue, Lock, ParentProcess, Pipe,
    Process, Queue, Receiver, Sender,
};

fn json() -> serde_json::Error {
    serde_json::from_str::<u32>("x").expect_err("no number")
}

/// What each text must hold.
fn texts() -> Vec<(Error, &'static [&'static str])> {
    let full = || io::Error::from(io::ErrorKind::StorageFull);
    vec![
        (
            Error::MultiThreaded { threads: 3 },
            &["start a process", "3 threads", "processes first", "testing::isolated", "threads.md"],
        ),
        (Error::DaemonHasChildren { name: "Dai".into() }, &["Dai", "daemon", "start it from"]),
        (Error::Fork(full()), &["process", "no storage space", "start again"]),
        (Error::Fork(io::Error::from_raw_os_error(1)), &["process", "Operation not permitted", "sandbox"]),
        (Error::NotMyChild { name: "Bob".into(), parent: 7 }, &["Bob", "process 7", "from there"]),
        (Error::StatusLost { pid: 7 }, &["process 7", "waitpid", "SIGCHLD"]),
        (Error::Reentrant, &["lock", "this thread holds", "release it"]),
        (Error::Full, &["queue", "full", "get something"]),
        (Error::Empty, &["queue", "empty", "put something"]),
        (Error::Eof, &["pipe", "end of file", "nobody can send"]),
        (Error::BrokenPipe, &["pipe", "nobody can receive"]),
        (Error::Timeout, &["message", "time", "wait longer"]),
        (Error::NotMyEnd, &["end of the pipe", "process that started", "move it into"]),
        (Error::Truncated { got: 9 }, &["message", "9 bytes", "ask for it again"]),
        (Error::Encode(json()), &["item", "JSON", "expected value"]),
        (Error::Decode(json()), &["type", "expected value"]),
        (Error::TooLarge { size: 9, limit: 8 }, &["9 bytes", "limit is 8", "file"]),
        (Error::Maxsize { asked: 0, limit: 8 }, &["queue for 0", "new()"]),
        (Error::Maxsize { asked: 9, limit: 8 }, &["queue for 9", "8", "ask for less"]),
        (Error::TooManyTaskDone, &["task_done()", "too many times", "no task"]),
        (Error::TasksLost { tasks: 1, workers: vec![7] }, &["1 task lost", "worker 7"]),
        (Error::TasksLost { tasks: 2, workers: vec![7, 8] }, &["2 tasks lost", "7, 8"]),
        (Error::Io { doing: "reading", path: None, source: full() }, &["reading: no storage space"]),
        (
            Error::Io { doing: "reading", path: Some(PathBuf::from("/a/b")), source: full() },
            &["reading \"/a/b\": no storage space"],
        ),
        (
            Error::Io { doing: "reading", path: Some(PathBuf::from("two\nlines")), source: full() },
            &["reading \"two\\nlines\": "],
        ),
    ]
}

fn is_send_and_sync<T: Send + Sync>() {}

/// Handles may go to any thread and be shared by threads, and an error may be carried anywhere. Not so the guards of locks:
/// the thread that took the lock releases it.
const _: () = {
    _ = is_send_and_sync::<Process<fn()>>;
    _ = is_send_and_sync::<Child>;
    _ = is_send_and_sync::<CurrentProcess>;
    _ = is_send_and_sync::<ParentProcess>;
    _ = is_send_and_sync::<Lock>;
    _ = is_send_and_sync::<FileLock>;
    _ = is_send_and_sync::<Pipe<Cell<u8>>>;
    _ = is_send_and_sync::<Sender<Cell<u8>>>;
    _ = is_send_and_sync::<Receiver<Cell<u8>>>;
    _ = is_send_and_sync::<Queue<Cell<u8>>>;
    _ = is_send_and_sync::<JoinableQueue<Cell<u8>>>;
    _ = is_send_and_sync::<ExitCodeDisplay>;
    const fn is_static<T: Send + Sync + 'static>() {}
    is_static::<Error>();
};

/// Each text says what it must, in one line, and shows a cause only if there is one to be had.
#[test]
fn each_text_names_the_thing_the_cause_and_the_way_out() {
    for (error, words) in texts() {
        let text = error.to_string();
        for word in words {
            assert!(text.contains(word), "expected `{word}` in `{text}`");
        }
        assert!(!text.contains('\n') && !text.ends_with('.'), "{text}");
        if let Some(cause) = error.source() {
            assert!(text.contains(&cause.to_string()), "{text} does not tell its cause, {cause}");
        }
    }
}
