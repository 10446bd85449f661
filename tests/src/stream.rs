//! The harness's end of a program's stdout or stderr: lines, each with its writer.

use std::io::{self, IoSliceMut};
use std::net::Shutdown;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, UnixCredentials, recvmsg, setsockopt, sockopt};

use crate::Line;

/// A socket whose other end the program writes to. A socket rather than a pipe, because the kernel tells who wrote.
#[derive(Debug)]
pub(crate) struct Stream {
    socket: UnixStream,
    /// Whether a writer is left.
    open: bool,
    /// Whether lines are still kept; see [`Stream::cut`].
    wanted: bool,
    /// The bytes of a line that has not ended yet, who wrote them, and when the last of them came.
    pending: Vec<u8>,
    writers: Vec<i32>,
    at: Duration,
    /// How many bytes came in all.
    pub(crate) bytes: usize,
}

impl Stream {
    /// A stream, and the end to give to the program.
    pub(crate) fn pair() -> io::Result<(Stream, OwnedFd)> {
        let (ours, theirs) = UnixStream::pair()?;
        // Before the program starts: the kernel stamps data with its writer at the time of writing.
        setsockopt(&ours, sockopt::PassCred, &true)?;
        let (pending, writers) = (Vec::new(), Vec::new());
        let stream =
            Stream { socket: ours, open: true, wanted: true, pending, writers, at: Duration::ZERO, bytes: 0 };
        Ok((stream, theirs.into()))
    }

    /// The socket, while there is something to wait for.
    pub(crate) fn socket(&self) -> Option<&UnixStream> {
        self.open.then_some(&self.socket)
    }

    /// Reads what has come, without waiting, and adds the lines that it completes to `lines`.
    pub(crate) fn read(&mut self, now: Duration, lines: &mut Vec<Line>) -> io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        while self.open {
            let Some((length, writer)) = receive(&self.socket, &mut buffer)? else { break };
            if length == 0 {
                self.open = false;
                if !self.pending.is_empty() {
                    lines.push(self.take_line(false));
                }
            } else if self.wanted {
                self.bytes += length;
                self.add(&buffer[..length], writer, now, lines);
                if length < buffer.len() {
                    continue; // The next data may be another process's.
                }
                break; // Let the caller look at the clock: a flood never ends by itself.
            }
        }
        Ok(())
    }

    /// The reader goes away, as `head -n 1` does: from now on, the program's writes fail.
    pub(crate) fn cut(&mut self) {
        self.wanted = false;
        self.pending.clear();
        // It fails only if the program closed its end already: then there is nothing left to cut.
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    fn add(&mut self, data: &[u8], writer: i32, now: Duration, lines: &mut Vec<Line>) {
        for piece in data.split_inclusive(|&byte| byte == b'\n') {
            if !self.writers.contains(&writer) {
                self.writers.push(writer);
            }
            self.at = now;
            self.pending.extend_from_slice(piece);
            if self.pending.ends_with(b"\n") {
                self.pending.pop();
                lines.push(self.take_line(true));
            }
        }
    }

    fn take_line(&mut self, complete: bool) -> Line {
        let text = String::from_utf8_lossy(&std::mem::take(&mut self.pending)).into_owned();
        Line { text, writers: std::mem::take(&mut self.writers), at: self.at, complete }
    }
}

/// How many bytes of one writer were waiting (0 at the end of file), and its pid; `None` if nothing has come.
fn receive(socket: &UnixStream, buffer: &mut [u8]) -> io::Result<Option<(usize, i32)>> {
    let mut ancillary = nix::cmsg_space!(UnixCredentials);
    let mut slices = [IoSliceMut::new(buffer)];
    // The kernel does not join data of different writers in one message, so one pid answers for all of it.
    let message = loop {
        let flags = MsgFlags::MSG_DONTWAIT;
        match recvmsg::<()>(socket.as_raw_fd(), &mut slices, Some(&mut ancillary), flags) {
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => return Ok(None),
            // Told once, when the program ended with unread data in its own direction; the next read goes on.
            Err(Errno::ECONNRESET) => {}
            other => break other?,
        }
    };
    let writer = message.cmsgs()?.find_map(|control| match control {
        ControlMessageOwned::ScmCredentials(credentials) => Some(credentials.pid()),
        _ => None,
    });
    Ok(Some((message.bytes, writer.unwrap_or(0))))
}
