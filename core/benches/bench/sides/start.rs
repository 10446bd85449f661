//! Start and join of a process that does nothing.

use std::hint::black_box;

use nix::libc;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};
use procession::Process;

use crate::Result;
use crate::sample::sample_alone;

/// Memory that is really there, and that fork must therefore enter into the child's tables.
fn touched(mebibytes: u64) -> Vec<u8> {
    black_box(vec![1; (mebibytes as usize) << 20])
}

pub(crate) fn ours(mebibytes: u64) -> Result<f64> {
    let _memory = touched(mebibytes);
    sample_alone(5, || {
        let child = Process::new(|| ()).start()?;
        if child.join()?.success() { Ok(()) } else { Err("a child failed".into()) }
    })
}

pub(crate) fn raw(mebibytes: u64) -> Result<f64> {
    let _memory = touched(mebibytes);
    sample_alone(5, || {
        // SAFETY: this process has one thread, and the child ends at once, without the exit handlers it has inherited.
        match unsafe { fork()? } {
            ForkResult::Parent { child } => Ok(waitpid(child, None).map(drop)?),
            // SAFETY: it can be called at any time.
            ForkResult::Child => unsafe { libc::_exit(0) },
        }
    })
}
