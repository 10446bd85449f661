//! What can go wrong, in one list.

use std::fmt;
use std::io;
use std::path::PathBuf;

use nix::libc;

/// Everything that a call of this crate can fail with.
///
/// The text of an error names the thing, the cause and the way out; [`source`](std::error::Error::source)
/// gives the cause itself where there is one. No error poisons anything: a queue, lock or process handle
/// can be used on after any of them.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// `start` was called in a process with more than one thread. The child of such a fork would have only
    /// the calling thread, and every lock held by the others would stay taken in it for ever.
    ///
    /// - In a `#[test]`: `procession::testing::isolated`, of the feature `testing`.
    /// - With tokio: start before the runtime is built (no `#[tokio::main]`), or when it was dropped.
    /// - With rayon: start before the first parallel call, or after a pool of `build_scoped`.
    /// - With ctrlc: start before `set_handler`, or have a flag set by `signal_hook::flag`.
    ///
    /// A *child* may have any number of threads. More on the page `docs/threads.md` of the repository.
    MultiThreaded {
        /// How many threads the process has.
        threads: u64,
    },
    /// `start` was called in a daemon. Its child would outlive it, and a daemon leaves nothing behind.
    DaemonHasChildren {
        /// The name of the daemon.
        name: String,
    },
    /// The kernel refused to make a process: too many of them, or no memory. Nothing has happened, nothing is
    /// left open; make the [`Process`](crate::Process) again and `start` it when there is room.
    Fork(io::Error),
    /// The process belongs to another one: only its parent can start it, wait for it or signal it.
    NotMyChild {
        /// The name of the process.
        name: String,
        /// Its parent's pid.
        parent: u32,
    },
    /// The child has ended, but somebody else took its exit status: a `waitpid` of other code in this process,
    /// or a `SIGCHLD` that is ignored since the child was started.
    StatusLost {
        /// The child's pid; it may belong to a stranger by now.
        pid: u32,
    },
    /// This thread already holds the lock. Waiting for itself, it would wait for ever.
    Reentrant,
    /// The queue has no room, and the call was not to wait, or not longer. The item was only borrowed: it is
    /// still the caller's.
    Full,
    /// The queue has no item, and the call was not to wait, or not longer.
    Empty,
    /// Every process that had the sending end has closed it or ended, and all that was sent has been received.
    Eof,
    /// No process has the receiving end any more. What was just sent is lost.
    BrokenPipe,
    /// The message was not whole within the time given. What has come of it is kept for the next call.
    Timeout,
    /// This end of the pipe belongs to another process: the child borrowed it instead of getting it.
    NotMyEnd,
    /// The sender ended in the middle of a message; the part that came is thrown away.
    Truncated {
        /// How many bytes came.
        got: usize,
    },
    /// The item cannot be written as JSON. Nothing was sent, nothing was counted.
    Encode(serde_json::Error),
    /// What came is not a `T`. It is consumed; the next call goes on with the next one.
    Decode(serde_json::Error),
    /// The item is larger than the documented limit. Nothing was sent.
    TooLarge {
        /// The size of the item as JSON, in bytes.
        size: usize,
        /// The largest size, in bytes.
        limit: usize,
    },
    /// A queue cannot have that bound.
    Maxsize {
        /// The `maxsize` asked for.
        asked: usize,
        /// The largest one.
        limit: usize,
    },
    /// `task_done` was called more often than this process has taken tasks.
    TooManyTaskDone,
    /// Workers died with tasks in their hands: these tasks will never be done.
    TasksLost {
        /// How many tasks.
        tasks: u32,
        /// The pids that the dead workers had.
        workers: Vec<u32>,
    },
    /// A system call failed.
    Io {
        /// What was being done, in words.
        doing: &'static str,
        /// On which file or folder, where there is one.
        path: Option<PathBuf>,
        /// The system's answer.
        source: io::Error,
    },
}

impl Error {
    /// Wraps the answer of a system call: `.map_err(Error::io("reading the pipe"))`.
    pub(crate) fn io<E: Into<io::Error>>(doing: &'static str) -> impl FnOnce(E) -> Error {
        move |error| Error::Io { doing, path: None, source: error.into() }
    }

    /// The same, on a path.
    pub(crate) fn at<E: Into<io::Error>>(
        doing: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(E) -> Error {
        let path = path.to_owned();
        move |error| Error::Io { doing, path: Some(path), source: error.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::MultiThreaded { threads } => write!(
                f,
                "cannot start a process from one with {threads} threads: start processes first, threads afterwards (in a \
                 test: procession::testing::isolated; with tokio, rayon or ctrlc: docs/threads.md)"
            ),
            Error::DaemonHasChildren { name } => write!(
                f,
                "daemon {name} cannot start a process: a daemon has no children, start it from a process that is none"
            ),
            Error::Fork(cause) => {
                let way_out = match cause.raw_os_error() {
                    Some(libc::EPERM | libc::EACCES | libc::ENOSYS) => {
                        "run the program where its sandbox allows them"
                    }
                    _ => "end some, then start again",
                };
                write!(f, "the system refused to make a process ({cause}): {way_out}")
            }
            Error::NotMyChild { name, parent } => write!(
                f,
                "{name} is a matter of process {parent}, which made it: start, wait and signal from there"
            ),
            Error::StatusLost { pid } => write!(
                f,
                "process {pid} has ended, but its exit status was taken by somebody else (another waitpid, or an \
                 ignored SIGCHLD)"
            ),
            Error::Reentrant => {
                f.write_str("this thread holds the lock already: release it before you acquire it again")
            }
            Error::Full => f.write_str("the queue is full: get something first, or wait longer"),
            Error::Empty => f.write_str("the queue is empty: put something first, or wait longer"),
            Error::Eof => f.write_str("end of file: nobody can send into this pipe any more"),
            Error::BrokenPipe => f.write_str("broken pipe: nobody can receive from this pipe any more"),
            Error::Timeout => f.write_str("no whole message came within the time given: wait longer"),
            Error::NotMyEnd => f.write_str(
                "this end of the pipe belongs to the process that started this one: move it into the closure \
                 (`move || …`)",
            ),
            Error::Truncated { got } => {
                write!(
                    f,
                    "the sender ended in the middle of a message, after {got} bytes of it: ask for it again"
                )
            }
            Error::Encode(cause) => write!(f, "the item cannot be written as JSON: {cause}"),
            Error::Decode(cause) => write!(f, "what came is not of the type expected: {cause}"),
            Error::TooLarge { size, limit } => write!(
                f,
                "the item has {size} bytes as JSON, and the limit is {limit}: put it in a file and send the path"
            ),
            Error::Maxsize { asked: 0, .. } => {
                f.write_str("a queue for 0 items could never be used: for one without a bound call new()")
            }
            Error::Maxsize { asked, limit } => write!(
                f,
                "a queue for {asked} items is more than {limit}: ask for less, or leave the bound out by calling new()"
            ),
            Error::TooManyTaskDone => {
                f.write_str("task_done() called too many times: this process has no task in its hands")
            }
            Error::TasksLost { tasks, workers } => {
                let pids: Vec<_> = workers.iter().map(u32::to_string).collect();
                write!(
                    f,
                    "{tasks} task{} lost: killed before task_done was worker {}",
                    if *tasks == 1 { "" } else { "s" },
                    pids.join(", ")
                )
            }
            Error::Io { doing, path: Some(path), source } => {
                write!(f, "{doing} {path:?}: {source}")
            }
            Error::Io { doing, path: None, source } => write!(f, "{doing}: {source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Fork(source) | Error::Io { source, .. } => Some(source),
            Error::Encode(source) | Error::Decode(source) => Some(source),
            _ => None,
        }
    }
}
