//! The check of an exercise, and what all such checks share.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::prctl::set_child_subreaper;
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{Pid, mkfifo};
use tempfile::TempDir;

use crate::answer::{self, Package};
use crate::cargo::Built;
use crate::expect::BESIDES;
use crate::{Complaint, Outcome, Pace, Program, Run, Running, Verdict};

/// The environment variable that names another program to be judged, instead of the learner's.
pub const ANSWER: &str = "EXERCISE_ANSWER";

/// The environment variable that names a file for the complaint.
pub const REPORT: &str = "EXERCISE_REPORT";

/// Sleeps that no check sits out: what happens, happens while everybody sleeps.
pub const ASLEEP: Pace = Pace(1000.0);

/// How long what must come may take to come. It is used up only where something is wrong.
pub const SOON: Duration = Duration::from_secs(6);

/// How long a process is held. Who waits rightly passes however long it is; who does not has this time to show it.
pub const HELD: Duration = Duration::from_millis(1200);

/// One thing to be looked at in an answer.
pub type Look = fn(&Program) -> Verdict;

/// The body of an exercise's `#[test]`: looks at one thing after another, and panics with the first complaint.
pub fn check(binary: &str, looks: &[Look]) {
    let (program, _kept) = program(Path::new(binary));
    let judge = || looks.iter().try_for_each(|look| look(&program));
    let Err(complaint) = judge() else { return };
    let mut told = complaint.told();
    if complaint.is_of_a_line_too_many() {
        BESIDES.store(true, Relaxed);
        if judge().is_ok() {
            told = format!("right, but for what it prints besides: take it out.\n{told}");
        }
    }
    if let Some(report) = env::var_os(REPORT) {
        fs::write(report, &told).expect("the report can be written");
    }
    panic!("\n\n{told}\n");
}

/// The program that is judged: the one that somebody has built for us, or else the learner's, built from the file that is
/// there now. It is there as long as what is returned with it.
fn program(binary: &Path) -> (Program, Option<Built>) {
    if let Some(answer) = env::var_os(ANSWER) {
        return (Program::binary(answer), None);
    }
    let name = binary.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Some(folder) = env::var_os("CARGO_MANIFEST_DIR") else {
        panic!("to be run by cargo: cargo test -p {name}")
    };
    let package = Package { name: name.clone(), folder: folder.into() };
    let built = answer::build(&[package], false, binary.parent().unwrap_or(binary), &|_| {});
    let built = built.unwrap_or_else(|why| panic!("{why}"));
    match built.programs.get(&name) {
        Some(program) => (Program::binary(program), Some(built)),
        None => panic!("{}", built.errors.into_values().next().unwrap_or_default()),
    }
}

/// A run of a learner's program, which may be wrong in any way: it gets so much memory and no more, and so on.
pub fn run(program: &Program) -> Run {
    program.run().limited()
}

/// A run at this pace that must end soon, with exit code 0 and nothing on stderr.
pub fn runs_through(program: &Program, pace: Pace) -> Verdict<Outcome> {
    let it = start(program, pace)?.finish()?;
    it.succeeds()?;
    Ok(it)
}

/// Starts it at this pace, with a deadline that is soon enough for a learner who waits.
pub fn start(program: &Program, pace: Pace) -> Verdict<Running> {
    let sleeps = Duration::from_secs_f64((10.0 * pace.0).min(60.0));
    run(program).pace(pace).deadline(SOON + sleeps).start()
}

/// The same, with a gate at which its processes can be [held](Running::hold).
pub fn start_gated(program: &Program, pace: Pace) -> Verdict<Running> {
    run(program).pace(pace).deadline(4 * SOON).gated().start()
}

/// Runs a copy of the program that has this name, in a new folder that has that one: the folder, too.
pub fn runs_under_another_name(program: &Program, name: &str, folder: &str) -> Verdict<(Outcome, PathBuf)> {
    let place = crate::folder().map_err(unable)?;
    let copy = place.path().join(name);
    fs::copy(program.path(), &copy).map_err(unable)?;
    // As the system names it: without links.
    let folder = place.path().canonicalize().map_err(unable)?.join(folder);
    fs::create_dir(&folder).map_err(unable)?;
    // Nobody is to write `~` for the place.
    let run = run(&Program::binary(copy)).cwd(&folder).env("HOME", place.path()).deadline(SOON);
    let it = run.finish()?;
    it.succeeds()?;
    Ok((it, folder))
}

/// Has the kernel give away a few process ids, so that nobody can guess the next one.
pub fn use_up_pids() {
    // A thread has a number from the same store.
    for _ in 0..3 {
        let _ = std::thread::spawn(|| ()).join();
    }
}

/// From now on the orphans among the descendants of this process become its children: see [`orphans`].
pub fn adopt_orphans() -> Verdict {
    set_child_subreaper(true).map_err(|why| unable(why.into()))
}

/// The processes of runs that have ended now, and whose parents had ended before them.
pub fn orphans() -> Vec<i32> {
    let next = || waitpid(None, Some(WaitPidFlag::WNOHANG)).ok()?.pid();
    std::iter::from_fn(next).map(Pid::as_raw).collect()
}

/// A file that can be read only once, and of which it can be seen who opens it.
#[derive(Debug)]
pub struct NamedPipe {
    folder: TempDir,
}

impl NamedPipe {
    /// A new one, in a folder of its own.
    pub fn new() -> Verdict<NamedPipe> {
        let pipe = NamedPipe { folder: crate::folder().map_err(unable)? };
        mkfifo(&pipe.path(), Mode::S_IRUSR | Mode::S_IWUSR).map_err(|why| unable(why.into()))?;
        Ok(pipe)
    }

    /// Where it is.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("file")
    }

    /// Waits until a process of the run opens it to read from it: our end, and that process. `None` if the program ends
    /// and nobody has.
    pub fn opened_by(&self, run: &mut Running) -> Verdict<Option<(File, i32)>> {
        while !run.over() {
            // ENXIO: nobody has opened it for reading yet.
            if let Ok(end) = open(&self.path(), OFlag::O_WRONLY | OFlag::O_NONBLOCK, Mode::empty()) {
                let end = File::from(end);
                // Its open has been let go on, but it may not have returned yet; or it has just closed it.
                while !is_left_alone(&end) && !run.over() {
                    if let Some(pid) = run.pids().into_iter().find(|&pid| self.is_open_in(pid)) {
                        return Ok(Some((end, pid)));
                    }
                    run.pump()?;
                }
            }
            run.pump()?;
        }
        Ok(None)
    }

    /// Fills it, and closes our end: the reader meets the end of file. A reader that goes away earlier does not get all.
    pub fn write(&self, mut end: File, text: &str, run: &mut Running) -> Verdict {
        let mut rest = text.as_bytes();
        while !rest.is_empty() && !run.over() {
            match end.write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => run.pump()?,
                Err(why) if why.kind() == io::ErrorKind::BrokenPipe => break,
                Err(why) => return Err(unable(why)),
            }
        }
        Ok(())
    }

    fn is_open_in(&self, pid: i32) -> bool {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files.filter_map(|file| fs::read_link(file.path()).ok()).any(|file| file == self.path())
    }
}

/// Whether nobody has the other end of a pipe any more.
fn is_left_alone(end: &File) -> bool {
    let mut ask = [PollFd::new(end.as_fd(), PollFlags::empty())];
    poll(&mut ask, 0_u8).is_ok() && ask[0].any() == Some(true)
}

fn unable(why: io::Error) -> Complaint {
    Complaint::new(format!("the check could not prepare a run: {why}"))
}
