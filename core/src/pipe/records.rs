//! A pipe of records: all of one size, so that each write and each read moves exactly one.
//!
//! On Linux a write to a pipe of at most 4096 bytes is atomic among all writers, and a read of one record among
//! all readers, since no record is ever there in part. So there is no moment between "not yet" and "done" at
//! which a death could leave something behind.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::poll::PollFlags;

use crate::error::Error;
use crate::sys;
use crate::sys::wait::Wait;
use crate::sys::wait::poll_until;

/// The size of a record. Sixteen of them fill a page.
pub(crate) const RECORD: usize = 256;

/// What of a record is for the item: the rest is its length and its kind.
pub(crate) const INLINE: usize = RECORD - HEAD;

const HEAD: usize = 4;

/// The largest pipe that an ordinary user may have.
const LARGEST_PIPE: usize = 1 << 20;

/// How long a writer sleeps before it tries again: poll calls a pipe writable only when a whole page is free,
/// and a record may fit before that.
const TICK: Duration = Duration::from_millis(10);

/// One record.
#[derive(Clone)]
pub(crate) struct Record([u8; RECORD]);

/// What a record says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Content<'a> {
    /// The item itself.
    Item(&'a [u8]),
    /// It lies in this slot, and has this number and size.
    Slot { index: u64, number: u64, size: u64 },
    /// It lies in the file with this number.
    File(u64),
}

impl Record {
    /// The item must be at most `INLINE` bytes long.
    pub(crate) fn new(content: Content<'_>) -> Record {
        let mut record = Record([0; RECORD]);
        match content {
            Content::Item(item) => record.set(0, item),
            Content::File(number) => record.set(1, &number.to_le_bytes()),
            Content::Slot { index, number, size } => {
                record.set(2, [index, number, size].map(u64::to_le_bytes).as_flattened());
            }
        }
        record
    }

    fn set(&mut self, kind: u8, bytes: &[u8]) {
        self.0[..2].copy_from_slice(&(bytes.len() as u16).to_le_bytes());
        self.0[2] = kind;
        self.0[HEAD..HEAD + bytes.len()].copy_from_slice(bytes);
    }

    pub(crate) fn content(&self) -> Content<'_> {
        let size = usize::from(u16::from_le_bytes([self.0[0], self.0[1]])).min(INLINE);
        let bytes = &self.0[HEAD..HEAD + size];
        match (self.0[2], bytes.as_chunks().0) {
            (1, &[number]) => Content::File(u64::from_le_bytes(number)),
            (2, &[index, number, size]) => {
                let [index, number, size] = [index, number, size].map(u64::from_le_bytes);
                Content::Slot { index, number, size }
            }
            _ => Content::Item(bytes),
        }
    }
}

/// The pipe. It is open for reading and writing in every process that inherits it, so nobody ever sees an end
/// of file, and it lives as long as one of them.
#[derive(Debug)]
pub(crate) struct Records {
    /// For calls that may wait.
    patient: File,
    /// For calls that may not: the same pipe, opened again, because O_NONBLOCK belongs to the opening. (One call
    /// with RWF_NOWAIT would do, but not before Linux 6.4.)
    instant: File,
    /// How many records it holds for sure.
    pub(crate) holds: usize,
}

impl Records {
    /// A pipe that holds at least `maxsize` records, or as many as it can.
    pub(crate) fn new(maxsize: Option<usize>) -> Result<Records, Error> {
        let doing = "making the pipe of a queue";
        let (reader, _writer) = io::pipe().map_err(Error::io(doing))?;
        let again = format!("/proc/self/fd/{}", reader.as_raw_fd());
        let open = |flags| {
            let answer = File::options().read(true).write(true).custom_flags(flags).open(&again);
            answer.map_err(Error::io(doing))
        };
        let (patient, instant) = (open(0)?, open(libc::O_NONBLOCK)?);
        let holds = match maxsize {
            Some(maxsize) => fit(&patient, maxsize),
            None => grow(&patient),
        };
        let holds = holds.map_err(Error::io("sizing the pipe of a queue"))?;
        match maxsize {
            Some(asked) if asked == 0 || asked > holds => Err(Error::Maxsize { asked, limit: holds }),
            _ => Ok(Records { patient, instant, holds }),
        }
    }

    /// How many records lie in it.
    pub(crate) fn len(&self) -> Result<usize, Error> {
        Ok(sys::bytes_in(&self.patient).map_err(Error::io("asking how full a queue is"))? / RECORD)
    }

    pub(crate) fn write(&self, record: &Record, wait: Wait) -> Result<bool, Error> {
        if let Wait::Forever = wait {
            return moved(sys::retry(|| (&self.patient).write(&record.0)), "writing to a queue");
        }
        loop {
            if moved(sys::retry(|| (&self.instant).write(&record.0)), "writing to a queue")? {
                return Ok(true);
            }
            let Some(nap) = wait.nap(TICK) else { return Ok(false) };
            self.ready(PollFlags::POLLOUT, Wait::at_most(nap))?;
        }
    }

    pub(crate) fn read(&self, wait: Wait) -> Result<Option<Record>, Error> {
        let mut record = Record([0; RECORD]);
        if let Wait::Forever = wait {
            let read = sys::retry(|| (&self.patient).read(&mut record.0));
            return Ok(moved(read, "reading from a queue")?.then_some(record));
        }
        loop {
            if moved(sys::retry(|| (&self.instant).read(&mut record.0)), "reading from a queue")? {
                return Ok(Some(record));
            }
            if !self.ready(PollFlags::POLLIN, wait)? {
                return Ok(None);
            }
        }
    }

    fn ready(&self, events: PollFlags, wait: Wait) -> Result<bool, Error> {
        poll_until(self.patient.as_fd(), events, wait).map_err(Error::io("waiting at a queue"))
    }
}

/// Whether a record was moved; anything but all or nothing would break every promise, so it is an error.
fn moved(answer: io::Result<usize>, doing: &'static str) -> Result<bool, Error> {
    match answer {
        Ok(RECORD) => Ok(true),
        Ok(part) => Err(Error::io(doing)(io::Error::other(format!("moved {part} bytes of {RECORD}")))),
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(e) => Err(Error::io(doing)(e)),
    }
}

fn page() -> usize {
    // The system knows its page; if not, the smallest one errs on the safe side.
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten();
    page.map_or(4096, |size| size as usize)
}

/// How many records a pipe of that many bytes holds for sure: its first page may be read in part and is not
/// written to again.
fn holds(bytes: usize) -> usize {
    let (pages, each) = (bytes / page(), page() / RECORD);
    pages.saturating_sub(1) * each + 1
}

fn resize(pipe: &File, bytes: usize) -> io::Result<usize> {
    let bytes = i32::try_from(bytes).unwrap_or(i32::MAX);
    match fcntl(pipe, FcntlArg::F_SETPIPE_SZ(bytes)) {
        // EPERM: the user's share of pipe pages is used up. What the pipe has will do, or it will be told.
        Err(nix::errno::Errno::EPERM) => Ok(fcntl(pipe, FcntlArg::F_GETPIPE_SZ)? as usize),
        answer => Ok(answer? as usize),
    }
}

/// Makes the pipe as small as holds `maxsize` records: pipe pages are rationed.
fn fit(pipe: &File, maxsize: usize) -> io::Result<usize> {
    let each = page() / RECORD;
    let pages = maxsize.saturating_sub(1).div_ceil(each).saturating_add(1);
    resize(pipe, pages.saturating_mul(page()).min(LARGEST_PIPE)).map(holds)
}

/// Makes the pipe as large as it is allowed to be.
fn grow(pipe: &File) -> io::Result<usize> {
    let mut now = resize(pipe, 0)?;
    let mut size = LARGEST_PIPE;
    while size > now {
        now = now.max(resize(pipe, size)?);
        size /= 2;
    }
    Ok(holds(now))
}
