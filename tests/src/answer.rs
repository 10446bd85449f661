//! A learner's program, built from the file that is there.
//!
//! Cargo takes a file for unchanged if it is older than what was built from it. So it would not compile an answer that
//! was put aside and moved back (`mv main.rs.bak main.rs`), and a second clone that uses the same target folder would
//! get the first one's programs. Therefore the file is touched before it is built, and the program is copied before
//! anybody else can build another one in its place.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use procession::FileLock;

use crate::cargo::{self, Built};

/// A file may be gone for a moment while an editor saves it.
const MOMENT: Duration = Duration::from_millis(300);

/// The package of an exercise.
#[derive(Clone, Debug)]
pub struct Package {
    /// Its name, and that of its program and its check: `exercise-02`.
    pub name: String,
    /// Where its `main.rs` is.
    pub folder: PathBuf,
}

/// Builds the programs of these exercises, and their checks if that is wanted. `beside`: where cargo puts programs.
pub fn build(
    packages: &[Package],
    checks: bool,
    beside: &Path,
    doing: &(dyn Fn(&str) + Sync),
) -> Result<Built, String> {
    let lock = FileLock::new(beside.join("exercises.lock"));
    let locked = |why| format!("{}: {why}", beside.join("exercises.lock").display());
    let mine = match lock.acquire_timeout(Duration::ZERO).map_err(locked)? {
        Some(mine) => mine,
        None => {
            doing("waiting: another check is being built");
            lock.acquire().map_err(locked)?
        }
    };
    // Cargo builds nothing at all if one of the files is not there.
    let packages: Vec<_> = packages.iter().filter(|one| is_there(one)).cloned().collect();
    let Some(first) = packages.first() else { return Ok(Built::default()) };
    let kind = if checks { "--test" } else { "--bin" };
    let args = packages.iter().flat_map(|one| ["--package", &one.name, kind, &one.name]);
    let args: Vec<&str> = args.collect();
    let mut built = loop {
        let before = texts(&packages)?;
        let built = cargo::build(&first.folder, &args, doing)?;
        // It may have been saved while it was compiled.
        if before == texts(&packages)? {
            break built;
        }
    };
    let place = crate::folder().map_err(|why| why.to_string())?;
    for (name, program) in &mut built.programs {
        let copied = place.path().join(name);
        copy(program, &copied)?;
        *program = copied;
    }
    built.place = Some(place);
    drop(mine);
    Ok(built)
}

/// Whether there is a learner's file, now or in a moment.
fn is_there(package: &Package) -> bool {
    let path = package.folder.join("main.rs");
    path.exists() || {
        sleep(MOMENT);
        path.exists()
    }
}

/// What is in the learner's files, which cargo will compile now whatever it thinks of their age.
fn texts(packages: &[Package]) -> Result<Vec<Vec<u8>>, String> {
    let text = |package: &Package| {
        let path = package.folder.join("main.rs");
        let touch = || File::open(&path)?.set_modified(SystemTime::now());
        let read = || touch().and_then(|()| fs::read(&path));
        let read = read().or_else(|_| {
            sleep(MOMENT);
            read()
        });
        read.map_err(|why| format!("{}: {why}", path.display()))
    };
    packages.iter().map(text).collect()
}

/// Copies a program. Not in this process: a program that is open for writing cannot be run, and another thread may start
/// a process that has inherited our open file for a moment.
pub fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let copied = Command::new("cp").arg("--").args([from, to]).output();
    let copied = copied.map_err(|why| format!("cp could not be run: {why}"))?;
    copied
        .status
        .success()
        .then_some(())
        .ok_or_else(|| String::from_utf8_lossy(&copied.stderr).trim().to_owned())
}
