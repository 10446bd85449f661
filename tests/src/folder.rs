//! Folders that are gone when the test is, however it went.

use std::env::temp_dir;
use std::io;

use tempfile::{Builder, TempDir};

/// A new empty folder, in the system's place for such. It is removed with its handle, or else by the [`guard`].
pub fn folder() -> io::Result<TempDir> {
    guard::watch()?;
    Builder::new().prefix(&guard::prefix()).tempdir().map_err(|why| {
        let place = temp_dir();
        let why = match place.is_dir() {
            true => why.to_string(),
            false => "there is no such folder (it is named by TMPDIR)".to_owned(),
        };
        io::Error::other(format!("no folder can be made in {}: {why}", place.display()))
    })
}
