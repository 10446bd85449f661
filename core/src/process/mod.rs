//! [`Process`]: a process that is not started yet, and how it starts.

mod child;
mod current;
pub(crate) mod exit;
mod outcome;

pub use child::{Child, active_children};
pub use current::{CurrentProcess, ParentProcess, current_process, parent_process};
pub use outcome::{ExitCodeDisplay, Outcome, Returns, exitcode};

use std::cell::Cell;
use std::fmt;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::stat::{FileStat, fstat};
use nix::unistd::ForkResult;
use rand::TryRng;
use rand::rngs::SysRng;

use crate::error::Error;
use crate::sys::fork::{self, Handover};
use crate::sys::step::trace;
use crate::sys::this_process::generation;
use crate::sys::{self, say_on_stderr};
use child::{adopt, forget_children, reap_ended};

/// Told of each panic that ends a process.
#[cfg(feature = "testing")]
pub(crate) static ON_PANIC: std::sync::OnceLock<fn(&(dyn std::any::Any + Send))> = std::sync::OnceLock::new();

/// A process that is not started yet: what it will run, its name, and whether it is a daemon.
///
/// [`start`](Process::start) makes it run. Until then nothing has happened, and it can be dropped.
/// The closure needs to be neither `Send` nor `'static`: the child has its own copy of everything.
///
/// In Python: `multiprocessing.Process(target=…, args=…, name=…, daemon=…)`.
///
/// ```
/// use procession::Process;
///
/// # fn main() -> Result<(), procession::Error> {
/// let name = String::from("Little King");
/// let child = Process::new(|| println!("{name} is running")).start()?;
/// assert!(child.join()?.success());
/// # Ok(())
/// # }
/// ```
#[must_use = "a process does nothing until it is started"]
pub struct Process<F> {
    target: F,
    name: String,
    identity: Vec<u32>,
    daemon: bool,
    generation: u64,
    creator: u32,
}

impl<F, T> Process<F>
where
    F: FnOnce() -> T,
    T: Outcome,
{
    /// A process that will run `target`.
    ///
    /// It is called `Process-1`, `Process-2` and so on, counting the objects made by this process; a child's
    /// own children are `Process-1:1`, `Process-1:2`. It is a daemon if the process that makes it is one.
    pub fn new(target: F) -> Process<F> {
        let identity = current::next_identity();
        Process {
            target,
            name: current::default_name(&identity),
            identity,
            daemon: current_process().is_daemon(),
            generation: generation(),
            creator: std::process::id(),
        }
    }

    /// Gives it another name. Names need not be unique; an empty one counts as none.
    pub fn name(mut self, name: impl Into<String>) -> Process<F> {
        let name = name.into();
        self.name = if name.is_empty() { current::default_name(&self.identity) } else { name };
        self
    }

    /// Makes it a daemon, or no daemon.
    ///
    /// A daemon does not outlive the process that started it: it is sent SIGTERM when that one ends by itself
    /// (and SIGKILL a second later if it is still there), and SIGKILL when that one is killed. Its destructors
    /// do not run then. It cannot start processes. In Python: `daemon=True`.
    pub fn daemon(mut self, daemon: bool) -> Process<F> {
        self.daemon = daemon;
        self
    }

    /// Starts it: from here on the closure runs in a process of its own.
    ///
    /// **What is copied.** The child has a copy of all memory as it is now; what either changes afterwards the
    /// other does not see. Open files are shared, offsets included. Text that stdout still holds is written
    /// before the copy is made, so that it does not appear twice; other buffered writers are yours to flush.
    ///
    /// **What is moved.** A value moved into the closure is the child's: the parent drops its copy here, and
    /// the child drops its own when the closure is done. This closes descriptors in the parent, as it should;
    /// handles of this crate know which process they are in. A value of yours whose `Drop` changes the world
    /// (deletes a folder, flushes a file) had better be borrowed by the closure, which then never drops it, or
    /// be moved inside a [`ManuallyDrop`](std::mem::ManuallyDrop), which the child takes it out of.
    ///
    /// **In the child** stdin is empty, except for what the parent's [`stdin`](std::io::stdin) has read ahead.
    /// `rand::rng()` gives other numbers than in any other process. Signal handlers and the signal mask are
    /// inherited. The child never runs code or destructors of the parent: it ends after the closure, with the
    /// exit status told by [`Outcome`], a panic included. (With one exception: the C library drops the
    /// thread-local values of a thread that calls [`std::process::exit`], and a child that calls it has copies
    /// of its parent's.) At its end the rules of [`active_children`] hold for its own
    /// children.
    ///
    /// **In this process** the children that have ended are reaped by the way, and SIGCHLD, if it is ignored, is set to its
    /// default: ignored, it would have the system throw exit statuses away. Other handlers of it are left alone.
    ///
    /// # Errors
    ///
    /// [`Error::MultiThreaded`], [`Error::DaemonHasChildren`], [`Error::NotMyChild`] if another process made
    /// this object, and [`Error::Fork`] when the system refuses. The closure is dropped then; to be able to
    /// try again, pass a reference to it:
    ///
    /// ```
    /// use procession::{Error, Process};
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), Error> {
    /// let work = || println!("at last");
    /// let child = loop {
    ///     match Process::new(&work).start() {
    ///         Err(Error::Fork(_)) => std::thread::sleep(Duration::from_millis(100)),
    ///         other => break other?,
    ///     }
    /// };
    /// child.join()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn start(self) -> Result<Child, Error> {
        if self.generation != generation() {
            return Err(Error::NotMyChild { name: self.name, parent: self.creator });
        }
        let me = current_process();
        if me.is_daemon() {
            return Err(Error::DaemonHasChildren { name: me.name().to_owned() });
        }
        only_one_thread()?;
        exit::watch_over_the_end();
        sys::keep_exit_statuses().map_err(Error::io("setting SIGCHLD"))?;
        reap_ended();
        let handover = Handover::prepare().map_err(Error::io("making a pipe to the new process"))?;
        // Whatever can be done here need not be done in the child: the first touch of each page of memory costs it more
        // than the work itself.
        let (parent, has_stdin) = (ParentProcess::new(me.name(), self.creator), has_stdin());
        // Whatever a buffer holds at the fork, both processes would write. A stdout that is broken is broken
        // with or without a child, so that is not an error of start.
        let _ = std::io::stdout().flush();

        trace!("start: before");
        // SAFETY: the process has one thread, so no other one can have left a lock or the heap half-way, and
        // the child may do whatever the parent may.
        match unsafe { nix::unistd::fork() } {
            Err(errno) => Err(Error::Fork(errno.into())),
            Ok(ForkResult::Parent { child }) => {
                let Process { target, name, daemon, .. } = self;
                trace!("start: done", of = child, name = name, daemon = daemon);
                let child = adopt(child.as_raw() as u32, name, daemon);
                // The child goes on with the numbers that would have been ours, and we draw others. The other way
                // round would do as well, but here the memory is at hand, and nobody waits for it. Not later than
                // here: what is dropped next may panic, or start a process itself.
                draw_other_numbers();
                fork::hand_over(target, handover);
                Ok(child)
            }
            Ok(ForkResult::Child) => self.live(parent, has_stdin, handover),
        }
    }

    /// The whole life of the child.
    fn live(self, parent: ParentProcess, has_stdin: bool, handover: Option<Handover>) -> ! {
        let Process { target, name, identity, daemon, creator, .. } = self;
        forget_children();
        if daemon {
            die_with(creator);
        }
        fork::receive(handover);
        current::become_child(name, identity, daemon, parent);
        #[cfg(feature = "__trace")]
        sys::trace::begin();
        exit::watch_over_the_end();
        if has_stdin {
            sys::stdin_from_null();
        }
        // The child must not unwind into frames that it has only inherited. AssertUnwindSafe: what a panic has
        // left half-done ends with this process.
        let code = match catch_unwind(AssertUnwindSafe(|| target().exit_code())) {
            Ok(code) => code,
            Err(payload) => {
                #[cfg(feature = "testing")]
                ON_PANIC.get().inspect(|tell| tell(&*payload));
                // Dropping it could panic again.
                std::mem::forget(payload);
                say_on_stderr(format_args!("{}: ended by a panic", current_process().name()));
                101
            }
        };
        let _ = std::io::stdout().flush();
        exit::finish();
        sys::exit_now(code.into())
    }
}

impl<F> fmt::Display for Process<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Process { name, creator, .. } = self;
        let state = if self.generation == generation() { "initial" } else { "unknown" };
        let daemon = if self.daemon { " daemon" } else { "" };
        write!(f, "<Process name='{name}' parent={creator} {state}{daemon}>")
    }
}

impl<F> fmt::Debug for Process<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A thread that was just joined can be seen for a moment longer: it has said that it is done, and the kernel
/// has not yet cleared it away.
const THREAD_LINGERS: Duration = Duration::from_millis(20);

fn only_one_thread() -> Result<(), Error> {
    let started = Instant::now();
    loop {
        match threads()? {
            0 | 1 => return Ok(()),
            threads if started.elapsed() > THREAD_LINGERS => return Err(Error::MultiThreaded { threads }),
            _ => std::thread::yield_now(),
        }
    }
}

/// How many threads this process has: each is a folder in /proc/self/task, and each folder links to its parent. Where there
/// is no /proc it is one or, for all that can be told, two.
fn threads() -> Result<u64, Error> {
    use std::os::unix::fs::MetadataExt;
    let tasks = std::path::Path::new("/proc/self/task");
    match tasks.metadata() {
        Ok(folder) if folder.nlink() > 2 => Ok(folder.nlink() - 2),
        _ => {
            let one = sys::has_one_thread()
                .map_err(Error::at("counting the threads of this process without", tasks))?;
            Ok(if one { 1 } else { 2 })
        }
    }
}

/// Whether there is something to read from stdin that a child must not take. There is not if it is /dev/null, as it is in
/// every child; nor if descriptor 0 is none that programs hand on when they run another: then this program has closed its
/// stdin, and the number 0 has gone to a file or pipe of its own.
fn has_stdin() -> bool {
    let stdin = std::io::stdin();
    let is_null = |stdin: FileStat| stdin.st_mode & libc::S_IFMT == libc::S_IFCHR && stdin.st_rdev == NULL;
    let is_own = |flags: i32| flags & libc::FD_CLOEXEC != 0;
    !fstat(&stdin).is_ok_and(is_null) && !fcntl(&stdin, FcntlArg::F_GETFD).is_ok_and(is_own)
}

/// The number of the device /dev/null.
const NULL: libc::dev_t = libc::makedev(1, 3);

/// Gives the random numbers of this thread a new seed.
fn draw_other_numbers() {
    thread_local! {
        /// Whether this thread has random numbers, for sure.
        static SEEDED: Cell<bool> = const { Cell::new(false) };
    }
    // Where the system gives no random numbers, to ask for the first is a panic. Then no process has any, so none has the
    // same ones.
    if SEEDED.get() || SysRng.try_next_u32().is_ok() {
        SEEDED.set(true);
        let _ = rand::rng().reseed();
    }
}

/// Has the kernel kill this process when its parent is gone, however that came about.
fn die_with(parent: u32) {
    // 0 is a parent in another PID namespace, of which nothing more can be told.
    let is_gone = move || ![parent, 0].contains(&std::os::unix::process::parent_id());
    if prctl::set_pdeathsig(Signal::SIGKILL).is_err() {
        // A sandbox that does not allow it. A daemon starts no processes, so it may have a thread.
        let look_again_and_again = move || {
            while !is_gone() {
                std::thread::sleep(Duration::from_millis(100));
            }
            sys::exit_now(0)
        };
        // Without a thread it goes on without its parent, as in Python.
        let _ = std::thread::Builder::new().spawn(look_again_and_again);
    }
    // The parent may have died before the kernel knew that it matters.
    if is_gone() {
        sys::exit_now(0);
    }
}
