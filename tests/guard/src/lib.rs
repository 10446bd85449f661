//! When a check is gone, however it went, so are the processes that it started and the folders that it made.
//!
//! A check cannot see to that itself: SIGKILL gives it no time. So it has a *guardian*, a small process of another group,
//! which no Ctrl-C reaches. The guardian waits at a pipe for the end of the check, and then kills every process that has
//! the check's [`mark`] in its environment, and removes every folder whose name begins with its [`prefix`].
//!
//! Whoever starts something has three things to do: call [`watch`], give each process the mark ([`MARK`] in its
//! environment), and give each folder a name with the prefix, in the system's place for such folders. A program that is a
//! check itself is given such a folder as its `TMPDIR`, too: it needs no guardian of its own then.
//!
//! ## Caveats
//!
//! A process that starts a new program with an empty environment is not found. On a machine without `sh`, `grep` and `rm`
//! nothing is.

use std::env;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::absolute;
use std::process::{Child, Command, Stdio, id};
use std::sync::{Mutex, OnceLock};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// The environment variable that marks a process as started by a check.
pub const MARK: &str = "CHECKS_RUN";

/// The guardian. Its arguments: the name of the variable, the mark, the beginning of a folder's path.
///
/// Two looks in a row must have found nobody: the environment of a process cannot be seen while it starts a new program.
const GUARDIAN: &str = r#"
trap '' INT TERM HUP
while read -r _; do :; done
quiet=0
looks=0
while [ "$quiet" -lt 2 ] && [ "$looks" -lt 300 ]; do
    looks=$((looks + 1))
    found=$(grep -slF -e "$1=$2" /proc/[0-9]*/environ)
    if [ -z "$found" ]; then quiet=$((quiet + 1)); else quiet=0; fi
    for process in $found; do
        process=${process#/proc/}
        kill -9 "${process%/environ}"
    done
    sleep 0.02
done
rm -rf "$3"* /dev/shm/"${3##*/}"*
"#;

/// This process's mark, which no other process has unless a check has started it. Where this process is part of a check
/// itself, it is the mark of that one, and what is done here is seen to by its guardian.
pub fn mark() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    // A number that nobody has had, not even the process that had our number before us.
    NAME.get_or_init(|| {
        inherited().unwrap_or_else(|| format!("{}-{:08x}", id(), RandomState::new().hash_one(0) as u32))
    })
}

fn inherited() -> Option<String> {
    env::var(MARK).ok()
}

/// The beginning of the name of each folder that this process makes.
pub fn prefix() -> String {
    match inherited() {
        None => format!("checks-{}-", mark()),
        // In the TMPDIR that it was given, any name will do.
        Some(_) => "checks-".to_owned(),
    }
}

/// Sees to it that there is a guardian, before anything is started that it must find.
pub fn watch() -> io::Result<()> {
    let mut guardian = guardian();
    if guardian.is_some() || inherited().is_some() {
        return Ok(());
    }
    let mut command = Command::new("sh");
    command.args(["-c", GUARDIAN, "guardian", MARK, mark()]).arg(absolute(env::temp_dir())?.join(prefix()));
    command.process_group(0).current_dir("/").env("PATH", path());
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    *guardian = Some(spawned.map_err(|why| io::Error::new(why.kind(), format!("sh: {why}")))?);
    Ok(())
}

fn path() -> std::ffi::OsString {
    env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into())
}

/// Has the guardian do its work now, and waits until that is done.
pub fn end() {
    dismiss(&mut guardian());
}

/// Returns at once, unless a signal is ending this process: then never. What the guardian has killed is no result to be
/// told.
pub fn go_on() {
    drop(guardian());
}

fn dismiss(guardian: &mut Option<Child>) {
    if let Some(mut guardian) = guardian.take() {
        drop(guardian.stdin.take());
        // There is nobody left to tell of an error.
        let _ = guardian.wait();
    }
}

/// Has this process die of Ctrl-C and its like only when the guardian is done, so that nothing is left when the next
/// prompt is there. This takes a thread.
pub fn end_first() -> io::Result<()> {
    static ONCE: Mutex<bool> = Mutex::new(false);
    let mut done = ONCE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if *done || inherited().is_some() {
        return Ok(());
    }
    let heeded = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !is_ignored(*signal));
    let mut signals = Signals::new(heeded)?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            if let Some(first) = FIRST.get() {
                first();
            }
            // Kept until the end: so nobody starts anything any more.
            let mut guardian = guardian();
            dismiss(&mut guardian);
            let _ = emulate_default_handler(signal);
        }
    })?;
    *done = true;
    Ok(())
}

/// What is to be done before anything else when a signal ends this process.
static FIRST: OnceLock<fn()> = OnceLock::new();

/// Has this done before anything else when a signal ends this process: who has changed the terminal gives it back. The
/// first one that is given counts.
pub fn before_the_end(first: fn()) {
    FIRST.get_or_init(|| first);
}

/// Whether a signal is ignored, as `nohup` and a shell's `&` have it: so it stays.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// The guardian of this process, once it has one.
fn guardian() -> std::sync::MutexGuard<'static, Option<Child>> {
    static GUARDIAN: Mutex<Option<Child>> = Mutex::new(None);
    GUARDIAN.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
