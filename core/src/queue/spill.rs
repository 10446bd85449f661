//! Where large items wait: files in a folder that belongs to the whole family of processes.
//!
//! The first process that makes a queue takes a name for the family: an address in the kernel's own list of Unix
//! sockets, which no file stands for. Those it starts inherit the open socket and with it the name, so the name is free
//! exactly when the last of the family is gone, however it went. The folder is named after it, and made for the first
//! large item. Who ends last clears it away; what `kill -9` prevents, the next family that needs a folder does.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::{Path, PathBuf, absolute};
use std::sync::Mutex;

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::{AccessFlags, access};
use rand::TryRng;
use rand::rngs::SysRng;

use crate::error::Error;
use crate::sys::fork::lock;
use crate::sys::step::step;

#[derive(Debug)]
struct Family {
    folder: PathBuf,
    /// Holds the name; never used but to be open. A process that ends gives it up first.
    token: Option<UnixDatagram>,
}

static FAMILY: Mutex<Option<Family>> = Mutex::new(None);

/// The folder of the family, which need not be there yet. The first call makes the family.
fn folder() -> Result<PathBuf, Error> {
    let mut family = lock(&FAMILY);
    if family.is_none() {
        *family = Some(found().map_err(Error::io("naming a folder for large items"))?);
    }
    Ok(family.as_ref().map(|family| family.folder.clone()).unwrap_or_default())
}

fn found() -> io::Result<Family> {
    let base = base()?;
    let name = format!("{}{:016x}", prefix()?, random()?);
    Ok(Family { folder: base.join(&name), token: Some(take_name(&name)?) })
}

/// Of the system: a generator of ours would say the same in a process that was forked behind our back.
fn random() -> io::Result<u64> {
    SysRng.try_next_u64().map_err(io::Error::other)
}

/// Memory first, disk second, unless the user has named a place. Absolute: the program may change its directory.
fn base() -> io::Result<PathBuf> {
    match std::env::var_os("TMPDIR") {
        Some(named) if !named.is_empty() => absolute(named),
        _ if access("/dev/shm", AccessFlags::W_OK).is_ok() => Ok("/dev/shm".into()),
        _ => Ok("/tmp".into()),
    }
}

/// Names of sockets are known within one network namespace. Containers may share a folder and not that, so the name
/// says which it is, and nobody sweeps what he cannot ask after.
fn prefix() -> io::Result<String> {
    let namespace = fs::read_link("/proc/self/ns/net")?;
    let digits: String = namespace.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
    Ok(format!("procession-{digits}-"))
}

fn take_name(name: &str) -> io::Result<UnixDatagram> {
    UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(name)?)
}

/// Makes the folder. Whoever is the first to need one also looks for those of dead families.
fn make(folder: &Path) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {
            sweep(folder.parent().unwrap_or(folder));
            Ok(())
        }
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(Error::at("making a folder for large items:", folder)(e)),
    }
}

/// Removes what dead families have left here. What is not ours cannot be removed, and need not be.
fn sweep(base: &Path) {
    let Ok(prefix) = prefix() else { return };
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        match entry.file_name().to_str() {
            Some(name) if name.starts_with(&prefix) => sweep_if_dead(&entry.path(), name),
            _ => {}
        }
    }
}

fn sweep_if_dead(folder: &Path, name: &str) {
    if take_name(name).is_ok() {
        let _ = fs::remove_dir_all(folder);
    }
}

/// At the end of a process: the last one of the family removes the folder.
pub(crate) fn leave() {
    let mut family = lock(&FAMILY);
    let Some(Family { folder, token }) = &mut *family else { return };
    // What another thread still puts goes where the family looks for it.
    token.take();
    // In another network namespace than the family's every name seems free: then this is for others to do.
    match (folder.file_name().and_then(|name| name.to_str()), prefix()) {
        (Some(name), Ok(prefix)) if name.starts_with(&prefix) => sweep_if_dead(folder, name),
        _ => {}
    }
}

/// Whether the system lets this process write to a file up to there. If one writes without asking, SIGXFSZ kills.
pub(crate) fn may_write_up_to(end: u64) -> bool {
    getrlimit(Resource::RLIMIT_FSIZE).is_ok_and(|(limit, _)| end <= limit)
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
    pub(crate) fn new() -> Result<Spill, Error> {
        // Now, so that all who inherit the queue inherit the name.
        folder()?;
        Ok(Spill { queue: random().map_err(Error::io("naming the files of a queue"))? })
    }

    fn path(&self, name: &str) -> Result<PathBuf, Error> {
        Ok(folder()?.join(format!("{:016x}-{name}", self.queue)))
    }

    /// Writes an item into a file that is nobody's yet. One file a seat: what a death leaves here, the next
    /// holder of the seat writes over.
    pub(crate) fn write(&self, seat: usize, item: &[u8]) -> Result<Written, Error> {
        make(&folder()?)?;
        let path = self.path(&format!("new-{seat}"))?;
        let failed = |e| Error::at("writing a large item to", &path)(e);
        if !may_write_up_to(item.len() as u64) {
            return Err(failed(Errno::EFBIG.into()));
        }
        let mut file = private().create(true).truncate(true).open(&path).map_err(failed)?;
        let written = Written { path: path.clone() };
        step!("put: file made");
        file.write_all(item).map_err(failed)?;
        Ok(written)
    }

    /// Gives a written item its number.
    pub(crate) fn number(&self, written: &mut Written, number: u64) -> Result<(), Error> {
        self.rename(written, &number.to_string())
    }

    /// Takes the number back from an item that could not be put: it is the seat's file again.
    pub(crate) fn unnumber(&self, written: &mut Written, seat: usize) -> Result<(), Error> {
        self.rename(written, &format!("new-{seat}"))
    }

    fn rename(&self, written: &mut Written, name: &str) -> Result<(), Error> {
        let path = self.path(name)?;
        fs::rename(&written.path, &path).map_err(Error::at("naming a large item", &path))?;
        written.path = path;
        Ok(())
    }

    /// Takes the item with this number out of its file; the file is gone then.
    pub(crate) fn take(&self, number: u64, item: &mut Vec<u8>) -> Result<(), Error> {
        let path = self.path(&number.to_string())?;
        let failed = |e| Error::at("reading a large item from", &path)(e);
        let mut file = File::open(&path).map_err(failed)?;
        file.read_to_end(item).map_err(failed)?;
        step!("get: file read");
        // If it cannot be removed it is cleared away later, or with the folder.
        let _ = fs::remove_file(&path);
        step!("get: file gone");
        Ok(())
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
