//! What happens at the end of a process: first its daemons end, then it waits for its other children.
//!
//! `main` returning, `Err` from it, a panic and `std::process::exit` all pass through the C library's `exit`,
//! and so does a child that calls `std::process::exit`; a handler there sees to all of them. (A value with a
//! `Drop` would miss `process::exit`.) A child whose closure returns comes here directly.

#[cfg(target_env = "gnu")]
use std::os::raw::{c_int, c_void};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::process::child::{Child, active_children};
use crate::process::parent_process;
use crate::sys;
use crate::sys::this_process::generation;
use crate::sys::wait::Wait;

/// How long a daemon has between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(1);

/// The generation of the process whose end is watched over; none at first. Every fork inherits the handlers, also one that
/// was not ours: in a process of another generation they do nothing.
static WATCHED: AtomicU64 = AtomicU64::new(u64::MAX);

/// Sees to it that the rules are kept when this process ends.
pub(crate) fn watch_over_the_end() {
    if WATCHED.swap(generation(), Ordering::Relaxed) != generation() {
        // Set last, called first.
        sys::at_exit(at_exit);
    }
}

#[cfg(target_env = "gnu")]
extern "C" fn at_exit(status: c_int, _: *mut c_void) {
    end(Some(status));
}

#[cfg(target_env = "musl")]
extern "C" fn at_exit() {
    end(None);
}

fn end(status: Option<i32>) {
    if WATCHED.load(Ordering::Relaxed) == generation() {
        finish();
        // A child must not go on to the handlers that it inherited: they are its parent's code. With musl it does, for
        // there is no way to end here with the right status.
        if let (Some(status), Some(_)) = (status, parent_process()) {
            sys::exit_now(status);
        }
    }
}

/// Ends the daemons and waits for the others.
pub(crate) fn finish() {
    let (daemons, others): (Vec<Child>, Vec<Child>) =
        active_children().into_iter().partition(Child::is_daemon);
    // No error below has anybody left to hear it, and none is a reason to leave the rest undone.
    for daemon in &daemons {
        let _ = daemon.terminate();
    }
    let grace = if daemons.is_empty() { Wait::Not } else { Wait::at_most(GRACE) };
    for daemon in &daemons {
        if !matches!(daemon.wait_for(grace), Ok(Some(_))) {
            // One that has become another user's cannot be ended, and is not worth waiting for.
            let _ = daemon.kill().and_then(|()| daemon.join());
        }
    }
    for child in &others {
        let _ = child.join();
    }
    #[cfg(feature = "__trace")]
    crate::sys::trace::end();
}
