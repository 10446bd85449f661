//! The gate: the kernel asks us before a process of the run makes one of a few calls, and waits for the answer.
//!
//! So a process can be held where it is wrong: after one thing is done and before the next, for as long as the check
//! likes, while the others run. A signal would come too soon or too late.
//!
//! The kernel's name for this is seccomp user notification. The filter is inherited by all processes of the run, and so is
//! the gate. It is gone with us: from then on such calls fail.

use std::fmt;
use std::fs;
use std::io::{self, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};

use crate::call::Call;
use crate::clock;

/// The calls at which a process can be held: what it writes, files that it opens or renames, its waits, and its questions
/// whether a child has ended, who the parent is, and what time it is; its first call, and how it ends itself.
const CALLS: &[libc::c_long] = &[
    libc::SYS_write,
    libc::SYS_openat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_wait4,
    libc::SYS_waitid,
    libc::SYS_getppid,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    libc::SYS_ppoll,
    libc::SYS_futex,
    libc::SYS_clock_gettime,
    libc::SYS_set_robust_list,
    libc::SYS_tgkill,
    libc::SYS_exit_group,
];

/// How long at least it takes, where time flies, until a wait for some time is over. No process is promised that it is not longer
/// than it asked for.
const SOME_TIME: Duration = Duration::from_secs(10);

/// So many calls are answered before the output is read again.
const AT_ONCE: usize = 64;

/// Which calls are to be held.
type Which = Box<dyn Fn(&Call) -> bool>;

/// Our end.
pub(crate) struct Gate {
    listener: OwnedFd,
    which: Which,
    held: Vec<Call>,
    /// Sleeps that are over as soon as they begin, and the clock does not say that they were long.
    skipped: Which,
    /// Waits for some time that are over as soon as they begin, and the clock says that they were not.
    flies: Which,
    /// How much later it is for the processes of the run.
    later: Duration,
    /// Whether the first process has been seen.
    begun: bool,
    /// How many calls have come, but for questions who the parent is.
    calls: usize,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("held", &self.held).finish_non_exhaustive()
    }
}

impl Gate {
    /// Has the program of `command` ask at the gate. What is returned brings the [`Gate`], once it runs.
    pub(crate) fn prepare(command: &mut Command) -> io::Result<UnixStream> {
        let (ours, theirs) = UnixStream::pair()?;
        let filter = filter();
        let install = move || install(&filter, theirs.as_raw_fd());
        // SAFETY: between fork and exec it only makes system calls, and allocates nothing.
        unsafe { command.pre_exec(install) };
        Ok(ours)
    }

    /// The gate of a program that has been started. Nothing is held yet.
    pub(crate) fn of(from: &UnixStream) -> io::Result<Gate> {
        let mut space = nix::cmsg_space!(RawFd);
        let mut byte = [0];
        let mut slices = [IoSliceMut::new(&mut byte)];
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        let message = recvmsg::<()>(from.as_raw_fd(), &mut slices, Some(&mut space), flags)?;
        let descriptor = message.cmsgs()?.find_map(|control| match control {
            ControlMessageOwned::ScmRights(descriptors) => descriptors.first().copied(),
            _ => None,
        });
        let descriptor = descriptor.ok_or_else(|| io::Error::other("the gate did not arrive"))?;
        // SAFETY: the kernel has just made this descriptor for us, and nobody else knows of it.
        let listener = unsafe { OwnedFd::from_raw_fd(descriptor) };
        Ok(Gate {
            listener,
            which: Box::new(|_| false),
            held: Vec::new(),
            skipped: Box::new(|_| false),
            flies: Box::new(|_| false),
            later: Duration::ZERO,
            begun: false,
            calls: 0,
        })
    }

    /// From now on sleeps like these are over as soon as they begin.
    pub(crate) fn skip_sleeps(&mut self, skipped: Which) {
        self.skipped = skipped;
    }

    /// From now on waits like these, if they are for some time only, are over as soon as they begin; and it is so much later.
    pub(crate) fn time_flies(&mut self, flies: Which) {
        self.flies = flies;
        self.look_again();
    }

    /// How much later it is for the processes than for us.
    pub(crate) fn later(&self) -> Duration {
        self.later
    }

    /// How many calls have come so far.
    pub(crate) fn calls(&self) -> usize {
        self.calls
    }

    /// Is ready to be read when somebody has come.
    pub(crate) fn listener(&self) -> &OwnedFd {
        &self.listener
    }

    /// From now on these calls are held. What is held is looked at anew.
    pub(crate) fn hold(&mut self, which: Which) {
        self.which = which;
        self.look_again();
    }

    fn look_again(&mut self) {
        for call in std::mem::take(&mut self.held) {
            self.comes(call);
        }
    }

    /// Lets everybody go on who has come and is not to be held: the processes that are held from now on.
    pub(crate) fn attend(&mut self) -> io::Result<Vec<i32>> {
        let mut held = Vec::new();
        // Not all: who asks without end would keep us here.
        for _ in 0..AT_ONCE {
            let Some(call) = self.next()? else { break };
            self.calls += usize::from(!call.asks_for_its_parent());
            if self.comes(call) {
                held.push(call.pid);
            }
        }
        Ok(held)
    }

    fn comes(&mut self, call: Call) -> bool {
        if !self.begun {
            // Where that is not possible, no clock is ahead: what then waits for some time waits as long as it said.
            let _ = clock::ask_by_call(call.pid);
            self.begun = true;
        }
        if call.sleeps() && (self.skipped)(&call) {
            self.answer_with(&call, 0, 0);
            return false;
        }
        if self.is_no_wait(&call) {
            return false;
        }
        let hold = (self.which)(&call);
        match hold {
            true => self.held.push(call),
            false => self.go_on(&call),
        }
        hold
    }

    /// Tells the time, and ends what need not be waited for: whether the call was one of these.
    fn is_no_wait(&mut self, call: &Call) -> bool {
        if call.number == libc::SYS_clock_gettime {
            let Some(time) = clock::ahead(call.arguments[0], self.later) else { return false };
            let bytes = [time.as_secs(), time.subsec_nanos().into()].map(u64::to_ne_bytes);
            let memory = fs::File::options().write(true).open(format!("/proc/{}/mem", call.pid));
            let told = memory.and_then(|memory| memory.write_all_at(bytes.as_flattened(), call.arguments[1]));
            if told.is_ok() {
                self.answer_with(call, 0, 0);
            }
            return told.is_ok();
        }
        let Some(time) = call.waits_at_most().filter(|_| (self.flies)(call)) else { return false };
        self.later += time.max(SOME_TIME);
        // Who was interrupted at a poll looks once more, and at the clock.
        let error = match call.number {
            libc::SYS_futex => libc::ETIMEDOUT,
            _ if call.sleeps() => 0,
            _ => libc::EINTR,
        };
        self.answer_with(call, error, 0);
        true
    }

    /// Who is held, in the order in which they came.
    pub(crate) fn held(&mut self) -> &[Call] {
        let listener = self.listener.as_raw_fd();
        self.held.retain(|call| is_there(listener, call));
        &self.held
    }

    /// Has those that are held make their calls, if that is what `of` says.
    pub(crate) fn release(&mut self, of: impl Fn(&Call) -> bool) {
        let (go, stay) = std::mem::take(&mut self.held).into_iter().partition(|call| of(call));
        self.held = stay;
        let go: Vec<Call> = go;
        go.iter().for_each(|call| self.go_on(call));
    }

    /// Answers 0 to this process, and the call is not made: its sleep is over.
    pub(crate) fn is_over(&mut self, pid: i32) {
        let (done, stay) = std::mem::take(&mut self.held).into_iter().partition(|call| call.pid == pid);
        self.held = stay;
        let done: Vec<Call> = done;
        done.iter().for_each(|call| self.answer_with(call, 0, 0));
    }

    fn next(&self) -> io::Result<Option<Call>> {
        let mut ask = [PollFd::new(self.listener.as_fd(), PollFlags::POLLIN)];
        // HUP: no process is left.
        let ready = poll(&mut ask, 0_u8).is_ok() && ask[0].revents() == Some(PollFlags::POLLIN);
        if !ready {
            return Ok(None);
        }
        // SAFETY: plain data for which all zeros is a value; and zeros is what the kernel asks for.
        let mut it: libc::seccomp_notif = unsafe { std::mem::zeroed() };
        // SAFETY: it is valid for writes, and of the type that this call fills.
        let answer =
            unsafe { libc::ioctl(self.listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_RECV, &raw mut it) };
        match Errno::result(answer) {
            Ok(_) => {}
            // It was killed, or a signal has called it away, before we could ask.
            Err(Errno::ENOENT | Errno::EINTR) => return Ok(None),
            Err(why) => return Err(why.into()),
        }
        Ok(Some(Call {
            pid: process_of(it.pid as i32),
            id: it.id,
            number: it.data.nr.into(),
            arguments: it.data.args,
        }))
    }

    /// Has the kernel make the call.
    fn go_on(&self, call: &Call) {
        self.answer_with(call, 0, libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32);
    }

    fn answer_with(&self, call: &Call, error: i32, flags: u32) {
        let mut answer = libc::seccomp_notif_resp { id: call.id, val: 0, error: -error, flags };
        // SAFETY: answer is valid during the call, and of the type that it takes. It fails if the process is gone, or has
        // been called away by a signal: then it will come again.
        unsafe { libc::ioctl(self.listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_SEND, &raw mut answer) };
    }
}

/// Whether the process still waits for our answer.
fn is_there(listener: RawFd, call: &Call) -> bool {
    // SAFETY: the number is valid for reads during the call.
    unsafe { libc::ioctl(listener, libc::SECCOMP_IOCTL_NOTIF_ID_VALID, &raw const call.id) == 0 }
}

/// The process that a thread belongs to.
fn process_of(thread: i32) -> i32 {
    let status = fs::read_to_string(format!("/proc/{thread}/status")).unwrap_or_default();
    let process = status.lines().find_map(|line| line.strip_prefix("Tgid:"));
    process.and_then(|pid| pid.trim().parse().ok()).unwrap_or(thread)
}

/// A program for the kernel: these calls are for the gate, all others go on.
fn filter() -> Vec<libc::sock_filter> {
    let number = std::mem::offset_of!(libc::seccomp_data, nr) as u32;
    let step = |code: u32, k, jt| libc::sock_filter { code: code as u16, jt, jf: 0, k };
    let mut filter = vec![step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, number, 0)];
    for (at, call) in CALLS.iter().enumerate() {
        let to_the_end = (CALLS.len() - at) as u8;
        filter.push(step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, *call as u32, to_the_end));
    }
    filter.push(step(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW, 0));
    filter.push(step(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_USER_NOTIF, 0));
    filter
}

/// In the process that is to become the program. If that cannot be executed, std tells us so by a `write`, which then is
/// at the gate and nobody there: whoever uses this has run the program before.
fn install(filter: &[libc::sock_filter], to: RawFd) -> io::Result<()> {
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
    // SAFETY: the call takes numbers.
    Errno::result(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })?;
    let (mode, flags) = (libc::SECCOMP_SET_MODE_FILTER, libc::SECCOMP_FILTER_FLAG_NEW_LISTENER);
    // SAFETY: program is valid during the call, and so is the filter that it points to.
    let listener =
        Errno::result(unsafe { libc::syscall(libc::SYS_seccomp, mode, flags, &raw const program) })?;
    send(to, listener as RawFd)
    // Our copy is closed with exec.
}

/// Sends a descriptor. As nix would, but without allocating.
fn send(to: RawFd, descriptor: RawFd) -> io::Result<()> {
    #[repr(C)]
    union Space {
        bytes: [u8; 64],
        aligned: libc::cmsghdr,
    }
    let mut space = Space { bytes: [0; 64] };
    let mut byte = [0_u8];
    let mut slice = libc::iovec { iov_base: byte.as_mut_ptr().cast(), iov_len: 1 };
    // SAFETY: plain data for which all zeros is a value.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    (message.msg_iov, message.msg_iovlen) = (&raw mut slice, 1);
    message.msg_control = (&raw mut space).cast();
    // SAFETY: these compute lengths, and a place in `space`, which is large enough for one descriptor and aligned.
    unsafe {
        message.msg_controllen = libc::CMSG_SPACE(size_of::<RawFd>() as u32) as _;
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        (*header).cmsg_level = libc::SOL_SOCKET;
        (*header).cmsg_type = libc::SCM_RIGHTS;
        (*header).cmsg_len = libc::CMSG_LEN(size_of::<RawFd>() as u32) as _;
        libc::CMSG_DATA(header).cast::<RawFd>().write_unaligned(descriptor);
    }
    // SAFETY: message points to what is valid during the call.
    Errno::result(unsafe { libc::sendmsg(to, &raw const message, 0) })?;
    Ok(())
}
