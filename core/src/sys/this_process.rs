//! What this process knows of itself: how many forks it is from the first one, its pid and its name.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, Once};

use crate::sys::{self, lock};

/// How many forks lie between the first process of the program and this one, plus one.
///
/// It tells "made by this process" from "inherited" without a system call, whoever forked.
pub(crate) fn generation() -> u64 {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| sys::at_fork_in_child(count));
    THIS.generation.load(Ordering::Relaxed)
}

/// What this process knows of itself. In one place, and with the other variables that are not zero at first: each page
/// that is written to after a fork is copied, which takes longer than all that a new child does.
struct This {
    generation: AtomicU64,
    /// 0 when it has not been asked for.
    pid: AtomicU32,
}

static THIS: This = This { generation: AtomicU64::new(1), pid: AtomicU32::new(0) };

// Runs in the child of any fork, perhaps of a program with threads: an atomic is all it may touch.
extern "C" fn count() {
    THIS.generation.fetch_add(1, Ordering::Relaxed);
    THIS.pid.store(0, Ordering::Relaxed);
}

/// The pid of this process, asked of the system once.
pub(crate) fn pid() -> u32 {
    let known = THIS.pid.load(Ordering::Relaxed);
    if known != 0 {
        return known;
    }
    // Not before somebody watches for forks.
    generation();
    let pid = std::process::id();
    THIS.pid.store(pid, Ordering::Relaxed);
    pid
}

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
