//! How a lesson ends when something is wrong.

use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsFd;
use std::process;
use std::sync::OnceLock;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use procession::{Child, active_children};

static NAME: OnceLock<String> = OnceLock::new();

/// A pipe with one byte in it. Who has something to complain about takes the byte first, and who finds it gone
/// is silent: when ten processes meet the same full disk, one line is enough.
static WORD: OnceLock<(PipeReader, PipeWriter)> = OnceLock::new();

pub(crate) fn prepare(number: &str) {
    // A program that had the terminal or pipe before may have set it so that writes fail when the reader is slow.
    for stream in [std::io::stdout().as_fd(), std::io::stderr().as_fd()] {
        if let Ok(flags) = fcntl(stream, FcntlArg::F_GETFL).map(OFlag::from_bits_retain) {
            let _ = fcntl(stream, FcntlArg::F_SETFL(flags - OFlag::O_NONBLOCK));
        }
    }
    NAME.get_or_init(|| format!("lesson-{number}"));
    if let Ok((reader, mut writer)) = std::io::pipe() {
        let _ = writer.write_all(b".");
        let _ = fcntl(reader.as_fd(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK));
        WORD.get_or_init(|| (reader, writer));
    }
    // println! panics when stdout does not take the line. That is not a mistake of the lesson's.
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let message = panic.payload().downcast_ref::<String>().map_or("", String::as_str);
        match message.strip_prefix("failed printing to stdout: ") {
            Some(reason) => fail(&format!("cannot write to stdout: {reason}")),
            None => usual(panic),
        }
    }));
}

/// The arguments are wrong: one line on stderr, exit code 2.
pub fn usage_error(text: &str) -> ! {
    say_first(text);
    process::exit(2)
}

/// The system failed: ends the lesson, or the process of it that calls, with one line on stderr and exit code 1. When
/// the reader of stdout has gone, there is nothing to complain about: a quiet end.
pub fn fail(text: &str) -> ! {
    // Whoever calls waits for its children at its end. These have nothing to do any more.
    let children = active_children();
    for action in [|child: &Child| child.kill().is_ok(), |child: &Child| child.join().is_ok()] {
        children.iter().for_each(|child| _ = action(child));
    }
    crate::folder::remove();
    if reader_has_gone() {
        process::exit(0);
    }
    say_first(text);
    process::exit(1)
}

/// What a process of the lesson does: if it fails, the lesson tells it once, whoever fails beside it.
pub fn or_fail(result: crate::Result) {
    if let Err(error) = result {
        fail(&error.to_string());
    }
}

/// Waits for all of them. One that failed has said why; the lesson fails with it. One that was killed has its reasons
/// and is no failure of the lesson's.
pub fn join_all(children: &[Child]) -> crate::Result {
    for child in children {
        let status = child.join()?;
        if status.code().is_some_and(|code| code != 0) {
            return Err(format!("{} failed", child.name()).into());
        }
    }
    Ok(())
}

fn say_first(text: &str) {
    let mut byte = [0];
    if WORD.get().is_none_or(|(reader, _)| { reader }.read(&mut byte).is_ok()) {
        let name = NAME.get().map_or("lesson", String::as_str);
        // In one piece: stderr would write each part by itself.
        let _ = std::io::stderr().write_all(format!("{name}: {text}\n").as_bytes());
    }
}

fn reader_has_gone() -> bool {
    let stdout = std::io::stdout();
    let mut ask = [PollFd::new(stdout.as_fd(), PollFlags::empty())];
    let asked = poll(&mut ask, PollTimeout::ZERO).is_ok();
    asked && ask[0].revents().is_some_and(|answer| answer.intersects(PollFlags::POLLERR | PollFlags::POLLHUP))
}
