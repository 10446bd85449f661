//! The name of this process.

use std::sync::Mutex;

use crate::sys::fork::lock;

/// `None` in the first process of a program.
static NAME: Mutex<Option<String>> = Mutex::new(None);

/// The name of this process.
pub(crate) fn name() -> String {
    lock(&NAME).clone().unwrap_or_else(|| String::from("MainProcess"))
}

/// In a new child: from now on it is called this.
pub(crate) fn be_called(name: String) {
    // Not even to free it: to write to memory that the parent has, too, means to copy it.
    std::mem::forget(lock(&NAME).replace(name));
}
