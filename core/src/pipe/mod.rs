//! [`Pipe`]: one sender, one receiver, whole messages.
//!
//! On the wire a message is its length (four bytes, little end first) and then its JSON.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::marker::PhantomData;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::poll::PollFlags;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::sys::fork::{Kind, Private};
use crate::sys::step::step;
use crate::sys::wait::{Wait, poll_until};
use crate::sys::{self, lock, retry};

/// The largest message, as JSON: 1 GiB.
const LARGEST: usize = 1 << 30;

/// How much is read at a time.
const CHUNK: usize = 64 * 1024;

const LENGTH: usize = 4;

/// A pipe from one process to another, in one direction.
///
/// Each end belongs to one process: the one that made the pipe, until the end is moved into the closure of a
/// [`Process`](crate::Process). Then it belongs to that child, and the parent's copy is closed; the ends that
/// were not moved are closed in the child. So the end of file comes when the sender is done, with nothing to
/// close by hand. To use an end that was only borrowed by the closure is an error that says so.
///
/// The pipe holds 64 KiB; a sender that is further ahead waits for the receiver.
///
/// In Python: `multiprocessing.Pipe(duplex=False)`, where every process closes by hand the ends it does not
/// use, or waits for ever.
///
/// ```
/// use procession::{Pipe, Process};
///
/// # fn main() -> Result<(), procession::Error> {
/// let Pipe { sender, receiver } = Pipe::<String>::new()?;
/// let child = Process::new(move || sender.send(&"hello".to_string())).start()?;
/// for message in receiver.iter() {
///     assert_eq!(message?, "hello");
/// } // ends here: the child was the only one who could send
/// child.join()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Pipe<T> {
    /// The end that messages go into.
    pub sender: Sender<T>,
    /// The end that they come out of.
    pub receiver: Receiver<T>,
}

impl<T: Serialize + DeserializeOwned> Pipe<T> {
    /// A new pipe, both ends in this process.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when there is no descriptor left.
    pub fn new() -> Result<Pipe<T>, Error> {
        let (reader, writer) = sys::pipe().map_err(Error::io("making a pipe"))?;
        Ok(Pipe {
            sender: Sender { end: Private::new(Kind::End, Some(writer)), of: PhantomData },
            receiver: Receiver {
                end: Private::new(Kind::End, Some(reader)),
                arrived: Mutex::new(Vec::new()),
                of: PhantomData,
            },
        })
    }
}

/// The end of a [`Pipe`] that messages go into. Threads may share it; messages do not mix.
pub struct Sender<T> {
    end: Arc<Private>,
    of: PhantomData<fn(&T)>,
}

impl<T: Serialize> Sender<T> {
    /// Sends a message, waiting while the pipe is full. In Python: `send`.
    ///
    /// NaN and the infinities, which JSON does not have, arrive as `null`.
    ///
    /// # Errors
    ///
    /// [`Error::BrokenPipe`] when nobody can receive any more (an error, not a signal, as long as SIGPIPE is
    /// ignored, which Rust sees to); [`Error::Encode`] and [`Error::TooLarge`] (more than 1 GiB), with nothing
    /// sent; [`Error::NotMyEnd`].
    pub fn send(&self, message: &T) -> Result<(), Error> {
        let mut frame = vec![0; LENGTH];
        serde_json::to_writer(&mut frame, message).map_err(Error::Encode)?;
        let size = frame.len() - LENGTH;
        if size > LARGEST {
            return Err(Error::TooLarge { size, limit: LARGEST });
        }
        frame[..LENGTH].copy_from_slice(&(size as u32).to_le_bytes());
        step!("send: encoded");
        self.end.with(|end| match end {
            None => Err(Error::NotMyEnd),
            Some(end) => end.write_all(&frame).map_err(|e| match e.kind() {
                io::ErrorKind::BrokenPipe => Error::BrokenPipe,
                _ => Error::io("writing to the pipe")(e),
            }),
        })?;
        step!("send: done");
        Ok(())
    }
}

/// The end of a [`Pipe`] that messages come out of.
pub struct Receiver<T> {
    end: Arc<Private>,
    /// What has been read and not yet been asked for.
    arrived: Mutex<Vec<u8>>,
    of: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Receiver<T> {
    /// Receives the next message, waiting for it. In Python: `recv`.
    ///
    /// # Errors
    ///
    /// [`Error::Eof`] when all is received and nobody can send any more; [`Error::Truncated`] when the sender
    /// ended in the middle of a message; [`Error::Decode`] when it is no `T`; it is consumed then;
    /// [`Error::NotMyEnd`].
    pub fn recv(&self) -> Result<T, Error> {
        self.next(Wait::Forever)
    }

    /// The same, but waits no longer than this for the message to be whole. In Python:
    /// `poll(timeout)` and then `recv`, which waits for ever if the sender stops half-way.
    ///
    /// One thread receives at a time: while another one is in [`recv`](Receiver::recv), this waits for that, too.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`], with nothing lost; and as [`recv`](Receiver::recv).
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, Error> {
        self.next(Wait::at_most(timeout))
    }

    /// Whether [`recv`](Receiver::recv) would answer at once, if only with the end of file; waits this long for
    /// it. Takes nothing. In Python: `poll(timeout)`.
    ///
    /// # Errors
    ///
    /// [`Error::NotMyEnd`].
    pub fn poll(&self, timeout: Duration) -> Result<bool, Error> {
        let mut arrived = lock(&self.arrived);
        match self.fill(&mut arrived, Wait::at_most(timeout)) {
            Ok(()) | Err(Error::Eof | Error::Truncated { .. }) => Ok(true),
            Err(Error::Timeout) => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// All messages to come, until the end of file.
    pub fn iter(&self) -> impl Iterator<Item = Result<T, Error>> + '_ {
        std::iter::from_fn(|| match self.recv() {
            Err(Error::Eof) => None,
            message => Some(message),
        })
    }

    fn next(&self, wait: Wait) -> Result<T, Error> {
        // Taken out first: what makes a T of it may be the user's own code, and may panic.
        step!("receive: before");
        let message = self.next_as_bytes(wait)?;
        step!("receive: done");
        serde_json::from_slice(&message[LENGTH..]).map_err(Error::Decode)
    }

    fn next_as_bytes(&self, wait: Wait) -> Result<Vec<u8>, Error> {
        let mut arrived = lock(&self.arrived);
        let filled = self.fill(&mut arrived, wait);
        if let Err(Error::Truncated { .. }) = filled {
            arrived.clear();
        }
        filled?;
        let end = LENGTH + expected(&arrived).unwrap_or(0);
        if end == arrived.len() {
            // A large message is not copied, and its memory is not kept.
            return Ok(std::mem::take(&mut *arrived));
        }
        let message = arrived[..end].to_vec();
        arrived.drain(..end);
        Ok(message)
    }

    /// Reads until a whole message has arrived.
    fn fill(&self, arrived: &mut Vec<u8>, wait: Wait) -> Result<(), Error> {
        loop {
            let missing = match expected(arrived) {
                Some(size) if arrived.len() >= LENGTH + size => return Ok(()),
                Some(size) => LENGTH + size - arrived.len(),
                None => 0,
            };
            let got = self.end.with(|end| {
                let end = end.as_mut().ok_or(Error::NotMyEnd)?;
                let ready = matches!(wait, Wait::Forever)
                    || poll_until(end.as_fd(), PollFlags::POLLIN, wait)
                        .map_err(Error::io("waiting at the pipe"))?;
                if !ready {
                    return Err(Error::Timeout);
                }
                read_some(end, arrived, missing.max(CHUNK)).map_err(Error::io("reading from the pipe"))
            })?;
            step!("receive: read some");
            if got == 0 {
                return Err(if arrived.is_empty() {
                    Error::Eof
                } else {
                    Error::Truncated { got: arrived.len() }
                });
            }
        }
    }
}

/// The size of the message that begins `arrived`, once that much is known.
fn expected(arrived: &[u8]) -> Option<usize> {
    arrived.first_chunk().map(|size| u32::from_le_bytes(*size) as usize)
}

/// One read of at most `size` bytes. Large messages come in large pieces, but memory is only taken for what is
/// there: a pipe holds 1 MiB at the most.
fn read_some(end: &mut File, arrived: &mut Vec<u8>, size: usize) -> io::Result<usize> {
    let before = arrived.len();
    arrived.resize(before + size.min(1 << 20), 0);
    let got = retry(|| end.read(&mut arrived[before..]));
    arrived.truncate(before + got.as_ref().copied().unwrap_or(0));
    got
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sender").field(&self.end).finish()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Receiver").field(&self.end).finish()
    }
}
