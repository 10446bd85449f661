//! [`Child`]: a process that was started, and the list of all of them.

use std::fmt;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitStatus;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::PollFlags;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::error::Error;
use crate::process::outcome::exitcode;
use crate::sys::step::trace;
use crate::sys::this_process::generation;
use crate::sys::wait::{Wait, poll_until};
use crate::sys::{self, lock};

/// A process that was started.
///
/// Several handles may refer to one process: [`active_children`] makes more, and so does `clone`. All calls may
/// come from any thread of the process that started it; in any other process they answer
/// [`Error::NotMyChild`].
///
/// **Dropping** the handle changes nothing for the process: it goes on, it is still among the
/// [`active_children`], and it is waited for when this process ends. When it has ended, the next
/// [`start`](crate::Process::start) reaps it.
///
/// ```
/// use procession::{Process, exitcode};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), procession::Error> {
/// let child = Process::new(|| loop { std::thread::sleep(Duration::from_secs(1)) }).start()?;
/// assert!(child.is_alive()?);
/// child.terminate()?;
/// let status = child.join()?;
/// assert_eq!(exitcode(status).to_string(), "-SIGTERM");
/// assert!(!child.is_alive()?);
/// # Ok(())
/// # }
/// ```
#[must_use = "without the handle the child can only be found by active_children; it is waited for at the end"]
#[derive(Clone)]
pub struct Child {
    record: Arc<Record>,
}

struct Record {
    pid: u32,
    name: String,
    daemon: bool,
    parent: u32,
    generation: u64,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Not reaped: the pid is the child's for sure.
    Started,
    /// Reaped by us.
    Ended(ExitStatus),
    /// Reaped by somebody else.
    Lost,
}

/// The children of this process that are not known to have ended, in the order of their start.
static CHILDREN: Mutex<Vec<Child>> = Mutex::new(Vec::new());

/// Enters a new child into the list.
pub(crate) fn adopt(pid: u32, name: String, daemon: bool) -> Child {
    let record = Record {
        pid,
        name,
        daemon,
        parent: std::process::id(),
        generation: generation(),
        state: Mutex::new(State::Started),
    };
    let child = Child { record: Arc::new(record) };
    let mut children = lock(&CHILDREN);
    // The system gives a pid away only when its last owner was reaped. If that was not done here it was done
    // behind our back, and to ask after that one would from now on mean this one.
    children.retain(|earlier| {
        let lost = earlier.record.pid == pid;
        if lost {
            *lock(&earlier.record.state) = State::Lost;
        }
        !lost
    });
    children.push(child.clone());
    drop(children);
    child
}

/// In a new child: its parent's children are not its own.
pub(crate) fn forget_children() {
    // Not even to free them: to write to memory that the parent has, too, means to copy it.
    std::mem::forget(std::mem::take(&mut *lock(&CHILDREN)));
}

/// The children of this process that still run, daemons included, in the order of their start.
///
/// Those that have ended are reaped by the way. In a new child the list is empty. In Python:
/// `multiprocessing.active_children()`.
///
/// **At the end of a process** (`main` or the closure returns, with `Err` too, or panics, or calls
/// [`std::process::exit`]) its living daemons are sent SIGTERM, and SIGKILL a second later if need be; then it
/// waits for all the others, however long they take. A process that is killed, aborts or calls `_exit` does
/// none of this: its daemons are killed by the kernel, the others go on without it.
pub fn active_children() -> Vec<Child> {
    let mut children: Vec<Child> = lock(&CHILDREN).clone();
    // After a fork that was not ours the list is the parent's.
    children.retain(|child| child.is_alive().unwrap_or(false));
    children
}

/// Reaps the children that have ended. A program that starts one after another and drops the handles would otherwise be
/// left with as many zombies.
pub(crate) fn reap_ended() {
    // To ask after each child costs a system call for each.
    if !lock(&CHILDREN).is_empty() && sys::any_has_ended().unwrap_or(true) {
        drop(active_children());
    }
}

impl Child {
    /// The process id. It stays the same after the end, when the system may give it to another process.
    pub fn pid(&self) -> u32 {
        self.record.pid
    }

    /// The name; see [`Process::name`](crate::Process::name).
    pub fn name(&self) -> &str {
        &self.record.name
    }

    /// Whether it was started as a daemon; see [`Process::daemon`](crate::Process::daemon).
    pub fn is_daemon(&self) -> bool {
        self.record.daemon
    }

    /// Waits until the child has ended, and returns how.
    ///
    /// It may be called again, and by several threads at once. What the child had started goes on.
    /// In Python: `join()`, then `exitcode`.
    ///
    /// # Errors
    ///
    /// [`Error::NotMyChild`], [`Error::StatusLost`].
    pub fn join(&self) -> Result<ExitStatus, Error> {
        loop {
            if let Some(status) = self.exit_status()? {
                return Ok(status);
            }
            trace!("wait: before", of = self.record.pid);
            // No such child: another thread, or somebody else, was faster; the state tells who. Or no such call.
            if sys::await_end(self.record.pid).is_err() {
                self.join_timeout(Duration::from_secs(1))?;
            }
        }
    }

    /// Waits at most this long, and returns `None` if the child still runs then.
    ///
    /// In Python: `join(timeout)`.
    ///
    /// # Errors
    ///
    /// As [`join`](Child::join).
    pub fn join_timeout(&self, timeout: Duration) -> Result<Option<ExitStatus>, Error> {
        self.wait_for(Wait::at_most(timeout))
    }

    /// How the child has ended, or `None` while it runs. In Python: `exitcode`.
    ///
    /// # Errors
    ///
    /// As [`join`](Child::join).
    pub fn exit_status(&self) -> Result<Option<ExitStatus>, Error> {
        match self.look()? {
            State::Started => Ok(None),
            State::Ended(status) => Ok(Some(status)),
            State::Lost => Err(Error::StatusLost { pid: self.record.pid }),
        }
    }

    /// Whether the child still runs. A stopped one does; one that was reaped by somebody else does not.
    ///
    /// Straight after [`terminate`](Child::terminate) it normally is still true: a signal takes its time, and
    /// only [`join`](Child::join) makes it certain. In Python: `is_alive()`.
    ///
    /// # Errors
    ///
    /// [`Error::NotMyChild`].
    pub fn is_alive(&self) -> Result<bool, Error> {
        Ok(matches!(self.look()?, State::Started))
    }

    /// Sends SIGTERM, which ends the child unless it has arranged otherwise. In Python: `terminate()`.
    ///
    /// No destructor of the child runs, and its own children go on. A child that has ended is not signalled,
    /// whoever may have its pid by now.
    ///
    /// # Errors
    ///
    /// [`Error::NotMyChild`]; [`Error::Io`] if the child has become another user's.
    pub fn terminate(&self) -> Result<(), Error> {
        self.signal(Signal::SIGTERM)
    }

    /// Sends SIGKILL, which ends the child for sure. In Python: `kill()`.
    ///
    /// # Errors
    ///
    /// As [`terminate`](Child::terminate).
    pub fn kill(&self) -> Result<(), Error> {
        self.signal(Signal::SIGKILL)
    }

    pub(crate) fn wait_for(&self, wait: Wait) -> Result<Option<ExitStatus>, Error> {
        if !matches!(self.look()?, State::Started) {
            return self.exit_status();
        }
        trace!("wait: before", of = self.record.pid);
        // Not a pipe that the child holds open: a grandchild would hold it too.
        let process = sys::pidfd_open(self.record.pid);
        let ended = |process: &OwnedFd| poll_until(process.as_fd(), PollFlags::POLLIN, wait);
        // Some sandboxes do not know this descriptor, or there may be none left: then look again and again.
        if process.is_ok_and(|process| ended(&process).is_ok()) {
            return self.exit_status();
        }
        let mut pauses = wait.pauses();
        loop {
            match (self.exit_status()?, pauses.next()) {
                (None, Some(pause)) => thread::sleep(pause),
                (status, _) => return Ok(status),
            }
        }
    }

    fn signal(&self, signal: Signal) -> Result<(), Error> {
        self.mine()?;
        trace!("signal", of = self.record.pid, signal = signal);
        let mut state = lock(&self.record.state);
        // While this descriptor is open it means one process and no other; the look that follows tells that it
        // is our child. So nothing can go to a stranger who got the pid of a child that was reaped.
        let process = sys::pidfd_open(self.record.pid);
        self.reap(&mut state)?;
        if !matches!(*state, State::Started) {
            return Ok(());
        }
        // Some sandboxes do not know these calls, or no descriptor is left. It was ours a moment ago, and is reaped by nobody
        // else but code that takes the status of any child.
        if process.is_ok_and(|process| sys::pidfd_signal(&process, signal as i32).is_ok()) {
            return Ok(());
        }
        kill(Pid::from_raw(self.record.pid as i32), signal)
            .map_err(Error::io("sending a signal to a process"))
    }

    fn mine(&self) -> Result<(), Error> {
        let Record { generation: born, name, parent, .. } = &*self.record;
        if *born == generation() {
            return Ok(());
        }
        Err(Error::NotMyChild { name: name.clone(), parent: *parent })
    }

    /// The state as it is now.
    fn look(&self) -> Result<State, Error> {
        self.mine()?;
        let mut state = lock(&self.record.state);
        self.reap(&mut state)?;
        Ok(*state)
    }

    fn reap(&self, state: &mut State) -> Result<(), Error> {
        if !matches!(state, State::Started) {
            return Ok(());
        }
        *state = match sys::reap(self.record.pid) {
            Ok(None) => return Ok(()),
            Ok(Some(status)) => {
                trace!("wait: ended", of = self.record.pid, with = exitcode(status));
                State::Ended(status)
            }
            Err(e) if e.raw_os_error() == Some(Errno::ECHILD as i32) => State::Lost,
            Err(e) => return Err(Error::io("asking after a process")(e)),
        };
        lock(&CHILDREN).retain(|child| !Arc::ptr_eq(&child.record, &self.record));
        Ok(())
    }
}
/// As Python's repr words it:
/// `<Process name='Process-1' pid=7 parent=5 stopped exitcode=-SIGTERM daemon>`.
impl fmt::Display for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Record { pid, name, daemon, parent, .. } = &*self.record;
        write!(f, "<Process name='{name}' pid={pid} parent={parent} ")?;
        match self.look() {
            Ok(State::Started) => f.write_str("started")?,
            Ok(State::Ended(status)) => write!(f, "stopped exitcode={}", exitcode(status))?,
            Ok(State::Lost) | Err(_) => f.write_str("unknown")?,
        }
        f.write_str(if *daemon { " daemon>" } else { ">" })
    }
}

impl fmt::Debug for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
