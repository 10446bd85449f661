//! A folder of the lesson's own.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The folder, and the process that made it and is to remove it.
static MINE: Mutex<Option<(PathBuf, u32)>> = Mutex::new(None);

/// A new folder, in the system's place for such folders or beside a file; gone when the lesson is over.
pub fn private_folder(beside: Option<&Path>) -> io::Result<PathBuf> {
    let place = beside.and_then(Path::parent).map_or_else(std::env::temp_dir, Path::to_owned);
    let folder = place.join(format!(".lesson-{:016x}", rand::random::<u64>()));
    fs::DirBuilder::new().mode(0o700).create(&folder)?;
    crate::signals::remove_at_the_end(&folder);
    if let Ok(mut mine) = MINE.lock() {
        *mine = Some((folder.clone(), std::process::id()));
    }
    Ok(folder)
}

pub(crate) fn remove() {
    let mine = MINE.lock().ok().and_then(|mut mine| mine.take());
    if let Some((folder, _)) = mine.filter(|(_, maker)| *maker == std::process::id()) {
        let _ = fs::remove_dir_all(folder);
    }
}
