//! Writes what each process does, and when, into the file that `PROCESSION_TRACE` names: for the pictures of the book.
//!
//! Only with the feature `__trace`. The form is the array of the Trace Event Format, which need not be closed. One line is
//! one write to the end of the file, so that processes do not mix, and one that is killed leaves whole lines.

use std::ffi::{c_int, c_long, c_void};
use std::fmt::{Display, Write as _};
use std::fs::File;
use std::io::Write as _;
use std::sync::OnceLock;

use nix::libc;

use crate::sys::this_process::{generation, name};

/// Opened by the first process of the program, and inherited by all others.
static FILE: OnceLock<Option<File>> = OnceLock::new();

/// A file that cannot be made is told once, and then nothing is traced.
fn file() -> Option<&'static File> {
    if let Some(file) = FILE.get() {
        return file.as_ref();
    }
    let path = std::env::var_os("PROCESSION_TRACE").filter(|_| generation() == 1);
    let opened = path.as_ref().map(|path| {
        File::create(path).and_then(|mut file| file.write_all(b"[\n"))?;
        File::options().append(true).open(path)
    });
    // Said after it is set: what is printed comes by here again.
    let (file, error) = opened.transpose().map_or_else(|why| (None, Some(why)), |file| (file, None));
    let file = FILE.get_or_init(|| file).as_ref();
    if let (Some(why), Some(path)) = (error, path) {
        eprintln!("PROCESSION_TRACE: cannot write {path:?}: {why}");
    }
    if file.is_some() {
        begin();
    }
    file
}

/// This process begins, under this name.
pub(crate) fn begin() {
    let name = name();
    event("M", "process_name", &[("name", &name)]);
    event("B", "process", &[("name", &name), ("parent", &std::os::unix::process::parent_id())]);
}

/// This process ends, by itself.
pub(crate) fn end() {
    event("i", "end", &[]);
    // What the first thread has begun only it can end.
    if nix::unistd::gettid() == nix::unistd::getpid() {
        event("E", "process", &[]);
    }
}

/// Writes one event.
pub(crate) fn event(phase: &str, name: &str, args: &[(&str, &dyn Display)]) {
    let Some(mut file) = file() else { return };
    let mut all = String::new();
    for (key, value) in args {
        let comma = if all.is_empty() { "" } else { "," };
        let value = serde_json::Value::from(value.to_string());
        let _ = write!(all, r#"{comma}"{key}":{value}"#);
    }
    let (pid, tid) = (std::process::id(), nix::unistd::gettid());
    let scope = if phase == "i" { r#","s":"t""# } else { "" };
    let now = now();
    let line = format!(
        "{{\"ts\":{now:.3},\"pid\":{pid},\"tid\":{tid},\"ph\":\"{phase}\",\"name\":\"{name}\"{scope},\"args\":{{{all}}}}},\n"
    );
    // A full disk ends the trace, and not the program.
    let _ = file.write_all(line.as_bytes());
}

/// Microseconds of a clock that all processes share.
fn now() -> f64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: now is valid for writes and outlives the call.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    now.tv_sec as f64 * 1e6 + now.tv_nsec as f64 / 1e3
}

// The three functions below take the place of the C library's for every caller. So the sleeps and lines of any program are
// seen without its help.

/// What is printed.
///
/// # Safety
///
/// As write(2): the buffer is valid for reads of this many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn write(fd: c_int, buffer: *const c_void, count: usize) -> isize {
    if let 1 | 2 = fd {
        // SAFETY: that is what the caller promises.
        let text = unsafe { std::slice::from_raw_parts(buffer.cast(), count.min(1000)) };
        let stream = if fd == 1 { "stdout" } else { "stderr" };
        event("i", "print", &[("stream", &stream), ("text", &String::from_utf8_lossy(text))]);
    }
    // SAFETY: as above; the call itself is the C library's.
    unsafe { libc::syscall(libc::SYS_write, fd, buffer, count) as isize }
}

/// A sleep.
///
/// # Safety
///
/// As nanosleep(2): both are valid, and the second one may be null.
#[unsafe(no_mangle)]
unsafe extern "C" fn nanosleep(time: *const libc::timespec, left: *mut libc::timespec) -> c_int {
    // SAFETY: that is what the caller promises.
    asleep(|| unsafe { libc::syscall(libc::SYS_nanosleep, time, left) }) as c_int
}

/// A sleep by a given clock. It answers with the error's number.
///
/// # Safety
///
/// As nanosleep.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_nanosleep(
    clock: c_int,
    flags: c_int,
    time: *const libc::timespec,
    left: *mut libc::timespec,
) -> c_int {
    // SAFETY: that is what the caller promises.
    match asleep(|| unsafe { libc::syscall(libc::SYS_clock_nanosleep, clock, flags, time, left) }) {
        0 => 0,
        _ => nix::errno::Errno::last_raw(),
    }
}

fn asleep(sleep: impl FnOnce() -> c_long) -> c_long {
    event("B", "sleep", &[]);
    let answer = sleep();
    let errno = nix::errno::Errno::last();
    event("E", "sleep", &[]);
    errno.set();
    answer
}
