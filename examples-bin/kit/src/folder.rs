//! A folder of the lesson's own.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use nix::sys::signal::{SigSet, SigmaskHow};

/// The folder, open, and the process that made it and is to remove it.
static MINE: Mutex<Option<(PathBuf, File, u32)>> = Mutex::new(None);

/// A new folder, in the system's place for such folders or beside a file; gone when the lesson is over.
pub fn private_folder(beside: Option<&Path>) -> io::Result<PathBuf> {
    // A signal that ends the lesson waits meanwhile: it finds no folder, or one that is known.
    let mask = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let made = make_and_remember(beside);
    mask.thread_set_mask()?;
    made
}

fn make_and_remember(beside: Option<&Path>) -> io::Result<PathBuf> {
    let name = format!(".lesson-{:016x}", rand::random::<u64>());
    let make = |place: &Path| {
        let folder = place.join(&name);
        fs::DirBuilder::new().mode(0o700).create(&folder).map(|()| folder)
    };
    let folder = match beside.and_then(Path::parent) {
        Some(place) => make(place)?,
        None => {
            // TMPDIR may say anything.
            let place = Some(std::env::temp_dir()).filter(|place| place.is_absolute());
            place.and_then(|place| make(&place).ok()).map_or_else(|| make(Path::new("/tmp")), Ok).map_err(
                |e| io::Error::new(e.kind(), format!("cannot make a folder in $TMPDIR or /tmp: {e}")),
            )?
        }
    };
    // It takes a descriptor to empty it. When it is time, there may be none left.
    let open = File::open(&folder).inspect_err(|_| _ = fs::remove_dir(&folder))?;
    crate::signals::remove_at_the_end(&folder, &open);
    if let Ok(mut mine) = MINE.lock() {
        *mine = Some((folder.clone(), open, std::process::id()));
    }
    Ok(folder)
}

pub(crate) fn remove() {
    let mine = MINE.lock().ok().and_then(|mut mine| mine.take());
    if let Some((folder, open, _)) = mine.filter(|(.., maker)| *maker == std::process::id()) {
        drop(open);
        let _ = fs::remove_dir_all(folder);
    }
}
