//! What everything else stands on. In this file: the system calls for which neither std nor nix has a safe form that serves
//! here, each a small `unsafe` block behind a function that cannot be misused.

pub(crate) mod fork;
pub(crate) mod shared;
pub(crate) mod step;
pub(crate) mod this_process;
#[cfg(feature = "__trace")]
pub(crate) mod trace;
pub(crate) mod wait;

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::raw::c_int;
#[cfg(target_env = "gnu")]
use std::os::raw::c_void;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::resource::{Resource, getrlimit};

/// Locks a mutex of this crate. None of them is held while foreign code runs, so a poisoned one is still whole.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

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
    retry(|| look_for_end(libc::P_PID, pid, 0)).map(drop)
}

/// Whether any child of this process has ended and was not reaped.
pub(crate) fn any_has_ended() -> io::Result<bool> {
    look_for_end(libc::P_ALL, 0, libc::WNOHANG)
}

fn look_for_end(kind: libc::idtype_t, pid: u32, flags: c_int) -> io::Result<bool> {
    // SAFETY: siginfo_t is plain data for which all zeros is a value.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: info is valid for writes and outlives the call.
    let answer = unsafe { libc::waitid(kind, pid, &mut info, libc::WEXITED | libc::WNOWAIT | flags) };
    // A signal is there if there was an end to tell of.
    check(answer.into()).map(|_| info.si_signo != 0)
}

/// Sees to it that the system keeps the exit status of each child until it is asked for. A program may have been started with
/// SIGCHLD ignored, and then it would not.
pub(crate) fn keep_exit_statuses() -> io::Result<()> {
    // SAFETY: sigaction is plain data for which all zeros is a value.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: the null pointer is allowed, and action is valid for writes.
    check(unsafe { libc::sigaction(libc::SIGCHLD, std::ptr::null(), &mut action) }.into())?;
    let ignored = action.sa_sigaction == libc::SIG_IGN;
    if ignored || action.sa_flags & libc::SA_NOCLDWAIT != 0 {
        if ignored {
            action.sa_sigaction = libc::SIG_DFL;
        }
        action.sa_flags &= !libc::SA_NOCLDWAIT;
        // SAFETY: action is what was set before, less what throws statuses away; the null pointer is allowed.
        check(unsafe { libc::sigaction(libc::SIGCHLD, &action, std::ptr::null_mut()) }.into())?;
    }
    Ok(())
}

/// Whether this process has one thread, where there is no `/proc` to count them.
pub(crate) fn has_one_thread() -> io::Result<bool> {
    // SAFETY: the call takes a number. What CLONE_THREAD would undo, a process of one thread does not have, so it does
    // nothing there; and in one of several threads it is refused with EINVAL.
    match check(unsafe { libc::unshare(libc::CLONE_THREAD) }.into()) {
        Err(e) if e.raw_os_error() == Some(libc::EINVAL) => Ok(false),
        answer => answer.map(|_| true),
    }
}

/// A pipe: the end to read from, and the end to write to.
pub(crate) fn pipe() -> io::Result<(File, File)> {
    let (reader, writer) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
    Ok((reader.into(), writer.into()))
}

/// A file without a name.
pub(crate) fn nameless_file() -> io::Result<File> {
    memfd_create(c"procession", MFdFlags::MFD_CLOEXEC).map(File::from).or_else(|refused| {
        // Some sandboxes do not allow it. Then any file system will do that has such files.
        let mut options = File::options();
        let options = options.read(true).write(true).mode(0o600).custom_flags(libc::O_TMPFILE);
        let folders = ["/dev/shm".into(), std::env::temp_dir(), "/tmp".into()];
        folders.iter().find_map(|folder| options.open(folder).ok()).ok_or(refused.into())
    })
}

/// Whether a file may be as large as that (`ulimit -f`). To write more without asking is the end of the process, by
/// SIGXFSZ.
pub(crate) fn within_file_limit(size: u64) -> io::Result<()> {
    let (limit, _) = getrlimit(Resource::RLIMIT_FSIZE)?;
    if limit != libc::RLIM_INFINITY && size > limit { Err(Errno::EFBIG.into()) } else { Ok(()) }
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
        // A child that this process traces is reported when it stops, too.
        check(answer.into())
            .map(|pid| (pid != 0 && !libc::WIFSTOPPED(status)).then(|| ExitStatus::from_raw(status)))
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
        tv_sec: timeout.as_secs().try_into().unwrap_or(i32::MAX.into()), // sixty-eight years
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

/// The lower half of a word of 64 bits, to sleep on: a futex has 32.
pub(crate) fn lower_half(word: &AtomicU64) -> &AtomicU32 {
    let half = usize::from(cfg!(target_endian = "big"));
    // SAFETY: half of an AtomicU64 is as large and aligned as an AtomicU32, and lives as long. It is never read or
    // written as such: only the kernel looks there, to compare.
    unsafe { &*word.as_ptr().cast::<AtomicU32>().add(half) }
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
    #[cfg(target_env = "gnu")]
    fn on_exit(handler: AtExit, argument: *mut c_void) -> c_int;
}

/// Has `handler` called in the child of every fork of this process, whoever forks.
pub(crate) fn at_fork_in_child(handler: extern "C" fn()) {
    // SAFETY: handler is a function, so it is there as long as the program.
    let failed = unsafe { pthread_atfork(None, None, Some(handler)) };
    assert!(failed == 0, "no memory left to remember a fork handler");
}

/// What is called at the end of a process. Only glibc tells it the exit status.
#[cfg(target_env = "gnu")]
pub(crate) type AtExit = extern "C" fn(c_int, *mut c_void);
#[cfg(target_env = "musl")]
pub(crate) type AtExit = extern "C" fn();

/// Has `handler` called when this process returns from main or calls `exit`; handlers set later are called earlier.
pub(crate) fn at_exit(handler: AtExit) {
    // SAFETY: handler is a function, so it is there as long as the program; the argument is never used.
    #[cfg(target_env = "gnu")]
    let failed = unsafe { on_exit(handler, std::ptr::null_mut()) };
    // SAFETY: as above.
    #[cfg(target_env = "musl")]
    let failed = unsafe { libc::atexit(handler) };
    assert!(failed == 0, "no memory left to remember an exit handler");
}

/// Makes descriptor 0 read from /dev/null. Needs no spare descriptor: the lowest free number is taken.
pub(crate) fn stdin_from_null() {
    // SAFETY: closing 0 can take it from nobody but stdin; the path is a C string, and ends is valid for writes.
    unsafe {
        libc::close(0);
        let mut ends = [-1; 2];
        // Where there is no /dev/null, a pipe that nobody writes to is as empty.
        if libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) < 0 && libc::pipe(ends.as_mut_ptr()) == 0 {
            libc::close(ends[1]);
        }
    }
}

/// Writes one line to stderr in one system call, so that two processes never mix within it. Not `eprintln!`,
/// which writes each piece by itself.
pub(crate) fn say_on_stderr(line: std::fmt::Arguments<'_>) {
    // There is nowhere left to report that stderr is gone.
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}
