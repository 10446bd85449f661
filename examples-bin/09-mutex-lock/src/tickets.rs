//! The ticket file.

use std::fs;
use std::path::{Path, PathBuf};

use lesson::Result;
use serde_json::{Map, Value};

/// What a ticket file says. Only `count` matters here, but nothing else in it is lost.
pub(crate) struct Tickets {
    all: Map<String, Value>,
    count: u64,
}

impl Tickets {
    pub(crate) fn read(file: &Path) -> Result<Tickets> {
        let bad = |why: &str| format!("ticket file {file:?}: {why}");
        let found = fs::metadata(file).map_err(|e| bad(&e.to_string()))?;
        // Before it is opened: to open a named pipe would be to wait for ever.
        if !found.is_file() {
            return Err(bad(if found.is_dir() { "is a directory" } else { "is not a regular file" }).into());
        }
        let text = fs::read(file).map_err(|e| bad(&e.to_string()))?;
        let all: Value = serde_json::from_slice(&text).map_err(|e| bad(&format!("not JSON: {e}")))?;
        let Value::Object(all) = all else { return Err(bad("no \"count\" in it").into()) };
        let count = all.get("count").ok_or_else(|| bad("no \"count\" in it"))?;
        let limits = format!("\"count\" must be a whole number from 0 to {}, not {count}", u64::MAX);
        let count = count.as_u64().ok_or_else(|| bad(&limits))?;
        Ok(Tickets { all, count })
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// One less, if there is one.
    pub(crate) fn take_one(&mut self) -> bool {
        let Some(less) = self.count.checked_sub(1) else { return false };
        self.count = less;
        self.all.insert("count".into(), less.into());
        true
    }

    /// Nobody ever reads half a file: the new one is written elsewhere and takes the old one's place in one step.
    pub(crate) fn write(&self, file: &Path, draft: &Path) -> Result {
        let write = || {
            fs::write(draft, format!("{}\n", Value::Object(self.all.clone())))?;
            fs::set_permissions(draft, fs::metadata(file)?.permissions())?;
            fs::rename(draft, file)
        };
        write().map_err(|e| format!("ticket file {file:?}: {e}").into())
    }
}

/// A ticket file of the user's, links followed, and a folder beside it for drafts. A bad one is told before anything
/// happens.
pub(crate) fn beside(file: &Path) -> Result<(PathBuf, PathBuf)> {
    Tickets::read(file)?;
    let file = file.canonicalize()?;
    let folder = lesson::private_folder(Some(&file))
        .map_err(|e| format!("ticket file {file:?}: cannot write in its folder: {e}"))?;
    Ok((file, folder))
}
