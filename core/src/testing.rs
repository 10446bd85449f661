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

use std::any::Any;
use std::cell::Cell;
use std::fmt::Debug;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::{self, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, dup2_stdin, dup2_stdout, fork, pipe2};

use crate::process::current_process;

/// Has the binary run one call of [`isolated`]: `2 the::test`, for the second one in that test.
const MARK: &str = "PROCESSION_ISOLATED";

/// How long a test may take that does not say otherwise.
const USUAL: Duration = Duration::from_secs(60);

/// How long processes that are ending may still be there when the closure's process is not.
const GRACE: Duration = Duration::from_secs(2);

/// How often the processes of a test are looked at.
const TICK: Duration = Duration::from_millis(1);

/// Where a process of the test writes what its verdict will be made of: see [`note`].
static NOTES: OnceLock<File> = OnceLock::new();

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
    if NOTES.get().is_some() {
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
            true => supervise(time, test),
            false => T::passed(), // an earlier call in this test, which is made elsewhere
        },
        _ => run_again(name, call),
    }
}

// ---- the process that the test is part of ----------------------------------------------------------------------------

/// Runs this binary again, for one call of [`isolated`] in one test, and judges what is noted there.
fn run_again<T: Answer>(name: &str, call: u32) -> T {
    let notes = match spawn(name, call) {
        Ok(notes) => notes,
        Err(error) => panic!("the test cannot be run in a process of its own: {error}"),
    };
    let mut passed = false;
    let mut failures = Vec::new();
    for line in notes.split(b'\n').map_while(Result::ok) {
        match serde_json::from_slice::<Option<String>>(&line) {
            Ok(None) => passed = true,
            Ok(Some(failure)) => failures.push(failure),
            Err(_) => {}
        }
    }
    for failure in &failures {
        println!("In the test's processes: {failure}");
    }
    match failures.into_iter().next() {
        // The panic was told where it happened.
        Some(first) => resume_unwind(Box::new(first)),
        None if passed => T::passed(),
        None => panic!(
            "the closure did not come to its end: its process exited, or was not reached (isolated is to be called on the \
             test's own thread, under the usual test harness)"
        ),
    }
}

/// Shows what is printed there until all of its processes have ended. Then their notes can be read.
fn spawn(name: &str, call: u32) -> io::Result<BufReader<File>> {
    let (notes, to_notes) = pipe2(OFlag::O_CLOEXEC)?;
    let (output, to_output) = pipe2(OFlag::O_CLOEXEC)?;
    // This very program, whatever has become of its file. Its stdout is what the test harness says there.
    let mut command = Command::new("/proc/self/exe");
    if let Some(program) = std::env::args_os().next() {
        command.arg0(program);
    }
    command.args([name, "--exact", "--include-ignored", "--nocapture", "--test-threads=1"]);
    command.env(MARK, format!("{call} {name}"));
    let mut child = command.stdin(to_notes).stdout(Stdio::null()).stderr(to_output).spawn()?;
    drop(command); // and with it our copies of the ends
    for line in BufReader::new(File::from(output)).split(b'\n').map_while(Result::ok) {
        println!("{}", String::from_utf8_lossy(&line));
    }
    child.wait()?;
    Ok(BufReader::new(File::from(notes)))
}

// ---- the process that watches over the test's ------------------------------------------------------------------------

/// Has the closure run in a child of this process, and sees to it that it ends and leaves nobody behind.
fn supervise<T: Answer>(time: Duration, test: impl FnOnce() -> T) -> ! {
    let started = take_the_streams().and_then(|()| {
        main_thread_sleeps()?;
        // Nobody waits for the verdict when the one who asks for it is gone.
        prctl::set_pdeathsig(Signal::SIGKILL)?;
        // Whoever loses its parent becomes a child of ours.
        prctl::set_child_subreaper(true)?;
        // SAFETY: this process has two threads. The other one is the main thread, which waits for the test to end: it has
        // nothing half-done and holds no lock.
        Ok(unsafe { fork() }?)
    });
    match started {
        Ok(ForkResult::Child) => live(test),
        Ok(ForkResult::Parent { child }) => watch(child, time),
        Err(error) => fail(&format!("the test cannot be run in a process of its own: {error}")),
    }
    // Not by way of the test harness: it would take an unfinished test for a good one.
    crate::sys::exit_now(0)
}

/// What came as stdin is for the notes, and what came as stderr is for all output.
fn take_the_streams() -> io::Result<()> {
    let stdin = io::stdin();
    fcntl(&stdin, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?; // a process with too much to note goes on
    // SAFETY: the descriptor was just made, and nobody else has it.
    let notes = unsafe { std::os::fd::FromRawFd::from_raw_fd(fcntl(&stdin, FcntlArg::F_DUPFD_CLOEXEC(3))?) };
    NOTES.get_or_init(|| notes);
    dup2_stdin(File::open("/dev/null")?)?;
    io::stdout().flush()?;
    dup2_stdout(io::stderr())?;
    Ok(())
}

/// Waits until it does, having started this test.
fn main_thread_sleeps() -> io::Result<()> {
    let main = format!("/proc/self/task/{}/stat", process::id());
    loop {
        let threads = fs::read_dir("/proc/self/task")?.count();
        if threads > 2 {
            return Err(io::Error::other(format!(
                "it has {threads} threads already, with the main thread; call isolated before others are started"
            )));
        }
        if state(&fs::read_to_string(&main)?) == Some('S') {
            return Ok(());
        }
        thread::yield_now();
    }
}

/// The state of a thread, in its `stat`: `17 (its name) S 3 …`.
fn state(stat: &str) -> Option<char> {
    stat.rsplit(')').next()?.trim_start().chars().next()
}

fn watch(test: Pid, time: Duration) {
    let mut end = Instant::now() + time;
    let mut runs = true;
    let mut told = false;
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) if Instant::now() < end => thread::sleep(TICK),
            Ok(WaitStatus::StillAlive) => {
                let left = children();
                if !std::mem::replace(&mut told, true) {
                    let names: Vec<_> = left.iter().map(|(pid, name)| format!("{pid} ({name})")).collect();
                    let names = names.join(", ");
                    fail(&match runs {
                        true => format!("it did not end within {time:?}; there are still: {names}"),
                        false => format!("it left processes behind: {names}"),
                    });
                }
                // Whoever they have started is then a child of ours.
                left.iter().for_each(|(pid, _)| _ = kill(*pid, Signal::SIGKILL));
                thread::sleep(TICK);
            }
            Ok(status) if status.pid() == Some(test) => {
                runs = false;
                end = end.min(Instant::now() + GRACE);
                match status {
                    WaitStatus::Exited(_, 0) => {}
                    WaitStatus::Exited(_, code) => {
                        fail(&format!("the test's process exited with code {code}"))
                    }
                    WaitStatus::Signaled(_, signal, _) if !told => {
                        fail(&format!("the test's process was ended by {signal}"));
                    }
                    _ => {}
                }
            }
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return, // there is no child any more
        }
    }
}

/// The living children of this process.
fn children() -> Vec<(Pid, String)> {
    let me = format!(" {} ", process::id());
    let child = |entry: fs::DirEntry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // After the name, which may hold anything: the state, and the parent's pid.
        let (head, tail) = stat.rsplit_once(')')?;
        let name = head.split_once('(')?.1.to_owned();
        (state(&stat) != Some('Z') && tail.get(2..)?.starts_with(&me)).then(|| (Pid::from_raw(pid), name))
    };
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(child).collect()
}

// ---- the processes of the test ---------------------------------------------------------------------------------------

/// The whole life of the closure's process.
fn live<T: Answer>(test: impl FnOnce() -> T) -> ! {
    let _ = prctl::set_pdeathsig(Signal::SIGKILL);
    // SAFETY: this process has one thread.
    unsafe { std::env::remove_var(MARK) };
    match catch_unwind(AssertUnwindSafe(test)).map(|answer| answer.failure()) {
        Ok(None) => note(None),
        Ok(Some(error)) => {
            eprintln!("Error: {error}");
            fail(&error);
        }
        Err(payload) => {
            fail(text_of(&*payload));
            std::mem::forget(payload); // dropping it could panic again
        }
    }
    process::exit(0)
}

/// A process ends by this panic. If it belongs to a test, that fails.
pub(crate) fn ended_by_a_panic(payload: &(dyn Any + Send)) {
    fail(&format!("{}: {}", current_process().name(), text_of(payload)));
}

fn text_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text")
}

fn fail(why: &str) {
    note(Some(why));
}

/// Notes a failure, or that the closure has come to its end: in one write, which a pipe takes whole.
fn note(failure: Option<&str>) {
    const LONGEST: usize = 600;
    let Some(mut notes) = NOTES.get() else { return };
    let failure = failure.map(|text| text.chars().take(LONGEST).collect::<String>());
    if let Ok(line) = serde_json::to_string(&failure) {
        let _ = notes.write_all(format!("{line}\n").as_bytes());
    }
}
