//! A lock, alone and contended: acquire, read a number, write it one higher, release. The number is in a file, as that of
//! the tickets is, or in shared memory, where the turn is so short that hardly anybody ever has to wait for it, or there is none.

use std::fs::File;
use std::num::NonZeroUsize;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use procession::Lock;

use crate::Result;
use crate::crew::{Job, Tally, run};
use crate::sample::{sample, sample_alone};
use crate::sides::tickets::Folder;

pub(crate) fn ours(processes: u64, place: &str) -> Result<f64> {
    let lock = Lock::new()?;
    if processes == 1 {
        return sample_alone(1000, || {
            lock.acquire()?.release();
            Ok(())
        });
    }
    contend(
        processes,
        place,
        || Ok(&lock),
        |lock, add_one| {
            let _guard = lock.acquire()?;
            add_one()?;
            Ok(())
        },
    )
}

/// flock, on a file that each process opens for itself.
pub(crate) fn raw(processes: u64, place: &str) -> Result<f64> {
    let folder = Folder::new()?;
    let path = folder.path.join("lock");
    let open = || Ok(File::options().create(true).append(true).open(&path)?);
    if processes == 1 {
        let file = open()?;
        return sample_alone(1000, || {
            file.lock()?;
            Ok(file.unlock()?)
        });
    }
    contend(processes, place, open, |file, add_one| {
        file.lock()?;
        add_one()?;
        Ok(file.unlock()?)
    })
}

fn contend<L>(
    processes: u64,
    place: &str,
    open: impl Fn() -> Result<L>,
    locked: impl Fn(&L, &dyn Fn() -> Result) -> Result,
) -> Result<f64> {
    let number = Number::new(place)?;
    // Not one indivisible step: without exclusion some would get lost.
    let add_one = || number.write(number.read()? + 1);
    sample(100 * processes, |count| {
        number.write(0)?;
        let job = || -> Result<Tally> {
            let lock = open()?;
            for _ in 0..count / processes {
                locked(&lock, &add_one)?;
            }
            Ok(Tally::default())
        };
        let (took, _) = run((0..processes).map(|_| Box::new(job) as Job<'_>).collect())?;
        match number.read()? {
            found if found == count || place == "nowhere" => Ok(took),
            found => Err(format!("{count} times one more came to {found}").into()),
        }
    })
}

/// A number that all processes have in common.
enum Number {
    Nowhere,
    Memory(&'static AtomicU64),
    File(File, #[expect(dead_code, reason = "it removes the file at the end")] Folder),
}

impl Number {
    fn new(place: &str) -> Result<Number> {
        match place {
            "nowhere" => return Ok(Number::Nowhere),
            "memory" => return Ok(Number::Memory(shared_number()?)),
            _ => {}
        }
        let folder = Folder::new()?;
        let file =
            File::options().create_new(true).read(true).write(true).open(folder.path.join("number"))?;
        Ok(Number::File(file, folder))
    }

    fn read(&self) -> Result<u64> {
        let mut bytes = [0; 8];
        match self {
            Number::Nowhere => return Ok(0),
            Number::Memory(number) => return Ok(number.load(Relaxed)),
            Number::File(file, _) => file.read_exact_at(&mut bytes, 0)?,
        }
        Ok(u64::from_ne_bytes(bytes))
    }

    fn write(&self, number: u64) -> Result {
        match self {
            Number::Nowhere => {}
            Number::Memory(there) => there.store(number, Relaxed),
            Number::File(file, _) => file.write_all_at(&number.to_ne_bytes(), 0)?,
        }
        Ok(())
    }
}

/// A number that all processes started from now on have in common.
pub(crate) fn shared_number() -> Result<&'static AtomicU64> {
    let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    let size = NonZeroUsize::new(4096).ok_or("no page is that small")?;
    // SAFETY: a new mapping, at a place that the system chooses.
    let page = unsafe { mmap_anonymous(None, size, protection, MapFlags::MAP_SHARED)? };
    // SAFETY: the page is zeroed, aligned, larger than that, and is never unmapped.
    Ok(unsafe { page.cast::<AtomicU64>().as_ref() })
}
