//! The arguments of a lesson.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::end::usage_error;

/// The arguments that were given and not yet asked for.
#[derive(Debug)]
pub struct Args {
    rest: Vec<OsString>,
}

impl Args {
    pub(crate) fn of_this_process() -> Args {
        Args { rest: std::env::args_os().skip(1).flat_map(parted).collect() }
    }

    /// Whether somebody asks for help.
    pub(crate) fn help(&mut self) -> bool {
        self.flag("--help") || self.flag("-h")
    }

    /// Whether `--name` is there.
    pub fn flag(&mut self, name: &str) -> bool {
        let before = self.rest.len();
        self.rest.retain(|arg| arg != name);
        self.rest.len() < before
    }

    /// Which of these words, without dashes, comes first.
    pub fn word(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let known = |arg: &OsString| words.iter().find(|word| arg == **word);
        let (at, word) = self.rest.iter().enumerate().find_map(|(at, arg)| Some((at, known(arg)?)))?;
        self.rest.remove(at);
        Some(word)
    }

    /// The text after `--name`.
    pub fn text(&mut self, name: &str) -> Option<OsString> {
        let mut last = None;
        while let Some(at) = self.rest.iter().position(|arg| arg == name) {
            if at + 1 == self.rest.len() {
                usage_error(&format!("{name} needs a value (try --help)"));
            }
            last = self.rest.drain(at..at + 2).nth(1);
        }
        last
    }

    /// The whole number after `--name`, at most `most`.
    pub fn number(&mut self, name: &str, most: u64) -> Option<u64> {
        let text = self.text(name)?;
        let digits = text.to_str().filter(|text| text.bytes().all(|c| c.is_ascii_digit()));
        match digits.and_then(|text| text.parse().ok()) {
            Some(number) if number <= most => Some(number),
            _ => usage_error(&format!(
                "{name} must be a whole number from 0 to {most}, not {text:?} (try --help)"
            )),
        }
    }

    /// Nothing else may be there.
    pub fn end(&mut self) {
        if let Some(unknown) = self.rest.first() {
            usage_error(&format!("unknown argument {unknown:?} (try --help)"));
        }
    }
}

/// `--tickets=3` as the two arguments that it stands for.
fn parted(arg: OsString) -> Vec<OsString> {
    let bytes = arg.as_bytes();
    match bytes.iter().position(|byte| *byte == b'=') {
        Some(at) if bytes.starts_with(b"--") => {
            [&bytes[..at], &bytes[at + 1..]].map(|part| OsStr::from_bytes(part).to_owned()).to_vec()
        }
        _ => vec![arg],
    }
}
