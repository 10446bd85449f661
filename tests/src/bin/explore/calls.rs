//! The system as the processes that are explored find it: the calls that have to do with time, and the size of pipes.
//!
//! A clock stands still until the scheduler lets time pass, and whoever sleeps until some moment sleeps until
//! the scheduler says that the moment has come. So nothing happens by itself, and a schedule can be had again.
//!
//! The library is not changed for that. It calls the C library for the time and for its sleep, and so does std; a
//! program that has functions of these names itself is linked with its own. In every other process they do what they
//! always do.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc::{self, c_int, c_long, c_void, clockid_t, nfds_t, pollfd, timespec};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use crate::stage::{NEVER, pass, role};

/// Sent to a process that sleeps: its time is over.
pub(crate) const TIME_IS_OVER: Signal = Signal::SIGUSR1;

/// Has the signal interrupt a system call, and do nothing else. Children inherit it.
pub(crate) fn heed_time() {
    extern "C" fn nothing(_: c_int) {}
    // Without SA_RESTART: it is meant to interrupt.
    let action = SigAction::new(SigHandler::Handler(nothing), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler does nothing.
    unsafe { sigaction(TIME_IS_OVER, &action) }.expect("a handler");
}

type Syscall = unsafe extern "C" fn(c_long, c_long, c_long, c_long, c_long, c_long, c_long) -> c_long;

/// The C library's own `syscall`, through which all others can be reached.
fn kernel() -> Syscall {
    static FOUND: OnceLock<Syscall> = OnceLock::new();
    *FOUND.get_or_init(|| {
        // SAFETY: the name is a C string. RTLD_NEXT looks behind this program, where the C library has it.
        let address = unsafe { libc::dlsym(libc::RTLD_NEXT, c"syscall".as_ptr()) };
        assert!(!address.is_null(), "the C library has a syscall()");
        // SAFETY: that is its type, but for the dots: it takes the number of a call and up to six words. On the
        // processors that this is for (x86-64, aarch64) words behind dots are passed like any others.
        unsafe { std::mem::transmute::<*mut c_void, Syscall>(address) }
    })
}

/// Sleeps until the scheduler lets `deadline` come, or `call`, which knows no time, returns for another reason. Then
/// the process is at a step again.
fn sleep(deadline: u64, call: impl Fn() -> c_long) -> Option<c_long> {
    let (stage, place) = role().expect("a process that is explored");
    place.deadline.store(deadline, SeqCst);
    place.moves.fetch_add(1, SeqCst);
    stage.tell();
    let answer = loop {
        let answer = call();
        match Errno::last() {
            Errno::EINTR if answer == -1 && stage.clock.load(SeqCst) >= deadline => break None,
            Errno::EINTR if answer == -1 => continue,
            errno => break Some((answer, errno)),
        }
    };
    place.deadline.store(NEVER, SeqCst);
    pass(if answer.is_some() { "woken" } else { "time is over" });
    answer.map(|(answer, errno)| {
        errno.set();
        answer
    })
}

/// The time now, for a process that is explored.
fn now() -> Option<u64> {
    role().map(|(stage, _)| stage.clock.load(SeqCst))
}

fn nanos(time: &timespec) -> u64 {
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32).as_nanos() as u64
}

/// # Safety
///
/// As the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
    let Some(now) = now() else {
        // SAFETY: the caller's pointer, for the call that the caller wants.
        return unsafe { kernel()(libc::SYS_clock_gettime, clock.into(), time as c_long, 0, 0, 0, 0) }
            as c_int;
    };
    let now = Duration::from_nanos(now);
    // SAFETY: the caller's pointer is one to write a time to.
    unsafe { *time = timespec { tv_sec: now.as_secs() as i64, tv_nsec: now.subsec_nanos().into() } };
    0
}

/// # Safety
///
/// As the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn poll(files: *mut pollfd, count: nfds_t, milliseconds: c_int) -> c_int {
    let call = |timeout: Option<&timespec>| {
        let timeout = timeout.map_or(0, |timeout| std::ptr::from_ref(timeout) as c_long);
        // SAFETY: the caller's pointer, for the call that the caller wants; the time is there during the call.
        unsafe { kernel()(libc::SYS_ppoll, files as c_long, count as c_long, timeout, 0, 0, 0) }
    };
    match (now(), u64::try_from(milliseconds)) {
        (Some(now), Ok(time @ 1..)) => sleep(now + time * 1_000_000, || call(None)).unwrap_or(0) as c_int,
        (_, Err(_)) => call(None) as c_int,
        (_, Ok(time)) => {
            let time = Duration::from_millis(time);
            let time = timespec { tv_sec: time.as_secs() as i64, tv_nsec: time.subsec_nanos().into() };
            call(Some(&time)) as c_int
        }
    }
}

/// # Safety
///
/// As the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_nanosleep(
    clock: clockid_t,
    flags: c_int,
    time: *const timespec,
    left: *mut timespec,
) -> c_int {
    let Some(now) = now() else {
        let call = libc::SYS_clock_nanosleep;
        // SAFETY: the caller's pointers, for the call that the caller wants.
        let answer =
            unsafe { kernel()(call, clock.into(), flags.into(), time as c_long, left as c_long, 0, 0) };
        // This one answers with the error itself.
        return if answer == 0 { 0 } else { Errno::last_raw() };
    };
    // SAFETY: the caller's pointer is one to read a time from.
    let time = nanos(unsafe { &*time });
    let deadline = if flags & libc::TIMER_ABSTIME != 0 { time } else { now + time };
    // SAFETY: to wait for no file takes no pointer.
    sleep(deadline, || unsafe { kernel()(libc::SYS_ppoll, 0, 0, 0, 0, 0, 0) });
    0
}

/// # Safety
///
/// As the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn syscall(
    number: c_long,
    word: c_long,
    operation: c_long,
    value: c_long,
    timeout: c_long,
    second: c_long,
    third: c_long,
) -> c_long {
    // SAFETY: the caller's arguments, for the call that the caller wants; without a time it waits for ever.
    let call = |timeout| unsafe { kernel()(number, word, operation, value, timeout, second, third) };
    let waits = number == libc::SYS_futex && operation as c_int & libc::FUTEX_CMD_MASK == libc::FUTEX_WAIT;
    match now() {
        Some(now) if waits && timeout != 0 => {
            // SAFETY: FUTEX_WAIT has a pointer to a time here.
            let deadline = now + nanos(unsafe { &*(timeout as *const timespec) });
            sleep(deadline, || call(0)).unwrap_or_else(|| {
                Errno::ETIMEDOUT.set();
                -1
            })
        }
        _ => call(timeout),
    }
}

/// How many bytes the system allows a pipe; 0 for as many as it does.
pub(crate) static PIPE: AtomicU32 = AtomicU32::new(0);

/// # Safety
///
/// As the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn fcntl(descriptor: c_int, command: c_int, argument: c_long) -> c_int {
    let allowed = PIPE.load(SeqCst);
    let argument = if command == libc::F_SETPIPE_SZ && allowed != 0 { allowed.into() } else { argument };
    // SAFETY: the caller's arguments, for the call that the caller wants.
    unsafe { kernel()(libc::SYS_fcntl, descriptor.into(), command.into(), argument, 0, 0, 0) as c_int }
}

/// Sleeps while `word` holds `seen`, for this long at most, and really.
pub(crate) fn futex_wait(word: &AtomicU32, seen: u32, time: Option<Duration>) {
    let time =
        time.map(|time| timespec { tv_sec: time.as_secs() as i64, tv_nsec: time.subsec_nanos().into() });
    let time = time.as_ref().map_or(0, |time| std::ptr::from_ref(time) as c_long);
    let (wait, word) = (libc::FUTEX_WAIT.into(), word.as_ptr() as c_long);
    // SAFETY: the word and the time are there during the call.
    unsafe { kernel()(libc::SYS_futex, word, wait, seen.into(), time, 0, 0) };
}

/// Wakes who sleeps on `word`.
pub(crate) fn futex_wake(word: &AtomicU32) {
    // SAFETY: the kernel only uses the word as a name.
    unsafe { kernel()(libc::SYS_futex, word.as_ptr() as c_long, libc::FUTEX_WAKE.into(), 1, 0, 0, 0) };
}
