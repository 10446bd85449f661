//! A lock as one would write it at first: it looks whether it is free, and takes it. The explorer must see through it.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use crate::stage::pass;

#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Naive {
    is_taken: AtomicBool,
}

impl Naive {
    pub(crate) fn try_acquire(&self) -> bool {
        pass("naive: before");
        if self.is_taken.load(SeqCst) {
            return false;
        }
        pass("naive: free");
        self.is_taken.store(true, SeqCst);
        true
    }

    pub(crate) fn release(&self) {
        self.is_taken.store(false, SeqCst);
    }
}
