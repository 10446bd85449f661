//! What the processes of a test note, of which its verdict is made: one line each, in a pipe.

use std::any::Any;
use std::fs::File;
use std::io::Write;
use std::sync::OnceLock;

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::process::ON_PANIC;
use crate::sys::this_process::name;

/// Where a process of the test writes what its verdict will be made of: see [`note`].
static NOTES: OnceLock<File> = OnceLock::new();

/// From here on this process and all that it starts write to this pipe, and never wait for room in it.
pub(super) fn go_to(pipe: File) -> nix::Result<()> {
    fcntl(&pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    NOTES.get_or_init(|| pipe);
    ON_PANIC.get_or_init(|| ended_by_a_panic);
    Ok(())
}

/// Whether this process is one of a test's.
pub(super) fn are_taken() -> bool {
    NOTES.get().is_some()
}

/// A process ends by this panic. If it belongs to a test, that fails.
fn ended_by_a_panic(payload: &(dyn Any + Send)) {
    fail(&format!("{}: {}", name(), text_of(payload)));
}

pub(super) fn text_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text")
}

pub(super) fn fail(why: &str) {
    note(Some(why));
}

/// Notes a failure, or that the closure has come to its end: in one write, which a pipe takes whole.
pub(super) fn note(failure: Option<&str>) {
    const LONGEST: usize = 600;
    let Some(mut notes) = NOTES.get() else { return };
    let failure = failure.map(|text| text.chars().take(LONGEST).collect::<String>());
    if let Ok(line) = serde_json::to_string(&failure) {
        let _ = notes.write_all(format!("{line}\n").as_bytes());
    }
}
