//! The system calls for which neither std nor nix has a safe form that serves here.
//!
//! Each is one small `unsafe` block behind a function that cannot be misused.

pub(crate) mod fork;
pub(crate) mod shared;
pub(crate) mod step;
pub(crate) mod wait;

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::raw::{c_int, c_void};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;

/// Calls `call` again as long as a signal handler interrupts it.
pub(crate) fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            result => return result,
        }
    }
}

fn check(answer: libc::c_long) -> io::Result<libc::c_long> {
    Ok(Errno::result(answer)?)
}

/// Blocks until the child `pid` has ended, and leaves it to be reaped: several threads may wait at once.
pub(crate) fn await_end(pid: u32) -> io::Result<()> {
    retry(|| {
        // SAFETY: siginfo_t is plain data for which all zeros is a value.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        // SAFETY: info is valid for writes and outlives the call.
        let answer = unsafe { libc::waitid(libc::P_PID, pid, &mut info, libc::WEXITED | libc::WNOWAIT) };
        check(answer.into()).map(drop)
    })
}

/// Takes the exit status of the child `pid` if it has ended.
///
/// Not nix's `waitpid`: that one takes the status of a child killed by a real-time signal and then answers
/// EINVAL, and the status is gone.
pub(crate) fn reap(pid: u32) -> io::Result<Option<ExitStatus>> {
    retry(|| {
        let mut status: c_int = 0;
        // SAFETY: status is valid for writes and outlives the call.
        let answer = unsafe { libc::waitpid(pid as libc::pid_t, &mut status, libc::WNOHANG) };
        check(answer.into()).map(|pid| (pid != 0).then(|| ExitStatus::from_raw(status)))
    })
}

/// A descriptor for the process that has this pid now; it is readable once that process has ended.
pub(crate) fn pidfd_open(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: the call takes two numbers and touches no memory of ours.
    let fd = check(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    // SAFETY: the kernel has just made this descriptor for us, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as c_int) })
}

/// Sends a signal to the process behind a descriptor, whoever may have its pid by now.
pub(crate) fn pidfd_signal(process: &OwnedFd, signal: c_int) -> io::Result<()> {
    // SAFETY: the null siginfo is allowed; no other pointer is passed.
    let answer = unsafe {
        let no_info: *const libc::siginfo_t = std::ptr::null();
        libc::syscall(libc::SYS_pidfd_send_signal, process.as_raw_fd(), signal, no_info, 0)
    };
    check(answer).map(drop)
}

/// How many bytes lie in a pipe.
pub(crate) fn bytes_in(pipe: &File) -> io::Result<usize> {
    let mut bytes: c_int = 0;
    // SAFETY: FIONREAD writes one int, for which bytes is valid.
    check(unsafe { libc::ioctl(pipe.as_raw_fd(), libc::FIONREAD, &mut bytes) }.into())?;
    Ok(bytes as usize)
}

/// Sleeps while `word` holds `seen`, until `futex_wake` or the timeout. May return early; look again.
pub(crate) fn futex_wait(word: &AtomicU32, seen: u32, timeout: Duration) {
    let timeout = libc::timespec {
        tv_sec: timeout.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    };
    // SAFETY: word and timeout are valid for reads during the call. Without FUTEX_PRIVATE_FLAG the kernel
    // finds the word by its page, which is what processes that share a mapping need.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT, seen, &timeout) };
}

/// Wakes at most `sleepers` processes that sleep on `word`, and says how many it woke.
pub(crate) fn futex_wake(word: &AtomicU32, sleepers: c_int) -> usize {
    // SAFETY: word is a valid address; the kernel only uses it as a name.
    let woken = unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, sleepers) };
    woken.max(0) as usize
}

/// Ends this process at once: no destructor, no exit handler, no flush.
pub(crate) fn exit_now(code: c_int) -> ! {
    // SAFETY: _exit takes a number and does not return.
    unsafe { libc::_exit(code) }
}

unsafe extern "C" {
    fn pthread_atfork(
        prepare: Option<extern "C" fn()>,
        parent: Option<extern "C" fn()>,
        child: Option<extern "C" fn()>,
    ) -> c_int;
    fn on_exit(handler: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
}

/// Has `handler` called in the child of every fork of this process, whoever forks.
pub(crate) fn at_fork_in_child(handler: extern "C" fn()) {
    // SAFETY: handler is a function, so it is there as long as the program.
    let failed = unsafe { pthread_atfork(None, None, Some(handler)) };
    assert!(failed == 0, "no memory left to remember a fork handler");
}

/// Has `handler` called with the exit status when this process returns from main or calls `exit`; handlers
/// set later are called earlier.
pub(crate) fn at_exit(handler: extern "C" fn(c_int, *mut c_void)) {
    // SAFETY: handler is a function, so it is there as long as the program; the argument is never used.
    let failed = unsafe { on_exit(handler, std::ptr::null_mut()) };
    assert!(failed == 0, "no memory left to remember an exit handler");
}

/// Makes descriptor 0 read from /dev/null. Needs no spare descriptor: the lowest free number is taken.
pub(crate) fn stdin_from_null() {
    // SAFETY: closing 0 can take it from nobody but stdin, whose reads then find /dev/null or a clear error;
    // the path is a C string.
    unsafe {
        libc::close(0);
        libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
    }
}
