//! In the binary that was run again: the closure's process, and the one that watches over it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, dup2_stdin, dup2_stdout, fork};

use super::notes::{self, fail, note, text_of};
use super::{Answer, MARK};

/// How long processes that are ending may still be there when the closure's process is not.
const GRACE: Duration = Duration::from_secs(2);

/// How long the main thread may take until it waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the processes of a test are looked at.
const TICK: Duration = Duration::from_millis(1);

/// Has the closure run in a child of this process, and sees to it that it ends and leaves nobody behind.
pub(super) fn supervise<T: Answer>(time: Duration, test: impl FnOnce() -> T) -> ! {
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
    notes::go_to(File::from(io::stdin().as_fd().try_clone_to_owned()?))?;
    dup2_stdin(File::open("/dev/null")?)?;
    io::stdout().flush()?;
    dup2_stdout(io::stderr())?;
    Ok(())
}

/// Waits until it does, having started this test.
fn main_thread_sleeps() -> io::Result<()> {
    let main = format!("/proc/self/task/{}/stat", process::id());
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
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
    Err(io::Error::other("its main thread does not wait for the test to end"))
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
                if !left.is_empty() && !std::mem::replace(&mut told, true) {
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
