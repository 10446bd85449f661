//! What a program may find itself in: started by whom, with which limits, on what kind of system.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::errno::Errno;
use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, signal, sigprocmask};
use nix::sys::stat::{Mode, umask};

/// Has the kernel answer this system call with this error, in the process that calls and all that it starts. It is how
/// sandboxes and old kernels look from inside.
pub fn refuse(call: libc::c_long, errno: Errno) -> io::Result<()> {
    const ALLOW: u32 = 0x7fff_0000;
    const ERRNO: u32 = 0x0005_0000;
    let then = |code: u32, k: u32| libc::sock_filter { code: code as u16, jt: 0, jf: 0, k };
    let mut filter = [
        // The number of the call is the first of what a filter may look at.
        then(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0),
        libc::sock_filter {
            code: (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16,
            jt: 0,
            jf: 1,
            k: call as u32,
        },
        then(libc::BPF_RET | libc::BPF_K, ERRNO | errno as u32),
        then(libc::BPF_RET | libc::BPF_K, ALLOW),
    ];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: the first takes numbers; the second reads the program and its filter, which are there during the call.
    unsafe {
        Errno::result(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))?;
        Errno::result(libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program))?;
    }
    Ok(())
}

/// Somebody who starts a program, and what it inherits from that.
#[derive(Clone, Copy, Debug)]
pub struct Starter {
    /// What is special, as part of a test's name.
    pub name: &'static str,
    /// What is added to the program's environment.
    env: &'static [(&'static str, &'static str)],
    /// What the starter does to itself before it becomes the program.
    arrange: fn() -> io::Result<()>,
}

impl Starter {
    const fn new(name: &'static str, arrange: fn() -> io::Result<()>) -> Starter {
        Starter { name, env: &[], arrange }
    }

    /// Has the command started by this one.
    pub(crate) fn starts(&self, command: &mut Command) {
        command.envs(self.env.iter().copied());
        // SAFETY: between fork and exec the functions below only make system calls, and allocate nothing.
        unsafe { command.pre_exec(self.arrange) };
    }
}

fn ignore(what: Signal) -> io::Result<()> {
    // SAFETY: to ignore a signal runs no code of ours.
    unsafe { signal(what, SigHandler::SigIgn) }?;
    Ok(())
}

fn close(descriptor: i32) -> io::Result<()> {
    // SAFETY: the next thing to happen is that another program is run.
    Ok(Errno::result(unsafe { libc::close(descriptor) }).map(drop)?)
}

fn limit(what: Resource, most: u64) -> io::Result<()> {
    Ok(setrlimit(what, most, most)?)
}

/// Moves to a folder that is no more.
fn leave_the_folder() -> io::Result<()> {
    let mut name = *b"/tmp/checks-gone-XXXXXX\0";
    // SAFETY: the name is a C string that mkdtemp may write to, and is not longer afterwards.
    unsafe {
        if libc::mkdtemp(name.as_mut_ptr().cast()).is_null() {
            return Err(io::Error::last_os_error());
        }
        Errno::result(libc::chdir(name.as_ptr().cast()))?;
        Errno::result(libc::rmdir(name.as_ptr().cast()))?;
    }
    Ok(())
}

/// Sets stdout and stderr so that a write which would have to wait fails.
fn do_not_wait() -> io::Result<()> {
    for descriptor in [1, 2] {
        // SAFETY: the call takes numbers.
        Errno::result(unsafe { libc::fcntl(descriptor, libc::F_SETFL, libc::O_NONBLOCK) })?;
    }
    Ok(())
}

/// Those under whom a lesson shows what it always shows.
pub const STARTERS: &[Starter] = &[
    Starter::new("sigchld_is_ignored", || ignore(Signal::SIGCHLD)),
    Starter::new("sigterm_is_ignored", || ignore(Signal::SIGTERM)),
    Starter::new("sigint_and_sighup_are_ignored", || {
        ignore(Signal::SIGINT)?;
        ignore(Signal::SIGHUP)
    }),
    Starter::new("all_signals_are_blocked", || {
        Ok(sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), None)?)
    }),
    Starter::new("stdin_is_closed", || close(0)),
    Starter::new("stdin_and_stderr_are_closed", || {
        close(0)?;
        close(2)
    }),
    Starter::new("streams_do_not_wait", do_not_wait),
    Starter::new("its_own_files_are_forbidden_by_the_umask", || {
        umask(Mode::from_bits_retain(0o777));
        Ok(())
    }),
    Starter::new("the_folder_is_gone", leave_the_folder),
    Starter { name: "tmpdir_is_nowhere", env: &[("TMPDIR", "/nowhere")], arrange: || Ok(()) },
    Starter { name: "tmpdir_is_empty", env: &[("TMPDIR", ""), ("HOME", "")], arrange: || Ok(()) },
    Starter::new("files_may_not_grow_much", || limit(Resource::RLIMIT_FSIZE, 64 << 10)),
    Starter::new("pidfds_are_unknown", || refuse(libc::SYS_pidfd_open, Errno::ENOSYS)),
    Starter::new("pidfds_are_forbidden", || refuse(libc::SYS_pidfd_open, Errno::EPERM)),
    Starter::new("pidfds_do_not_signal", || refuse(libc::SYS_pidfd_send_signal, Errno::ENOSYS)),
    Starter::new("prctl_is_forbidden", || refuse(libc::SYS_prctl, Errno::EPERM)),
    Starter::new("memfds_are_unknown", || refuse(libc::SYS_memfd_create, Errno::ENOSYS)),
    Starter::new("fallocate_is_forbidden", || refuse(libc::SYS_fallocate, Errno::EPERM)),
];

/// Those under whom a lesson may run into something, and then says so in one line.
pub const SHORT_OF: &[Starter] = &[
    Starter::new("files_of_any_size", || limit(Resource::RLIMIT_FSIZE, 0)),
    Starter::new("all_descriptors_but_4", || limit(Resource::RLIMIT_NOFILE, 4)),
    Starter::new("all_descriptors_but_5", || limit(Resource::RLIMIT_NOFILE, 5)),
    Starter::new("all_descriptors_but_8", || limit(Resource::RLIMIT_NOFILE, 8)),
    Starter::new("all_descriptors_but_12", || limit(Resource::RLIMIT_NOFILE, 12)),
    Starter::new("all_descriptors_but_20", || limit(Resource::RLIMIT_NOFILE, 20)),
    Starter::new("all_descriptors_but_28", || limit(Resource::RLIMIT_NOFILE, 28)),
    Starter::new("address_space", || limit(Resource::RLIMIT_AS, 12 << 20)),
    Starter::new("stack", || limit(Resource::RLIMIT_STACK, 128 << 10)),
    Starter::new("processes", || refuse(libc::SYS_clone, Errno::EAGAIN)),
    Starter::new("locks", || refuse(libc::SYS_flock, Errno::ENOLCK)),
];
