//! Lesson 09, with many purchases: read the ticket file, one less, write it elsewhere, let it take the old one's place.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use procession::{Lock, Process};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::sample::least;

const PASSERSBY: u64 = 10;

/// A folder of our own.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
}

impl Folder {
    pub(crate) fn new() -> Result<Folder> {
        let path = std::env::temp_dir().join(format!("procession-bench-{:016x}", rand::random::<u64>()));
        fs::create_dir(&path)?;
        Ok(Folder { path })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[derive(Serialize, Deserialize)]
struct Tickets {
    count: u64,
}

fn buy_one(file: &Path, draft: &Path) -> Result {
    let mut tickets: Tickets = serde_json::from_slice(&fs::read(file)?)?;
    tickets.count -= 1;
    fs::write(draft, serde_json::to_vec(&tickets)?)?;
    Ok(fs::rename(draft, file)?)
}

/// Nanoseconds a purchase, the starting of the passersby included. `shopping` is one passerby's: it buys as often as it
/// is told.
fn sell(folder: &Folder, shopping: impl Fn(u64, &dyn Fn() -> Result) -> Result) -> Result<f64> {
    let each = if least().as_millis() < 300 { 50 } else { 1000 };
    let file = folder.path.join("tickets.json");
    fs::write(&file, serde_json::to_vec(&Tickets { count: PASSERSBY * each })?)?;
    let start = Instant::now();
    let mut passersby = vec![];
    for i in 0..PASSERSBY {
        let draft = folder.path.join(format!("draft-{i}"));
        let (file, shopping) = (&file, &shopping);
        let life = move || shopping(each, &|| buy_one(file, &draft)).map_err(|e| e.to_string());
        passersby.push(Process::new(life).start()?);
    }
    for passerby in passersby {
        if !passerby.join()?.success() {
            return Err("a passerby failed".into());
        }
    }
    let took = start.elapsed();
    match serde_json::from_slice::<Tickets>(&fs::read(&file)?)?.count {
        0 => Ok(took.as_nanos() as f64 / (PASSERSBY * each) as f64),
        left => Err(format!("{left} tickets are left").into()),
    }
}

pub(crate) fn ours() -> Result<f64> {
    let (folder, mutex) = (Folder::new()?, Lock::new()?);
    sell(&folder, |times, buy| {
        for _ in 0..times {
            let _guard = mutex.acquire()?;
            buy()?;
        }
        Ok(())
    })
}

/// The same under a bare flock.
pub(crate) fn raw() -> Result<f64> {
    let folder = Folder::new()?;
    let path = folder.path.join("lock");
    sell(&folder, |times, buy| {
        let lock = File::options().create(true).append(true).open(&path)?;
        for _ in 0..times {
            lock.lock()?;
            buy()?;
            lock.unlock()?;
        }
        Ok(())
    })
}
