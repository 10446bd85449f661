//! The one thing that [`Lock`](crate::Lock) and [`FileLock`](crate::FileLock) are made of: the kernel's flock,
//! made safe.
//!
//! A flock belongs to an open file, not to a process. So a descriptor inherited by a child does not keep the
//! child out, and unlocking through it takes the lock from the parent; each process opens the file for itself
//! instead, and a child gives up the inherited descriptor first thing (see [`crate::sys::fork`]). Within one process
//! a second flock on the same open file does not wait; a mutex sees to the threads.

// std's File has lock methods of its own by now. Only fs2's names that std has not are called as methods.
use fs2::FileExt;
use std::fs::File;
use std::io::{self, ErrorKind::NotFound, ErrorKind::WouldBlock};
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;

use crate::error::Error;
use crate::sys::fork::{Kind, Private};
use crate::sys::shared::Memory;
use crate::sys::step::step;
use crate::sys::this_process::generation;
use crate::sys::wait::Wait;
use crate::sys::{lock, retry};

/// Which file a lock is on.
#[derive(Debug)]
pub(crate) enum Place {
    /// A nameless file, and shared memory that tells who holds the lock: a pid, or 0. That is set and cleared under the
    /// lock, so to find it set when taking the lock means that the last holder did not come to clear it.
    Nameless { file: File, holder: Memory },
    /// The file on this path, which is made if it is not there.
    Path(PathBuf),
}

impl Place {
    /// Opens the file for this process: with the right to write if `writable`, else perhaps without.
    fn open(&self, writable: bool) -> Result<File, Error> {
        let (path, mut options) = (self.path(), File::options());
        options.read(true);
        if let Place::Nameless { .. } = self {
            let file = options.write(true).open(&path);
            return file.map_err(Error::at("opening a lock for this process:", &path));
        }
        // Without O_NONBLOCK, to open a named pipe is to wait for its other end.
        options.write(writable).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
        // Only to read, if that will do: so a file that may only be read can be locked, too, and so can a program or a folder.
        let file = match options.open(&path) {
            Err(e) if e.kind() == NotFound => options.write(true).create(true).open(&path),
            answer => answer,
        };
        let doing =
            if writable { "opening to write, as its file system asks for," } else { "opening the lock file" };
        file.map_err(Error::at(doing, &path))
    }

    /// The holder of a nameless lock: a pid, or 0.
    pub(crate) fn holder(&self) -> Option<&AtomicU32> {
        match self {
            Place::Nameless { holder, .. } => holder.slice(0, 1).first(),
            Place::Path(_) => None,
        }
    }

    /// A path under which each process can open the file for itself.
    fn path(&self) -> PathBuf {
        match self {
            Place::Nameless { file, .. } => format!("/proc/self/fd/{}", file.as_raw_fd()).into(),
            Place::Path(path) => path.clone(),
        }
    }
}

/// A lock on a file; what it means to hold it, and nothing else.
#[derive(Debug)]
pub(crate) struct Flock {
    pub(crate) place: Place,
    /// This process's own opening of the file. Opened at the first acquire.
    own: Arc<Private>,
    /// Which thread of this process has it, or waits in the kernel for it.
    inside: Mutex<Inside>,
    left: Condvar,
}

#[derive(Debug)]
struct Inside {
    thread: Option<ThreadId>,
    /// How many threads wait for it to leave. To wake nobody costs a system call, too.
    waiting: usize,
    /// The descriptor in `own`, once it is open, so that nobody needs to ask for it.
    descriptor: Option<RawFd>,
    generation: u64,
}

impl Inside {
    fn nobody() -> Inside {
        Inside { thread: None, waiting: 0, descriptor: None, generation: generation() }
    }
}

/// A lock taken: by which process, and through which descriptor.
#[derive(Debug)]
pub(crate) struct Taken {
    descriptor: RawFd,
    generation: u64,
}

impl Taken {
    /// Whether this process took it, or only has a copy of a guard of its parent's.
    pub(crate) fn is_ours(&self) -> bool {
        self.generation == generation()
    }
}

impl Flock {
    pub(crate) fn new(place: Place) -> Flock {
        Flock {
            place,
            own: Private::new(Kind::Lock, None),
            inside: Mutex::new(Inside::nobody()),
            left: Condvar::new(),
        }
    }

    /// Takes the lock, if it can within the time.
    pub(crate) fn acquire(&self, wait: Wait) -> Result<Option<Taken>, Error> {
        let Some(known) = self.enter(wait)? else { return Ok(None) };
        step!("acquire: entered", of = self.place.path().display());
        let taken = known.map_or_else(|| self.open(false), Ok).and_then(|descriptor| {
            let (descriptor, taken) = self.take(descriptor, wait)?;
            step!("acquire: waited", of = self.place.path().display(), taken = taken);
            Ok(taken.then(|| Taken { descriptor, generation: generation() }))
        });
        if !matches!(taken, Ok(Some(_))) {
            self.leave();
        }
        taken
    }

    /// Gives the lock back. In another process than took it there is nothing to give back: what was taken is the
    /// parent's.
    pub(crate) fn release(&self, taken: &Taken) {
        if taken.is_ours() {
            let file = self.file(taken.descriptor);
            // Unlocking what is open and locked does not fail.
            let _ = retry(|| FileExt::unlock(&*file));
            step!("release: unlocked", of = self.place.path().display());
            self.leave();
            step!("release: done");
        }
    }

    /// Takes the lock through this descriptor, or through another one if need be.
    fn take(&self, mut descriptor: RawFd, wait: Wait) -> Result<(RawFd, bool), Error> {
        let mut taken = take(&self.file(descriptor), wait);
        if taken.as_ref().is_err_and(|e| e.raw_os_error() == Some(Errno::EBADF as i32)) {
            // NFS locks a file only through a descriptor that may write.
            descriptor = self.open(true)?;
            taken = take(&self.file(descriptor), wait);
        }
        // To put the path together takes a tenth of the time of an acquire, so only where there is an error.
        let taken = taken.map_err(|e| Error::at("locking", &self.place.path())(e))?;
        Ok((descriptor, taken))
    }

    /// Opens the file for this process.
    fn open(&self, writable: bool) -> Result<RawFd, Error> {
        let descriptor = self.own.with(|own| match own {
            Some(file) if !writable => Ok(file.as_raw_fd()),
            own => Ok(own.insert(self.place.open(writable)?).as_raw_fd()),
        })?;
        lock(&self.inside).descriptor = Some(descriptor);
        Ok(descriptor)
    }

    /// The file behind the descriptor, without owning it.
    fn file(&self, descriptor: RawFd) -> ManuallyDrop<File> {
        // SAFETY: the descriptor is that of the file in self.own, which stays there as long as self and this process; in
        // another process `enter` forgets it. ManuallyDrop leaves it to self.own to close it.
        ManuallyDrop::new(unsafe { File::from_raw_fd(descriptor) })
    }

    /// Keeps the other threads of this process out. Answers with the descriptor, if it is open.
    fn enter(&self, wait: Wait) -> Result<Option<Option<RawFd>>, Error> {
        let me = thread::current().id();
        let mut inside = lock(&self.inside);
        if inside.generation != generation() {
            // Whatever thread was inside at the fork is the parent's.
            *inside = Inside::nobody();
        }
        while let Some(holder) = inside.thread {
            let left = wait.left();
            if left == Some(Duration::ZERO) {
                return Ok(None);
            }
            if holder == me {
                return Err(Error::Reentrant);
            }
            inside.waiting += 1;
            inside = match left {
                None => self.left.wait(inside).unwrap_or_else(PoisonError::into_inner),
                Some(left) => self.left.wait_timeout(inside, left).unwrap_or_else(PoisonError::into_inner).0,
            };
            inside.waiting -= 1;
        }
        inside.thread = Some(me);
        Ok(Some(inside.descriptor))
    }

    fn leave(&self) {
        let mut inside = lock(&self.inside);
        inside.thread = None;
        if inside.waiting > 0 {
            self.left.notify_one();
        }
    }
}

/// Locks an open file. EINTR is no answer: the wait goes on.
fn take(file: &File, wait: Wait) -> io::Result<bool> {
    if let Wait::Forever = wait {
        return retry(|| file.lock_exclusive()).map(|()| true);
    }
    // flock itself knows no timeout.
    let mut pauses = wait.pauses();
    loop {
        match retry(|| file.try_lock_exclusive()) {
            Err(e) if e.kind() == WouldBlock => {}
            answer => return answer.map(|()| true),
        }
        match pauses.next() {
            Some(pause) => thread::sleep(pause),
            None => return Ok(false),
        }
    }
}
