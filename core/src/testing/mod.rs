//! Tests of programs with processes; needs the feature `testing`.
//!
//! A test must not start a process as it stands: tests are threads of one process, and [`Process::start`] refuses in a
//! process with several threads. [`isolated`] gives a test a process of its own, with one thread:
//!
//! ```
//! # fn main() {} // what follows is compiled, and not run
//! #[test]
//! fn a_child_counts() -> Result<(), procession::Error> {
//!     procession::testing::isolated(|| {
//!         let counted = procession::Queue::new()?;
//!         let child = procession::Process::new(|| counted.put(&3)).start()?;
//!         assert!(child.join()?.success());
//!         assert_eq!(counted.get()?, 3);
//!         Ok(())
//!     })
//! }
//! ```
//!
//! # How it is done
//!
//! The test binary runs itself again, with the name of this test and nothing else to do. There, the main thread sleeps until
//! the test is over and holds no lock meanwhile, so that a fork by the test's thread is sound. The closure runs in the
//! process that this makes. What it prints comes back as the output of the test.
//!
//! [`Process::start`]: crate::Process::start

#![allow(clippy::test_attr_in_doctest)] // The example is a test.

mod again;
mod notes;
mod watch;

use std::cell::Cell;
use std::fmt::Debug;
use std::thread;
use std::time::Duration;

/// Has the binary run one call of [`isolated`]: `2 the::test`, for the second one in that test.
const MARK: &str = "PROCESSION_ISOLATED";

/// How long a test may take that does not say otherwise.
const USUAL: Duration = Duration::from_secs(60);

/// What a test answers: `()`, or a `Result` without a value.
pub trait Answer {
    /// The answer of a test that has passed.
    fn passed() -> Self;
    /// Why it has failed, if it has.
    fn failure(&self) -> Option<String>;
}

impl Answer for () {
    fn passed() {}

    fn failure(&self) -> Option<String> {
        None
    }
}

/// As in [`Outcome`](crate::Outcome): the type of a closure that always panics.
type Never = <fn() -> ! as crate::Returns>::Type;

impl Answer for Never {
    fn passed() -> Never {
        unreachable!("a closure that does not return does not pass")
    }

    fn failure(&self) -> Option<String> {
        *self
    }
}

impl<E: Debug> Answer for Result<(), E> {
    fn passed() -> Result<(), E> {
        Ok(())
    }

    fn failure(&self) -> Option<String> {
        self.as_ref().err().map(|error| format!("{error:?}"))
    }
}

/// Runs the closure in a process of its own that has one thread. To be called by a test, on the test's own thread.
///
/// The test fails, by a panic with the first cause as its text, if
///
/// - the closure panics or answers `Err`,
/// - a process that was started by it, or by one of these, ends by a panic (`assert!` included, whatever `join` was told),
/// - the closure's process ends in any other way before the closure does,
/// - it takes more than 60 seconds ([`isolated_within`] allows another time),
/// - a process is still there when the closure's process has ended, which waits for its children as any does.
///
/// No process is left then in any case. A child that shall panic for the sake of the test catches its panic, or calls
/// [`std::process::exit`]`(101)` instead.
///
/// It works with `cargo test` and `cargo nextest`, with any number of tests at once, with `#[should_panic]` and with
/// `#[ignore]`. What stands before the call runs twice: once in either process.
///
/// # Panics
///
/// If the test fails; if the calling thread is not that of a test, or there are already other threads beside it, of an
/// async runtime for example.
pub fn isolated<T: Answer>(test: impl FnOnce() -> T) -> T {
    isolated_within(USUAL, test)
}

/// The same with another deadline.
///
/// # Panics
///
/// As [`isolated`].
pub fn isolated_within<T: Answer>(time: Duration, test: impl FnOnce() -> T) -> T {
    if notes::are_taken() {
        return test(); // within another closure: this process is isolated
    }
    thread_local!(static CALLS: Cell<u32> = const { Cell::new(0) });
    let call = CALLS.replace(CALLS.get() + 1);
    let thread = thread::current();
    let Some(name) = thread.name().filter(|name| *name != "main") else {
        panic!("procession::testing::isolated is for a #[test]: this thread is none");
    };
    let wanted = std::env::var(MARK).unwrap_or_default();
    match wanted.split_once(' ') {
        Some((number, test_name)) if test_name == name => match number == call.to_string() {
            true => watch::supervise(time, test),
            false => T::passed(), // an earlier call in this test, which is made elsewhere
        },
        _ => again::run(name, call),
    }
}
