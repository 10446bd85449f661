//! Memory that a process shares with those it starts.

use std::fmt;
use std::fs::File;
use std::io;
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::ptr::NonNull;

use nix::fcntl::{FallocateFlags, fallocate};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

use crate::error::Error;

/// What may lie in shared memory.
///
/// # Safety
///
/// All bytes zero must be a value of the type, and every field must be an atomic: other processes write to it
/// at any time.
pub(crate) unsafe trait Shareable {}

/// A `T` in anonymous memory: all zero at first, the same for every process that inherits it.
pub(crate) struct Shared<T: Shareable> {
    at: NonNull<T>,
    memory: File,
}

// SAFETY: a T consists of atomics, which threads may share as processes do.
unsafe impl<T: Shareable> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Shareable> Sync for Shared<T> {}

impl<T: Shareable> Shared<T> {
    pub(crate) fn new() -> Result<Shared<T>, Error> {
        let doing = "getting memory to share";
        let size = const { NonZeroUsize::new(size_of::<T>()).expect("something to share") };
        let memory =
            File::from(memfd_create(c"procession", MFdFlags::MFD_CLOEXEC).map_err(Error::io(doing))?);
        // Not only the length but the pages too: with none left, this is the place that can still tell.
        fallocate(&memory, FallocateFlags::empty(), 0, size.get() as i64).map_err(Error::io(doing))?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping at a place of the kernel's choice touches nothing that exists.
        let at = unsafe { mmap(None, size, access, MapFlags::MAP_SHARED, &memory, 0) }
            .map_err(Error::io(doing))?;
        Ok(Shared { at: at.cast(), memory })
    }

    /// The file that is the memory. It has locks, and may hold more than the `T`.
    pub(crate) fn file(&self) -> &File {
        &self.memory
    }

    /// A path under which each process can open the file for itself.
    pub(crate) fn path(&self) -> std::path::PathBuf {
        use std::os::fd::AsRawFd;
        format!("/proc/self/fd/{}", self.memory.as_raw_fd()).into()
    }

    /// Opens the file again, with locks of its own.
    pub(crate) fn reopen(&self) -> io::Result<File> {
        File::options().read(true).write(true).open(self.path())
    }
}

impl<T: Shareable> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the mapping is as large as a T, aligned to a page, zeroed at first (a T by the contract of
        // Shareable), and there until drop.
        unsafe { self.at.as_ref() }
    }
}

impl<T: Shareable> Drop for Shared<T> {
    fn drop(&mut self) {
        // SAFETY: the mapping was made in new() with this size, and no reference to it outlives self.
        let _ = unsafe { munmap(self.at.cast(), size_of::<T>()) };
    }
}

impl<T: Shareable> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shared").field(&self.memory).finish()
    }
}
