//! What a process ends with: its closure's result on the way in, its exit status on the way out.

use std::convert::Infallible;
use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use nix::libc;
use nix::sys::signal::Signal;

use crate::process::current::current_process;
use crate::sys::say_on_stderr;

/// What the closure of a [`Process`](crate::Process) may return, and the exit status it makes.
///
/// | the closure | the child's exit status |
/// |---|---|
/// | returns `()` | 0 |
/// | returns `Ok(…)` | that of what is inside |
/// | returns `Err(error)` | 1, and stderr gets the process's name and the error |
/// | panics | 101, and stderr gets the panic message and the process's name |
/// | calls [`std::process::exit`]`(n)` | the low eight bits of n |
/// | is killed by a signal | that signal |
///
/// In Python the return value is ignored; there, too, an exception gives 1.
pub trait Outcome {
    /// Reports a failure on stderr and gives the exit code.
    fn exit_code(self) -> u8;
}

impl Outcome for () {
    fn exit_code(self) -> u8 {
        0
    }
}

impl Outcome for Infallible {
    fn exit_code(self) -> u8 {
        match self {}
    }
}

/// The type of a closure that never returns, `|| loop { … }`: the only way to name it in stable Rust is as
/// the result of a function type.
type Never = <fn() -> ! as Returns>::Type;

/// Names the result of a function type.
#[doc(hidden)]
pub trait Returns {
    /// The result.
    type Type;
}

impl<T> Returns for fn() -> T {
    type Type = T;
}

impl Outcome for Never {
    fn exit_code(self) -> u8 {
        self
    }
}

impl<T: Outcome, E: fmt::Display> Outcome for Result<T, E> {
    fn exit_code(self) -> u8 {
        match self {
            Ok(value) => value.exit_code(),
            Err(error) => {
                say_on_stderr(format_args!("{}: {error}", current_process().name()));
                1
            }
        }
    }
}

/// Shows an exit status as Python's `exitcode` does in a process's repr: `0`, `1`, `-SIGTERM`.
///
/// ```
/// use std::os::unix::process::ExitStatusExt;
/// use std::process::ExitStatus;
///
/// let killed = ExitStatus::from_raw(15);
/// assert_eq!(procession::exitcode(killed).to_string(), "-SIGTERM");
/// let failed = ExitStatus::from_raw(1 << 8);
/// assert_eq!(procession::exitcode(failed).to_string(), "1");
/// ```
pub fn exitcode(status: ExitStatus) -> ExitCodeDisplay {
    ExitCodeDisplay(status)
}

/// Made by [`exitcode`]; it can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExitCodeDisplay(ExitStatus);

impl fmt::Display for ExitCodeDisplay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(signal) = self.0.signal() else {
            return write!(f, "{}", self.0.code().unwrap_or_default());
        };
        match Signal::try_from(signal) {
            // Python knows this one by its older name.
            Ok(Signal::SIGIO) => f.write_str("-SIGPOLL"),
            Ok(signal) => write!(f, "-{}", signal.as_str()),
            Err(_) if signal == libc::SIGRTMIN() => f.write_str("-SIGRTMIN"),
            Err(_) if signal == libc::SIGRTMAX() => f.write_str("-SIGRTMAX"),
            Err(_) => write!(f, "-{signal}"),
        }
    }
}
