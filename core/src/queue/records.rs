//! Records, all of one size: a pipe of them, and a file behind it for those that the pipe has no room for.
//!
//! Each record moves in one system call. On Linux a write to a pipe of at most 4096 bytes is atomic among all writers,
//! and a read of one record among all readers, since no record is ever there in part. The file behind the pipe, the
//! *overflow*, has its tail at its end and its head at its file position, which all processes share: to append a record
//! is one `write` there, and one `splice` moves records from the head into the pipe, and the head with them. So there is no moment
//! between "not yet" and "done" at which a death could leave something behind.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, FcntlArg, SpliceFFlags, fallocate, fcntl, splice};
use nix::libc;
use nix::poll::PollFlags;

use crate::error::Error;
use crate::sys;
use crate::sys::step::step;
use crate::sys::wait::{Wait, poll_until};

/// The size of a record. Sixteen of them fill a page.
pub(crate) const RECORD: usize = 256;

/// What of a record is for the item: the rest is its length and its kind.
pub(crate) const INLINE: usize = RECORD - HEADER;

const HEADER: usize = 4;

/// The largest pipe that an ordinary user may have.
const LARGEST_PIPE: usize = 1 << 20;

/// Every so many bytes what lies before the head of the overflow is given back to the system.
const GIVE_BACK: u64 = 1 << 20;

/// At a pipe for fewer records than this, getters may have to look for themselves.
const SMALL: usize = 128;

/// A getter looks so often before it goes to sleep, for so long at the most, and spins for so many rounds in between. To be
/// woken takes about as long, and costs the putter time, too. Not where there is one processor: there nobody can put
/// meanwhile.
const LOOKS: u32 = 40;
const SPIN_TIME: Duration = Duration::from_micros(50);
const PAUSE: u32 = 32;

/// A getter that waits at a small pipe sleeps no longer than this without looking for itself.
const TICK: Duration = Duration::from_millis(100);

/// One record.
pub(crate) struct Record([u8; RECORD]);

/// What a record says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Content<'a> {
    /// The item itself.
    Small(&'a [u8]),
    /// It lies in a slot, and has this number and size.
    Large { class: usize, slot: usize, number: u64, size: usize },
}

impl Record {
    /// The item must be at most `INLINE` bytes long.
    pub(crate) fn new(content: Content<'_>) -> Record {
        let mut record = Record([0; RECORD]);
        match content {
            Content::Small(item) => record.set(0, item),
            Content::Large { class, slot, number, size } => {
                let words = [class as u64, slot as u64, number, size as u64];
                record.set(1, words.map(u64::to_le_bytes).as_flattened());
            }
        }
        record
    }

    fn set(&mut self, kind: u8, bytes: &[u8]) {
        self.0[..2].copy_from_slice(&(bytes.len() as u16).to_le_bytes());
        self.0[2] = kind;
        self.0[HEADER..HEADER + bytes.len()].copy_from_slice(bytes);
    }

    pub(crate) fn content(&self) -> Content<'_> {
        let size = usize::from(u16::from_le_bytes([self.0[0], self.0[1]])).min(INLINE);
        let bytes = &self.0[HEADER..HEADER + size];
        if self.0[2] == 0 {
            return Content::Small(bytes);
        }
        let word = |at: usize| bytes[8 * at..].first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
        Content::Large {
            class: word(0) as usize,
            slot: word(1) as usize,
            number: word(2),
            size: word(3) as usize,
        }
    }
}

/// The pipe and the overflow. Both are open for reading and writing in every process that inherits them, so nobody ever
/// sees an end of file, and they live as long as one of these.
#[derive(Debug)]
pub(crate) struct Records {
    /// The pipe, for calls that may wait.
    blocking: File,
    /// For calls that may not: the same pipe, opened again, because O_NONBLOCK belongs to the opening. (One call
    /// with RWF_NOWAIT would do, but not before Linux 6.4.)
    nonblocking: File,
    /// How many records the pipe holds for sure.
    capacity: usize,
    /// Whether getters that wait look for themselves now and then: the pipe is small, and may have an overflow behind it. A
    /// few processes can empty it between two steps of another, and all those that were to move more records there may
    /// have died.
    needs_tick: bool,
    /// Whether getters spin for a while before they sleep.
    spins: bool,
    overflow: Arc<File>,
}

impl Records {
    /// Tries for a pipe that holds `maxsize` records, or for the largest one.
    pub(crate) fn new(maxsize: Option<usize>) -> Result<Records, Error> {
        let doing = "making the pipe of a queue";
        let (reader, _writer) = sys::pipe().map_err(Error::io(doing))?;
        let again = format!("/proc/self/fd/{}", reader.as_raw_fd());
        let open = |flags| {
            let answer = File::options().read(true).write(true).custom_flags(flags).open(&again);
            answer.map_err(Error::at(doing, again.as_ref()))
        };
        let (blocking, nonblocking) = (open(0)?, open(libc::O_NONBLOCK)?);
        let capacity = match maxsize {
            Some(maxsize) => fit(&blocking, maxsize),
            None => grow(&blocking),
        };
        let capacity = capacity.map_err(Error::io("sizing the pipe of a queue"))?;
        let overflow = sys::nameless_file().and_then(|file| {
            // Moves nothing, but a system that does not know how, or forbids it, says so now and not when items lie there.
            splice(&file, None, &nonblocking, None, 0, SpliceFFlags::SPLICE_F_NONBLOCK)?;
            Ok(Arc::new(file))
        });
        let overflow = overflow.map_err(Error::io("making the overflow of a queue"))?;
        let may_overflow = maxsize.is_none_or(|maxsize| maxsize > capacity);
        let needs_tick = may_overflow && capacity < SMALL;
        Ok(Records { blocking, nonblocking, capacity, needs_tick, spins: several_processors(), overflow })
    }

    /// A file on which locks can be taken.
    pub(crate) fn file(&self) -> Arc<File> {
        self.overflow.clone()
    }

    /// How many records lie in the pipe.
    pub(crate) fn in_pipe(&self) -> Result<usize, Error> {
        Ok(sys::bytes_in(&self.blocking).map_err(Error::io("asking how full a queue is"))? / RECORD)
    }

    /// Whether so few records in the pipe mean that it is time to move more of them there.
    pub(crate) fn is_low(&self, in_pipe: usize) -> bool {
        in_pipe <= self.capacity / 2
    }

    /// Writes a record into the pipe, unless it is full.
    pub(crate) fn write(&self, record: &Record) -> Result<bool, Error> {
        all_or_nothing(sys::retry(|| (&self.nonblocking).write(&record.0)), "writing to a queue")
    }

    /// Reads a record from the pipe. `None` when the time is over, or sooner: ask again.
    pub(crate) fn read(&self, wait: Wait) -> Result<Option<Record>, Error> {
        let mut record = Record([0; RECORD]);
        let mut look =
            || all_or_nothing(sys::retry(|| (&self.nonblocking).read(&mut record.0)), "reading from a queue");
        if self.spins && !matches!(wait, Wait::Not) && spin(wait, &mut look)? {
            return Ok(Some(record));
        }
        if !self.needs_tick && matches!(wait, Wait::Forever) {
            let read = sys::retry(|| (&self.blocking).read(&mut record.0));
            return Ok(all_or_nothing(read, "reading from a queue")?.then_some(record));
        }
        loop {
            if look()? {
                return Ok(Some(record));
            }
            let Some(nap) = wait.nap(if self.needs_tick { TICK } else { Duration::MAX }) else {
                return Ok(None);
            };
            let ready = poll_until(self.blocking.as_fd(), PollFlags::POLLIN, Wait::at_most(nap));
            if !ready.map_err(Error::io("waiting at a queue"))? {
                return Ok(None);
            }
        }
    }

    /// How many records lie in the overflow. This and what follows only under the mutex of the queue.
    pub(crate) fn in_overflow(&self) -> Result<usize, Error> {
        let (head, tail) = self.ends().map_err(Error::io("asking how full a queue is"))?;
        // Between the two calls that empty the file the head lies behind the tail.
        Ok((tail.saturating_sub(head)) as usize / RECORD)
    }

    /// The head and the tail.
    fn ends(&self) -> io::Result<(u64, u64)> {
        Ok(((&*self.overflow).stream_position()?, self.tail()?))
    }

    fn tail(&self) -> io::Result<u64> {
        Ok(self.overflow.metadata()?.len())
    }

    /// Appends a record to the overflow.
    pub(crate) fn append(&self, record: &Record) -> Result<(), Error> {
        let append = || {
            // Nobody else appends, for that takes the mutex.
            let tail = self.tail()?;
            sys::within_file_limit(tail + RECORD as u64)?;
            self.overflow.write_at(&record.0, tail)
        };
        all_or_nothing(sys::retry(append), "writing to a queue").map(drop)
    }

    /// Moves as many records into the pipe as it has room for. Answers whether the overflow is empty then. `freed` says how
    /// much of it has been given back to the system.
    pub(crate) fn refill(&self, freed: &AtomicU64) -> Result<bool, Error> {
        let refill = || {
            loop {
                let (head, tail) = self.ends()?;
                if head >= tail {
                    if tail > 0 || head > 0 {
                        freed.store(0, SeqCst);
                        self.overflow.set_len(0)?;
                        step!("refill: cut");
                        (&*self.overflow).rewind()?;
                    }
                    return Ok(true);
                }
                let (left, flags) = ((tail - head) as usize, SpliceFFlags::SPLICE_F_NONBLOCK);
                match splice(&*self.overflow, None, &self.nonblocking, None, left.min(LARGEST_PIPE), flags) {
                    Err(Errno::EAGAIN) => return Ok(false),
                    Err(e) => return Err(io::Error::from(e)),
                    Ok(0) => return Ok(false),
                    Ok(_) => {
                        step!("refill: moved");
                        self.give_back(freed)?;
                    }
                }
            }
        };
        sys::retry(refill).map_err(Error::io("moving what a queue holds into its pipe"))
    }

    /// Gives back to the system what lies before the head, when it is worth it. Not what may still lie in the pipe: the
    /// pages there are those of the file.
    fn give_back(&self, freed: &AtomicU64) -> io::Result<()> {
        let in_pipe = sys::bytes_in(&self.blocking)? as u64;
        let read = (&*self.overflow).stream_position()?.saturating_sub(in_pipe) / GIVE_BACK * GIVE_BACK;
        let before = freed.load(SeqCst);
        if read > before {
            let hole = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
            // What cannot be given back now is given back with the next stretch, or when the overflow is empty.
            if fallocate(&*self.overflow, hole, before as i64, (read - before) as i64).is_ok() {
                freed.store(read, SeqCst);
            }
        }
        Ok(())
    }
}

/// Whether a record was moved. That a part of it was would break every promise, so it is an error.
fn all_or_nothing(answer: io::Result<usize>, doing: &'static str) -> Result<bool, Error> {
    match answer {
        Ok(RECORD) => Ok(true),
        Ok(part) => Err(Error::io(doing)(io::Error::other(format!("moved {part} bytes of {RECORD}")))),
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(e) => Err(Error::io(doing)(e)),
    }
}

/// Asks again and again for a short while, and not longer than `wait`.
fn spin(wait: Wait, look: &mut impl FnMut() -> Result<bool, Error>) -> Result<bool, Error> {
    let mut start = None;
    for _ in 0..LOOKS {
        if look()? {
            return Ok(true);
        }
        let is_over = start.get_or_insert_with(Instant::now).elapsed() > SPIN_TIME;
        if is_over || wait.left() == Some(Duration::ZERO) {
            break;
        }
        (0..PAUSE).for_each(|_| std::hint::spin_loop());
    }
    Ok(false)
}

/// Whether another process can run while this one does.
fn several_processors() -> bool {
    // Asked once: the answer stands in files.
    static SEVERAL: OnceLock<bool> = OnceLock::new();
    *SEVERAL.get_or_init(|| std::thread::available_parallelism().is_ok_and(|number| number.get() > 1))
}

fn page() -> usize {
    // The system knows its page; if not, the smallest one errs on the safe side.
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten();
    page.map_or(4096, |size| size as usize)
}

/// How many records a pipe of that many bytes holds for sure: its first page may be read in part and is not
/// written to again.
fn capacity(bytes: usize) -> usize {
    let (pages, each) = (bytes / page(), page() / RECORD);
    pages.saturating_sub(1) * each + 1
}

fn resize(pipe: &File, bytes: usize) -> io::Result<usize> {
    let bytes = i32::try_from(bytes).unwrap_or(i32::MAX);
    match fcntl(pipe, FcntlArg::F_SETPIPE_SZ(bytes)) {
        // EPERM: the user's share of pipe pages is used up. What the pipe has will do.
        Err(Errno::EPERM) => Ok(fcntl(pipe, FcntlArg::F_GETPIPE_SZ)? as usize),
        answer => Ok(answer? as usize),
    }
}

/// Makes the pipe just large enough for `maxsize` records, if it can: pipe pages are rationed.
fn fit(pipe: &File, maxsize: usize) -> io::Result<usize> {
    let each = page() / RECORD;
    let pages = maxsize.saturating_sub(1).div_ceil(each).saturating_add(1);
    resize(pipe, pages.saturating_mul(page()).min(LARGEST_PIPE)).map(capacity)
}

/// Makes the pipe as large as it is allowed to be.
fn grow(pipe: &File) -> io::Result<usize> {
    // Not by asking for less: what is given away may not be had again.
    let mut now = fcntl(pipe, FcntlArg::F_GETPIPE_SZ)? as usize;
    let mut size = LARGEST_PIPE;
    while size > now {
        now = now.max(resize(pipe, size)?);
        size /= 2;
    }
    Ok(capacity(now))
}
