//! What the programs of scenes share.
//!
//! A test must not fork, for it runs on a thread of many. What needs a fork is a scene: a function in a small program
//! of its own, which a test runs as it runs any other. A scene that finds a fault panics.

use std::fs;
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::{AsFd, AsRawFd};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, poll};

/// How long a scene waits for what must come. It is only ever used up when something is broken.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A scene and its name, which is the program's argument.
pub type Scene = (&'static str, fn());

/// Makes a list of [`Scene`]s out of functions: `scenes![living::a_child_ends, …]`.
#[macro_export]
macro_rules! scenes {
    ($($subject:ident { $($name:ident),* $(,)? })*) => {
        &[$($((stringify!($name), $subject::$name as fn())),*),*]
    };
}

/// Plays the scene that is named.
pub fn play(scenes: &[Scene], name: &str) {
    // Made by the first process, so that all write to the same.
    paper();
    match scenes.iter().find(|(known, _)| *known == name) {
        Some((_, scene)) => scene(),
        None => panic!("there is no scene {name:?}"),
    }
}

/// Waits until it is so, looking again and again.
#[track_caller]
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !so() {
        assert!(started.elapsed() < PATIENCE, "it never came about that {what}");
        sleep(Duration::from_millis(1));
    }
}

/// A bell that any process of a scene can ring, and any process wait for. Each ring is heard once.
#[derive(Debug)]
pub struct Bell {
    ear: PipeReader,
    clapper: PipeWriter,
}

impl Bell {
    /// A bell for this process and all that it will start.
    pub fn new() -> Bell {
        let (ear, clapper) = pipe().expect("a pipe for a bell");
        Bell { ear, clapper }
    }

    /// Rings it once.
    pub fn ring(&self) {
        (&self.clapper).write_all(b"!").expect("somebody has the bell");
    }

    /// Waits for one ring.
    #[track_caller]
    pub fn wait(&self) {
        assert!(self.rings_within(PATIENCE), "the bell was not rung");
    }

    /// Whether it rings within this time.
    pub fn rings_within(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now()).as_millis() as u16;
            let ready = poll(&mut [PollFd::new(self.ear.as_fd(), PollFlags::POLLIN)], left);
            if matches!(ready, Ok(1..)) {
                return (&self.ear).read_exact(&mut [0]).is_ok();
            }
            if Instant::now() >= end {
                return false;
            }
        }
    }
}

impl Default for Bell {
    fn default() -> Bell {
        Bell::new()
    }
}

fn paper() -> &'static (PipeReader, PipeWriter) {
    static PAPER: OnceLock<(PipeReader, PipeWriter)> = OnceLock::new();
    PAPER.get_or_init(|| pipe().expect("a pipe for the notes"))
}

/// Writes a note that survives this process.
pub fn note(text: impl std::fmt::Display) {
    (&paper().1).write_all(format!("{text}\n").as_bytes()).expect("room for a note");
}

/// The notes of all processes since the last call.
pub fn notes() -> Vec<String> {
    let reader = &paper().0;
    fcntl(reader, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("a pipe can be non-blocking");
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = (&*reader).read(&mut buffer) {
        text.extend_from_slice(&buffer[..length]);
    }
    String::from_utf8(text).expect("notes are text").lines().map(str::to_owned).collect()
}

/// This process's open descriptors, as `number -> file`.
pub fn descriptors() -> Vec<String> {
    let folder = fs::File::open("/proc/self/fd").expect("/proc");
    let itself = folder.as_raw_fd();
    drop(folder);
    let entries = fs::read_dir("/proc/self/fd").expect("/proc").flatten();
    let mut found: Vec<(i32, String)> = entries
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            let file = fs::read_link(entry.path()).unwrap_or_default();
            // The descriptor that reads the folder is none that a scene has left open.
            (number != itself).then(|| (number, file.display().to_string()))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(number, file)| format!("{number} -> {file}")).collect()
}

/// The letter for the state of a process, `Z` for one that has ended and was not waited for; `None` if there is none.
pub fn state_of(pid: u32) -> Option<char> {
    crate::family::Stat::of(pid as i32).map(|stat| stat.state)
}

/// Whether a process runs.
pub fn runs(pid: u32) -> bool {
    state_of(pid).is_some_and(|state| !matches!(state, 'Z' | 'X'))
}
