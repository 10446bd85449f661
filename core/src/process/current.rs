//! Who this process is, and who its parent was.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::sys::lock;
use crate::sys::this_process::{be_called, name};

/// What a process knows of itself. The same in every thread of it.
#[derive(Debug, Clone)]
struct Me {
    /// The numbers in the default name: `Process-1:2` is `[1, 2]`. Kept apart from the name, so that the child
    /// of a renamed process is numbered all the same.
    identity: Vec<u32>,
    daemon: bool,
    parent: Option<ParentProcess>,
}

/// `None` in the first process of a program.
static ME: Mutex<Option<Me>> = Mutex::new(None);

/// The number of the next `Process` object that this process makes.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// The name and number of the next process made here.
pub(crate) fn next_identity() -> Vec<u32> {
    let mut identity = lock(&ME).as_ref().map_or_else(Vec::new, |me| me.identity.clone());
    identity.push(NEXT.fetch_add(1, Ordering::Relaxed));
    identity
}

pub(crate) fn default_name(identity: &[u32]) -> String {
    let numbers: Vec<_> = identity.iter().map(u32::to_string).collect();
    format!("Process-{}", numbers.join(":"))
}

/// In a new child: from now on this process is the one described.
pub(crate) fn become_child(name: String, identity: Vec<u32>, daemon: bool, parent: ParentProcess) {
    let before = lock(&ME).replace(Me { identity, daemon, parent: Some(parent) });
    // Not even to free it: to write to memory that the parent has, too, means to copy it.
    std::mem::forget(before);
    be_called(name);
    NEXT.store(1, Ordering::Relaxed);
}

/// The process that calls.
///
/// In the first process of a program it is called `MainProcess`; in a child it has the name given to
/// [`Process`](crate::Process). In Python: `multiprocessing.current_process()`.
///
/// ```
/// let me = procession::current_process();
/// assert_eq!(me.name(), "MainProcess");
/// assert_eq!(me.pid(), std::process::id());
/// assert_eq!(me.to_string(), "<_MainProcess name='MainProcess' parent=None started>");
/// ```
pub fn current_process() -> CurrentProcess {
    CurrentProcess { name: name(), me: lock(&ME).clone() }
}

/// The process that started this one, or `None` in the first process of a program.
///
/// In Python: `multiprocessing.parent_process()`.
pub fn parent_process() -> Option<ParentProcess> {
    lock(&ME).as_ref().and_then(|me| me.parent.clone())
}

/// What [`current_process`] tells.
#[derive(Debug, Clone)]
pub struct CurrentProcess {
    name: String,
    me: Option<Me>,
}

impl CurrentProcess {
    /// The name; see [`Process::name`](crate::Process::name).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process id, asked of the system each time.
    pub fn pid(&self) -> u32 {
        std::process::id()
    }

    /// Whether this process is a daemon; see [`Process::daemon`](crate::Process::daemon).
    pub fn is_daemon(&self) -> bool {
        self.me.as_ref().is_some_and(|me| me.daemon)
    }
}

impl fmt::Display for CurrentProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.me {
            None => f.write_str("<_MainProcess name='MainProcess' parent=None started>"),
            Some(me) => {
                let parent = me.parent.as_ref().map_or(0, ParentProcess::pid);
                let daemon = if me.daemon { " daemon" } else { "" };
                write!(f, "<Process name='{}' parent={parent} started{daemon}>", self.name)
            }
        }
    }
}

/// What [`parent_process`] tells.
#[derive(Debug, Clone)]
pub struct ParentProcess {
    name: String,
    pid: u32,
}

impl ParentProcess {
    pub(crate) fn new(name: &str, pid: u32) -> ParentProcess {
        ParentProcess { name: name.to_owned(), pid }
    }

    /// The parent's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The parent's process id. When the parent has ended, the system may have given it to another process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether the parent still runs. Once it has ended, the system makes another process this one's parent,
    /// and this is false for good.
    pub fn is_alive(&self) -> bool {
        std::os::unix::process::parent_id() == self.pid
    }
}
