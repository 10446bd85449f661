//! Memory that a process shares with those it starts.

use std::io;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous, munmap};

/// What may lie in shared memory.
///
/// # Safety
///
/// All bytes zero must be a value of the type, every field must be an atomic, for other processes write to it at any
/// time, and no address may be in it.
pub(crate) unsafe trait Shareable {}

// SAFETY: an atomic, and 0 is one.
unsafe impl Shareable for AtomicU32 {}

/// Anonymous memory, all zero at first, which every process has that inherits it. A page of it comes when it is touched
/// for the first time, so the size alone costs nothing.
///
/// No file stands for it: a limit for the size of files (`ulimit -f`) is nothing to it.
#[derive(Debug)]
pub(crate) struct Memory {
    at: NonNull<u8>,
    size: NonZeroUsize,
}

// SAFETY: what is given out safely are references to atomics, which threads may share as processes do.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    pub(crate) fn new(size: usize) -> io::Result<Memory> {
        let size = NonZeroUsize::new(size).ok_or(Errno::EINVAL)?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        let flags = MapFlags::MAP_SHARED | MapFlags::MAP_NORESERVE;
        // SAFETY: a new mapping at a place of the kernel's choice touches nothing that exists.
        let at = unsafe { mmap_anonymous(None, size, access, flags) }?.cast();
        let memory = Memory { at, size };
        // A core dump would get each page that was never touched. To be without this advice is no failure.
        let _ = memory.advise(0..size.get(), MmapAdvise::MADV_DONTDUMP);
        Ok(memory)
    }

    /// `count` values of `T`, `offset` bytes from the start.
    pub(crate) fn slice<T: Shareable>(&self, offset: usize, count: usize) -> &[T] {
        let range = self.inside(offset..offset + count * size_of::<T>());
        assert!(range.start % align_of::<T>() == 0, "shared memory is aligned");
        // SAFETY: the range lies in the mapping and is aligned, which starts at a page; zeroed at first, and from then
        // on changed as atomics only (a T by the contract of Shareable); there until drop, which needs self.
        unsafe { std::slice::from_raw_parts(self.at.add(range.start).cast().as_ptr(), count) }
    }

    /// Plain bytes.
    ///
    /// # Safety
    ///
    /// As long as the slice is used nobody, of whatever process, may write there.
    pub(crate) unsafe fn bytes(&self, range: Range<usize>) -> &[u8] {
        let range = self.inside(range);
        // SAFETY: the range lies in the mapping; that nobody writes there is what the caller promises.
        unsafe { std::slice::from_raw_parts(self.at.as_ptr().add(range.start), range.len()) }
    }

    /// Writes bytes.
    ///
    /// # Safety
    ///
    /// While this runs nobody else, of whatever process, may read or write there.
    pub(crate) unsafe fn write(&self, offset: usize, bytes: &[u8]) {
        let range = self.inside(offset..offset + bytes.len());
        // SAFETY: the range lies in the mapping; `bytes` is no part of it that somebody may write to, by its type; that
        // nobody else is there is what the caller promises.
        unsafe { self.at.as_ptr().add(range.start).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    /// Gets the pages of a range that begins with a page. A process that does without may be killed where there are none
    /// left.
    pub(crate) fn reserve(&self, range: Range<usize>) -> io::Result<()> {
        match self.advise(range, MmapAdvise::MADV_POPULATE_WRITE) {
            // Before Linux 5.14, and in sandboxes that do not know it: then the pages come when they are touched.
            Err(Errno::EINVAL | Errno::ENOSYS | Errno::EPERM) => Ok(()),
            Err(Errno::EFAULT | Errno::EHWPOISON) => Err(Errno::ENOMEM.into()),
            answer => Ok(answer?),
        }
    }

    /// Gives the pages of a range back to the system; its bytes are zero then.
    pub(crate) fn give_back(&self, range: Range<usize>) -> io::Result<()> {
        Ok(self.advise(range, MmapAdvise::MADV_REMOVE)?)
    }

    fn advise(&self, range: Range<usize>, advice: MmapAdvise) -> nix::Result<()> {
        let range = self.inside(range);
        // SAFETY: the range lies in the mapping. Of the three kinds of advice that are given here, one reads and writes
        // back what is there, one concerns core dumps; and the third is given for ranges that nobody uses.
        unsafe { madvise(self.at.add(range.start).cast(), range.len(), advice) }
    }

    fn inside(&self, range: Range<usize>) -> Range<usize> {
        assert!(range.start <= range.end && range.end <= self.size.get(), "{range:?} is shared memory");
        range
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: the mapping was made in new() with this size, and no reference to it outlives self.
        let _ = unsafe { munmap(self.at.cast(), self.size.get()) };
    }
}
