//! Ctrl-C and its like, sent to the main process alone (`kill PID`) or to all: the lesson ends with all its processes
//! and leaves nothing behind.
//!
//! A signal comes at any moment, also while memory is being allocated. So the handler does nothing but system calls:
//! no allocation, no lock, no library.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::{AsRawFd, RawFd};
use std::os::raw::{c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;

use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction, signal};

static MAIN: OnceLock<u32> = OnceLock::new();
static FOLDER: OnceLock<(CString, RawFd)> = OnceLock::new();

pub(crate) fn remove_at_the_end(folder: &Path, open: &File) {
    if let Ok(folder) = CString::new(folder.as_os_str().as_bytes()) {
        FOLDER.get_or_init(|| (folder, open.as_raw_fd()));
    }
}

/// Whoever starts a lesson may ignore or block signals, and a program inherits that. A lesson shows the same all the same.
pub(crate) fn as_if_started_by_a_shell() {
    let _ = SigSet::empty().thread_set_mask();
    // A file that must not grow any more (`ulimit -f`) is then an error to tell, and not the end.
    // SAFETY: to ignore a signal runs no code of ours.
    let _ = unsafe { signal(Signal::SIGXFSZ, SigHandler::SigIgn) };
}

pub(crate) fn end_with_all_processes() {
    MAIN.get_or_init(std::process::id);
    let handler = SigHandler::Handler(end);
    // RESETHAND: the second time, also the one that we send ourselves, does what the signal does to every program.
    let action = SigAction::new(handler, SaFlags::SA_RESETHAND | SaFlags::SA_NODEFER, SigSet::empty());
    // SIGABRT is what Rust ends a program with that gets no memory, after a line about it.
    for signal in [Signal::SIGINT, Signal::SIGHUP, Signal::SIGTERM, Signal::SIGABRT] {
        // SAFETY: the handler only makes system calls that POSIX allows in a handler, and getdents64.
        let before = unsafe { sigaction(signal, &action) };
        let may_be_ignored = [Signal::SIGINT, Signal::SIGHUP].contains(&signal);
        if may_be_ignored && before.is_ok_and(|before| matches!(before.handler(), SigHandler::SigIgn)) {
            // A shell has it ignored for what runs in the background, nohup for all, and so it stays.
            let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
            // SAFETY: to ignore a signal runs no code of ours.
            let _ = unsafe { sigaction(signal, &ignore) };
        }
    }
}

extern "C" fn end(signal: c_int) {
    // The processes that the lesson starts inherit the handler. For them the signal is what it always is.
    if MAIN.get() == Some(&std::process::id()) {
        end_children();
        if let Some((folder, open)) = FOLDER.get() {
            remove(folder, *open);
        }
        if signal == libc::SIGABRT {
            // SAFETY: _exit takes a number and does not return.
            unsafe { libc::_exit(1) }
        }
    }
    // SAFETY: both take a number. With the handler reset the signal does not come back, and nor does raise, but in the first
    // process of a container: that one is ended by no signal.
    unsafe {
        libc::raise(signal);
        libc::_exit(128 + signal);
    }
}

/// Kills the children and waits for them, so that nobody writes into the folder any more.
fn end_children() {
    let mut list = [0u8; 16 * 1024];
    // SAFETY: the path is a C string, and read is given the buffer's own length.
    let size = unsafe {
        let file = libc::open(c"/proc/thread-self/children".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
        libc::read(file, list.as_mut_ptr().cast(), list.len())
    };
    let text = &list[..usize::try_from(size).unwrap_or(0)];
    for action in [|pid| _ = kill(pid), |pid| _ = wait(pid)] {
        // A number, a space, a number, a space.
        let mut pid = 0;
        for byte in text {
            if byte.is_ascii_digit() {
                pid = pid * 10 + c_int::from(byte - b'0');
            } else if pid > 0 {
                action(std::mem::take(&mut pid));
            }
        }
    }
}

fn kill(pid: c_int) -> c_int {
    // SAFETY: kill takes two numbers. The process is a child of ours that nobody reaps while we are in here.
    unsafe { libc::kill(pid, libc::SIGKILL) }
}

fn wait(pid: c_int) -> c_int {
    // SAFETY: waitpid may be told not to store the status.
    unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) }
}

/// Removes the files in a folder, and the folder.
fn remove(folder: &CString, open: RawFd) {
    // Where in a directory entry its length and its name are: see getdents64(2).
    const LENGTH: usize = 16;
    const NAME: usize = 19;
    let mut entries = [0u8; 4096];
    loop {
        // SAFETY: the call is given the buffer's own length; a descriptor that is closed by now only makes it fail.
        let size = unsafe { libc::syscall(libc::SYS_getdents64, open, entries.as_mut_ptr(), entries.len()) };
        let mut rest = &entries[..usize::try_from(size).unwrap_or(0)];
        if rest.is_empty() {
            break;
        }
        while rest.len() > NAME {
            let length = usize::from(u16::from_ne_bytes([rest[LENGTH], rest[LENGTH + 1]]));
            let name: *const c_char = rest[NAME..].as_ptr().cast();
            // SAFETY: the kernel ends every name with a zero byte within its entry.
            unsafe { libc::unlinkat(open, name, 0) };
            rest = rest.get(length.max(1)..).unwrap_or_default();
        }
    }
    // SAFETY: the path is a C string.
    unsafe { libc::rmdir(folder.as_ptr()) };
}
