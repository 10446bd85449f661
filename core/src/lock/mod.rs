//! [`Lock`] and [`FileLock`]: one process at a time.

mod flock;

use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::error::Error;
use crate::lock::flock::{Flock, Place, Taken};
use crate::sys;
use crate::sys::shared::Memory;
use crate::sys::step::step;
use crate::sys::this_process::{name, pid};
use crate::sys::wait::Wait;

/// A lock for the processes of one family: every process that is started after it was made can use it.
///
/// It keeps out processes, the threads of one process, and clones alike. It is not re-entrant: a thread that
/// acquires it twice gets an error, where Python waits for ever. When its holder ends in whatever way,
/// `kill -9` included, the kernel releases it, and the next holder can ask
/// [`owner_died`](LockGuard::owner_died). No order is promised among those who wait.
///
/// In Python: `multiprocessing.Lock()`.
///
/// ```
/// use procession::{Lock, Process};
///
/// # fn main() -> Result<(), procession::Error> {
/// let mutex = Lock::new()?;
/// let buyer = Process::new(|| {
///     let _guard = mutex.acquire()?;
///     println!("nobody else is here");
///     Ok::<(), procession::Error>(())
/// })
/// .start()?;
/// buyer.join()?;
/// # Ok(())
/// # }
/// ```
///
/// A guard belongs to the process that took it. Copies of it in other processes do nothing, and moving it into
/// the closure of a [`Process`](crate::Process) releases it at the start.
#[derive(Clone)]
pub struct Lock {
    inner: Arc<Flock>,
}

impl Lock {
    /// A lock that nobody holds. It uses two descriptors in each process that uses it.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when there is no descriptor or memory left.
    pub fn new() -> Result<Lock, Error> {
        let file = sys::nameless_file().map_err(Error::io("making a lock"))?;
        let holder = Memory::new(size_of::<u32>()).and_then(|memory| {
            // With no page left, this is the place that can still tell.
            memory.reserve(0..size_of::<u32>())?;
            Ok(memory)
        });
        let holder = holder.map_err(Error::io("getting memory to share"))?;
        Ok(Lock { inner: Arc::new(Flock::new(Place::Nameless { file, holder })) })
    }

    /// Takes the lock, however long that takes. It is released when the guard is dropped.
    ///
    /// In Python: `acquire()`, or `with lock:`.
    ///
    /// # Errors
    ///
    /// [`Error::Reentrant`] if this thread holds it already; [`Error::Io`] when there is no descriptor left.
    pub fn acquire(&self) -> Result<LockGuard<'_>, Error> {
        // Without an end there is no way to wait in vain.
        LockGuard::take(&self.inner, Wait::Forever)?.ok_or(Error::Timeout)
    }

    /// Takes the lock if it is free, and answers at once. In Python: `acquire(block=False)`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when there is no descriptor left. That this thread holds it is no error here: it is taken.
    pub fn try_acquire(&self) -> Result<Option<LockGuard<'_>>, Error> {
        LockGuard::take(&self.inner, Wait::Not)
    }

    /// Takes the lock if that is possible within the time. In Python: `acquire(timeout=…)`.
    ///
    /// flock knows no timeout, so this asks again and again, every 5 ms at the least.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Lock::acquire).
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<Option<LockGuard<'_>>, Error> {
        LockGuard::take(&self.inner, Wait::at_most(timeout))
    }
}

/// As Python's repr: `<Lock(owner=None)>`, `<Lock(owner=MainProcess)>`, `<Lock(owner=SomeOtherProcess)>`.
impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.inner.place.holder().map_or(0, |holder| holder.load(Ordering::Relaxed)) {
            0 => f.write_str("<Lock(owner=None)>"),
            pid if pid == std::process::id() => write!(f, "<Lock(owner={})>", name()),
            _ => f.write_str("<Lock(owner=SomeOtherProcess)>"),
        }
    }
}

/// Proof that this thread holds a [`Lock`] or a [`FileLock`]; dropping it releases the lock, in the process that took it.
#[must_use = "the lock is released as soon as the guard is dropped"]
pub struct LockGuard<'a, Of = Lock> {
    lock: &'a Flock,
    taken: Taken,
    owner_died: bool,
    /// The lock knows its holder by the thread, so the guard stays in it.
    here: PhantomData<(*const (), Of)>,
}

/// Proof that this thread holds a [`FileLock`].
pub type FileLockGuard<'a> = LockGuard<'a, FileLock>;

impl LockGuard<'_> {
    /// Whether the holder before this one ended without releasing the lock. What the lock protects may be
    /// half-done then. Python cannot tell: there the lock stays taken for ever.
    pub fn owner_died(&self) -> bool {
        self.owner_died
    }
}

impl<'a, Of> LockGuard<'a, Of> {
    fn take(lock: &'a Flock, wait: Wait) -> Result<Option<LockGuard<'a, Of>>, Error> {
        let Some(taken) = lock.acquire(wait)? else { return Ok(None) };
        let before = lock.place.holder().map_or(0, |holder| holder.swap(pid(), Ordering::Relaxed));
        step!("acquire: marked");
        Ok(Some(LockGuard { lock, taken, owner_died: before != 0, here: PhantomData }))
    }

    /// Releases the lock, as dropping the guard does. In Python: `release()`.
    pub fn release(self) {}
}

impl<Of> Drop for LockGuard<'_, Of> {
    fn drop(&mut self) {
        step!("release: before");
        if let Some(holder) = self.lock.place.holder().filter(|_| self.taken.is_ours()) {
            holder.store(0, Ordering::Relaxed);
        }
        step!("release: unmarked");
        self.lock.release(&self.taken);
    }
}

impl<Of> fmt::Debug for LockGuard<'_, Of> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockGuard").field("owner_died", &self.owner_died).finish_non_exhaustive()
    }
}

/// A lock on a path, for programs that are no relatives: whoever locks the same path takes part.
///
/// In everything else it is a [`Lock`]. The file is made if it is not there. It stays empty, and stays behind: to remove
/// the file of a lock would let two processes in. Lock a file of its own (`tickets.json.lock`), not
/// the one you protect, if you replace that one by renaming. Make one and clone it: two that were made from the same
/// path exclude each other like strangers, also within one thread, which then waits for itself.
///
/// Python has no such lock; `flock(1)` of the shell works on the same path.
///
/// ```
/// use procession::FileLock;
///
/// # fn main() -> Result<(), procession::Error> {
/// # let folder = std::env::temp_dir().join(format!("procession-doc-{}", std::process::id()));
/// # std::fs::create_dir(&folder).unwrap();
/// let lock = FileLock::new(folder.join("tickets.json.lock"));
/// let guard = lock.acquire()?;
/// guard.release();
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FileLock {
    inner: Arc<Flock>,
}

impl FileLock {
    /// The lock on this path. Nothing is opened or made before the first acquire.
    ///
    /// A relative path means what it means now, also when the process changes its folder later, or a child does.
    pub fn new(path: impl AsRef<Path>) -> FileLock {
        let path = path.as_ref();
        // Where the current folder is gone, opening says so.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        FileLock { inner: Arc::new(Flock::new(Place::Path(path))) }
    }

    /// As [`Lock::acquire`].
    ///
    /// # Errors
    ///
    /// [`Error::Reentrant`] if this thread holds it already; [`Error::Io`] with the path when the file cannot
    /// be opened or made.
    pub fn acquire(&self) -> Result<FileLockGuard<'_>, Error> {
        LockGuard::take(&self.inner, Wait::Forever)?.ok_or(Error::Timeout)
    }

    /// As [`Lock::try_acquire`]; [`Error::Io`] with the path when the file cannot be opened or made.
    pub fn try_acquire(&self) -> Result<Option<FileLockGuard<'_>>, Error> {
        LockGuard::take(&self.inner, Wait::Not)
    }

    /// As [`Lock::acquire_timeout`]; errors as [`acquire`](FileLock::acquire).
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<Option<FileLockGuard<'_>>, Error> {
        LockGuard::take(&self.inner, Wait::at_most(timeout))
    }
}
