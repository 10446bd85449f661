//! What a program would inherit from the test and must not.

use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::errno::Errno;
use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, Signal, signal};

/// The rights to open files and to search folders whatever their modes, as numbered in `linux/capability.h`.
const CAP_DAC_OVERRIDE: libc::c_ulong = 1;
const CAP_DAC_READ_SEARCH: libc::c_ulong = 2;

/// A test that was started in the background (`cargo test &`) has Ctrl-C ignored, and all its children would too.
pub fn heed_signals(command: &mut Command) {
    let heed = || {
        for stop in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGHUP, Signal::SIGTERM] {
            // SAFETY: the default action is no function of ours that a signal could interrupt anything with.
            unsafe { signal(stop, SigHandler::SigDfl) }?;
        }
        Ok(())
    };
    // SAFETY: between fork and exec it only makes system calls, and allocates nothing.
    unsafe { command.pre_exec(heed) };
}

/// A program that aborts shall not write its memory into a file.
pub(crate) fn dump_no_core(command: &mut Command) {
    let no_core = || Ok(setrlimit(Resource::RLIMIT_CORE, 0, 0)?);
    // SAFETY: between fork and exec it only makes a system call, and allocates nothing.
    unsafe { command.pre_exec(no_core) };
}

/// Takes from root what makes a file's mode no obstacle. Another user would do too, but could not run a program that
/// lies in root's home.
pub(crate) fn forbid_files(command: &mut Command) {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let drop_rights = || {
        for right in [CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH] {
            // SAFETY: this option takes one number and no pointer, and the kernel checks it.
            Errno::result(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, right, 0, 0, 0) })?;
        }
        Ok(())
    };
    // SAFETY: between fork and exec it only makes system calls, and allocates nothing. What it drops is kept from the
    // program that is executed next.
    unsafe { command.pre_exec(drop_rights) };
}
