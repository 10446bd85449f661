//! Processes, locks and queues in the manner of Python's `multiprocessing`: small, complete, and honest about what the
//! kernel does.
//!
//! ```
//! use procession::{Error, JoinableQueue, Process};
//!
//! fn main() -> Result<(), Error> {
//!     let basket = JoinableQueue::bounded(3)?;
//!     let eater = Process::new(|| -> Result<(), Error> {
//!         loop {
//!             println!("ate {}", basket.get()?);
//!             basket.task_done()?;
//!         }
//!     });
//!     let _eater = eater.name("Dai").daemon(true).start()?; // ends when we end
//!     for i in 0..5 {
//!         basket.put(&format!("Bun{i}"))?; // waits while the basket is full
//!     }
//!     basket.join() // waits until all is eaten
//! }
//! ```
//!
//! A process is made by fork: the child has a copy of everything, so closures need be neither `Send` nor `'static`, and
//! handles of locks and queues are simply used in it. Unlike a bare fork it is safe: [`Process::start`] refuses when
//! there are other threads, the child never runs the parent's code or destructors, and at the end of a process daemons
//! are ended and other children waited for.
//!
//! # Coming from Python
//!
//! | Python | here |
//! |---|---|
//! | `Process(target=f, args=(x,))` | [`Process::new`]`(\|\| f(x))` |
//! | `Process(…, name="bob", daemon=True)`, `p.daemon = True` | [`.name("bob")`](Process::name)[`.daemon(true)`](Process::daemon) |
//! | `p.start()` | [`let child = process.start()?`](Process::start); a process that was not started has no `join` |
//! | `if __name__ == '__main__':` | not needed: nothing is imported again |
//! | `p.join()`, `p.join(5)` | [`child.join()?`](Child::join), [`child.join_timeout(…)?`](Child::join_timeout); both answer how it ended |
//! | `p.pid`, `p.name`, `p.daemon` | [`child.pid()`](Child::pid), [`child.name()`](Child::name), [`child.is_daemon()`](Child::is_daemon) |
//! | `p.is_alive()`, `p.exitcode` | [`child.is_alive()?`](Child::is_alive), [`child.exit_status()?`](Child::exit_status); as Python words it: [`exitcode`] |
//! | `p.terminate()`, `p.kill()` | [`child.terminate()?`](Child::terminate), [`child.kill()?`](Child::kill) |
//! | `p.close()` | drop the handle |
//! | `print(p)` | `println!("{child}")`, in the same words |
//! | `current_process()`, `parent_process()`, `active_children()` | [`current_process`], [`parent_process`], [`active_children`] |
//! | `os.getpid()`, `os.getppid()` | [`std::process::id`], [`std::os::unix::process::parent_id`] |
//! | `time.sleep(3)` | [`std::thread::sleep`] |
//! | `sys.exit(3)` | [`std::process::exit`]`(3)`, or return `Err` |
//! | `Lock()`, `with lock:` | [`Lock::new`]`()?`, `let _guard = `[`lock.acquire()?`](Lock::acquire); it ends with the block |
//! | `lock.acquire(False)`, `lock.acquire(timeout=5)` | [`lock.try_acquire()?`](Lock::try_acquire), [`lock.acquire_timeout(…)?`](Lock::acquire_timeout) |
//! | `Pipe(duplex=False)` | [`Pipe::new`]`()?`: `pipe.sender`, `pipe.receiver` |
//! | `c.send(x)`, `c.recv()`, `c.poll(5)` | [`sender.send(&x)?`](Sender::send), [`receiver.recv()?`](Receiver::recv), [`receiver.poll(…)?`](Receiver::poll) |
//! | `EOFError`, `BrokenPipeError` | [`Error::Eof`], [`Error::BrokenPipe`] |
//! | `Queue()`, `Queue(3)` | [`Queue::new`]`()?`, [`Queue::bounded`]`(3)?` |
//! | `q.put(x)`, `q.get()` | [`q.put(&x)?`](Queue::put), [`q.get()?`](Queue::get) |
//! | `q.put_nowait(x)`, `q.put(x, timeout=5)` | [`q.try_put(&x)`](Queue::try_put), [`q.put_timeout(&x, …)`](Queue::put_timeout) |
//! | `q.get_nowait()`, `q.get(timeout=5)` | [`q.try_get()`](Queue::try_get), [`q.get_timeout(…)`](Queue::get_timeout) |
//! | `q.qsize()`, `q.empty()`, `q.full()` | [`q.len()?`](Queue::len), [`q.is_empty()?`](Queue::is_empty), [`q.is_full()?`](Queue::is_full), and they are exact |
//! | `queue.Full`, `queue.Empty` | [`Error::Full`], [`Error::Empty`] |
//! | `JoinableQueue()`, `q.task_done()`, `q.join()` | [`JoinableQueue::new`]`()?`, [`q.task_done()?`](JoinableQueue::task_done), [`q.join()?`](JoinableQueue::join) |
//!
//! # The book
//!
//! The repository has a book about all this, in its folder `docs`. The lessons: what a process is
//! (`docs/01-what-is-a-process.md`), to start one (`docs/02-start-a-process.md`), to wait for it (`docs/03-join.md`), its
//! memory (`docs/04-space-isolation.md`), its pid (`docs/05-current-process.md`), its parent
//! (`docs/06-getpid-getppid.md`), how it ends (`docs/07-methods-and-properties.md`), daemons (`docs/08-daemon.md`), locks
//! (`docs/09-mutex-lock.md`), pipes and queues (`docs/10-queue.md`), joinable queues (`docs/11-joinable-queue.md`) and
//! several machines (`docs/12-beyond-one-machine.md`). Other pages: what is left when a process is killed
//! (`docs/deaths.md`), the inside of a queue (`docs/how-the-queue-works.md`), where it runs (`docs/where-it-runs.md`),
//! threads (`docs/threads.md`), tests (`docs/testing.md`), questions (`docs/questions.md`), and all names beside Python's
//! (`docs/coming-from-python.md`).
//!
//! # Caveats
//!
//! - **Linux only**, with glibc or musl. With musl a child that calls
//!   `std::process::exit` also runs the exit handlers that its parent had set, for nothing there tells them apart.
//! - **Processes first, threads afterwards.** `start` refuses in a process with several threads. A thread of a *child*
//!   does not keep the child alive when its closure returns.
//! - **fork copies.** What a moved value's destructor does to the world outside happens twice; see
//!   [`Process::start`]. Buffered writers other than stdout are copied with what they hold. Open files are shared,
//!   offset included. What this process has read ahead from stdin is still readable in the child. A `HashMap` made in
//!   two siblings hashes with the same keys.
//! - **`std::process::exit` in a child** ends it without the parent's exit handlers. The thread-local values of the
//!   thread that started it, however, are destroyed in it, as everywhere. A closure that returns avoids even that.
//! - **Exit handlers are too late.** A process that is started from a `libc::atexit` handler, or from the destructor of a
//!   thread-local value, may abort the program, and nobody waits for it.
//! - **Ctrl-C** goes to every process of a terminal's foreground group, and ends each of them there and then (Python
//!   raises `KeyboardInterrupt`, which ends it with code 1 and a traceback). Nobody gets to clean up.
//! - **A killed main process** leaves its other children running; only its daemons die with it.
//! - **JSON** is what travels; see [`Queue`] for what it cannot carry.
//! - **A fork behind this crate's back** (`libc::fork`) is noticed: handles of children and ends of pipes answer with an
//!   error there, locks and queues work. But it keeps copies of descriptors open that a child started here gives up: a
//!   lock whose holder dies stays taken until it ends, and an end of file does not come.

#[cfg(not(all(target_os = "linux", any(target_env = "gnu", target_env = "musl"))))]
compile_error!("procession runs on Linux, with glibc or musl: it lives by what that kernel promises");

mod error;
mod lock;
mod pipe;
mod process;
mod queue;
mod sys;
#[cfg(feature = "testing")]
pub mod testing;

/// For the tests of this crate alone.
#[cfg(feature = "__fault")]
#[doc(hidden)]
pub mod fault {
    pub use crate::sys::step::on_step;
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use error::Error;
pub use lock::{FileLock, FileLockGuard, Lock, LockGuard};
pub use pipe::{Pipe, Receiver, Sender};
pub use process::{
    Child, CurrentProcess, ExitCodeDisplay, Outcome, ParentProcess, Process, Returns, active_children,
    current_process, exitcode, parent_process,
};
pub use queue::{JoinableQueue, Queue};
