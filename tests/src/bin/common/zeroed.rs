//! Memory that all processes of a scene share.

use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU8;

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// What may lie in shared memory.
///
/// # Safety
///
/// It consists of atomics, for which all bytes zero is a value.
pub(crate) unsafe trait Shareable {}

// SAFETY: an atomic.
unsafe impl Shareable for AtomicU8 {}

/// Shared memory, all zero at first.
pub(crate) struct Zeroed<T: Shareable> {
    at: NonNull<T>,
    length: usize,
}

impl<T: Shareable> Zeroed<T> {
    pub(crate) fn new(length: usize) -> Zeroed<T> {
        let bytes = (size_of::<T>() * length).try_into().expect("some memory");
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        let flags = MapFlags::MAP_SHARED | MapFlags::MAP_NORESERVE;
        // SAFETY: a new mapping at a place of the kernel's choice touches nothing that exists.
        let at = unsafe { mmap_anonymous(None, bytes, access, flags) }.expect("memory to share");
        Zeroed { at: at.cast(), length }
    }
}

impl<T: Shareable> Deref for Zeroed<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: the mapping holds that many, zeroed at first (a T by the contract of Shareable), until drop.
        unsafe { std::slice::from_raw_parts(self.at.as_ptr(), self.length) }
    }
}

impl<T: Shareable> Drop for Zeroed<T> {
    fn drop(&mut self) {
        // SAFETY: the mapping was made with this size, and no reference outlives self.
        let _ = unsafe { munmap(self.at.cast(), size_of::<T>() * self.length) };
    }
}
