//! Where large items wait: files in a folder that belongs to the whole family of processes.
//!
//! The first process that makes a queue makes the folder, and holds a shared flock on a file in it. Those it
//! starts inherit the open file and with it the lock, so the lock is free exactly when the last of the family
//! is gone, however it went. Who ends last clears the folder away; what `kill -9` prevents, the next family
//! that needs a folder does. (What makes an inherited flock a trap elsewhere makes it a tool here.)

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::error::Error;
use crate::flock::{lock_if_free, share};
use crate::fork::lock;

const PREFIX: &str = "procession-";
const ALIVE: &str = "alive";

#[derive(Debug)]
struct Family {
    folder: PathBuf,
    /// Holds the shared flock; never used but to be open.
    _alive: File,
}

/// The folder, or why there is none.
static FAMILY: Mutex<Option<Result<Family, (PathBuf, io::Error)>>> = Mutex::new(None);

/// Makes sure that the family has its folder, or knows why not; that matters only to large items.
pub(crate) fn join() {
    lock(&FAMILY).get_or_insert_with(found);
}

/// The folder of the family.
fn folder() -> Result<PathBuf, Error> {
    match lock(&FAMILY).get_or_insert_with(found) {
        Ok(family) => Ok(family.folder.clone()),
        Err((base, e)) => {
            let copy = e.raw_os_error().map_or_else(|| e.kind().into(), io::Error::from_raw_os_error);
            Err(Error::at("making a folder for large items in", base)(copy))
        }
    }
}

/// At the end of a process: the last one of the family removes the folder.
pub(crate) fn leave() {
    let Some(Ok(Family { folder, _alive })) = lock(&FAMILY).take() else { return };
    drop(_alive);
    sweep_if_dead(&folder);
}

/// Memory first, disk second, unless the user has named a place.
fn bases() -> Vec<PathBuf> {
    match std::env::var_os("TMPDIR") {
        Some(named) if !named.is_empty() => vec![named.into()],
        _ => vec!["/dev/shm".into(), "/tmp".into()],
    }
}

fn found() -> Result<Family, (PathBuf, io::Error)> {
    let mut answer = Err((PathBuf::new(), io::ErrorKind::NotFound.into()));
    for base in bases() {
        sweep(&base);
        match make(&base) {
            Ok(family) => return Ok(family),
            Err(e) => answer = Err((base, e)),
        }
    }
    answer
}

fn make(base: &Path) -> io::Result<Family> {
    loop {
        let folder = base.join(format!("{PREFIX}{:016x}", rand::random::<u64>()));
        match DirBuilder::new().mode(0o700).create(&folder) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
            answer => answer?,
        }
        // Between here and the lock somebody who sweeps may take the folder for a dead one. Then there is a next.
        let alive = match private().create_new(true).open(folder.join(ALIVE)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => {
                let _ = fs::remove_dir(&folder);
                return Err(e);
            }
            Ok(alive) => alive,
        };
        if share(&alive)? && alive.metadata()?.nlink() == 1 {
            return Ok(Family { folder, _alive: alive });
        }
    }
}

/// Removes what dead families have left here.
fn sweep(base: &Path) {
    let me = nix::unistd::geteuid().as_raw();
    // What cannot be read or removed is left to those who can.
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let ours = entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes())
            && entry.metadata().is_ok_and(|found| found.is_dir() && found.uid() == me);
        if ours {
            sweep_if_dead(&entry.path());
        }
    }
}

fn sweep_if_dead(folder: &Path) {
    match File::open(folder.join(ALIVE)) {
        // Made a moment ago, or left in that moment: only an empty folder can be removed like this.
        Err(_) => drop(fs::remove_dir(folder)),
        Ok(alive) => {
            if lock_if_free(&alive).unwrap_or(false) {
                let _ = fs::remove_dir_all(folder);
            }
        }
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

/// The files of one queue.
#[derive(Debug)]
pub(crate) struct Spill {
    /// Tells the files of one queue from those of another in the same folder.
    queue: u64,
}

/// A large item that is written and not yet put. Dropping it removes the file.
pub(crate) struct Written {
    path: PathBuf,
}

impl Spill {
    pub(crate) fn new() -> Spill {
        join();
        Spill { queue: rand::random() }
    }

    fn path(&self, name: &str) -> Result<PathBuf, Error> {
        Ok(folder()?.join(format!("{:016x}-{name}", self.queue)))
    }

    /// Writes an item into a file that is nobody's yet. One file a seat: what a death leaves here, the next
    /// holder of the seat writes over.
    pub(crate) fn write(&self, seat: usize, item: &[u8]) -> Result<Written, Error> {
        let path = self.path(&format!("new-{seat}"))?;
        let failed = |e| Error::at("writing a large item to", &path)(e);
        let mut file = private().create(true).truncate(true).open(&path).map_err(failed)?;
        let written = Written { path: path.clone() };
        file.write_all(item).map_err(failed)?;
        Ok(written)
    }

    /// Gives a written item its number.
    pub(crate) fn number(&self, written: &mut Written, number: u64) -> Result<(), Error> {
        let path = self.path(&number.to_string())?;
        fs::rename(&written.path, &path).map_err(Error::at("naming a large item", &path))?;
        written.path = path;
        Ok(())
    }

    /// Takes the item with this number out of its file; the file is gone then.
    pub(crate) fn take(&self, number: u64) -> Result<Vec<u8>, Error> {
        let path = self.path(&number.to_string())?;
        let failed = |e| Error::at("reading a large item from", &path)(e);
        let mut file = File::open(&path).map_err(failed)?;
        fs::remove_file(&path).map_err(failed)?;
        let mut item = Vec::new();
        file.read_to_end(&mut item).map_err(failed)?;
        Ok(item)
    }

    /// Removes the files with numbers up to `gone`: nobody will come for them.
    pub(crate) fn clear(&self, gone: u64) -> Result<(), Error> {
        let folder = folder()?;
        let prefix = format!("{:016x}-", self.queue);
        for entry in fs::read_dir(&folder).map_err(Error::at("looking through", &folder))?.flatten() {
            let number = entry.file_name().to_str().and_then(|name| name.strip_prefix(&prefix)?.parse().ok());
            if number.is_some_and(|number: u64| number <= gone) {
                // Two may clear at the same time; to find it gone is as good.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }
}

impl Written {
    /// The record is in the pipe: the file belongs to whoever gets it.
    pub(crate) fn keep(mut self) {
        self.path = PathBuf::new();
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            let _ = fs::remove_file(&self.path);
        }
    }
}
