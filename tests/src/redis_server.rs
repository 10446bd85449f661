//! A Redis server of a test: in a folder of its own, and gone with its handle.

use std::os::unix::net::UnixStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::{Complaint, Run, Running, Verdict, folder};

/// What was answered is on the disk; and only we reach it. A title would be written over the environment, where the guard
/// looks for the mark of a test that was killed.
const SETTINGS: &str = "--port 0 --unixsocket socket --save  --appendonly yes --appendfsync always --appenddirname . \
     --logfile log --set-proc-title no";
/// It is killed when it has run for so long.
const TOO_LONG: Duration = Duration::from_secs(600);
/// How long it may take to listen, on a machine that stalls.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that can be killed, and started again on its file.
#[derive(Debug)]
pub struct RedisServer {
    folder: TempDir,
    running: Option<Running>,
}

impl RedisServer {
    /// Starts one, with these settings besides the usual ones, and waits until it listens.
    pub fn start(settings: &[&str]) -> Verdict<RedisServer> {
        let folder = folder().map_err(|why| Complaint::new(why.to_string()))?;
        let mut server = RedisServer { folder, running: None };
        server.run(settings)?;
        Ok(server)
    }

    /// Starts it again on its file, once it was killed.
    pub fn start_again(&mut self) -> Verdict {
        self.run(&[])
    }

    /// Kills it, as the loss of its machine would.
    pub fn kill(&mut self) -> Verdict {
        let Some(running) = self.running.take() else { return Ok(()) };
        running.signal_main(Signal::SIGKILL);
        running.finish()?.dies_of(Signal::SIGKILL)
    }

    /// The path of its socket.
    pub fn socket(&self) -> String {
        self.folder.path().join("socket").display().to_string()
    }

    fn run(&mut self, settings: &[&str]) -> Verdict {
        let run = Run::new("redis-server").args(SETTINGS.split(' ')).args(settings);
        self.running = Some(run.cwd(self.folder.path()).deadline(TOO_LONG).start()?);
        // Without a question: it may want a password. The socket is there a moment before anybody listens.
        let started = Instant::now();
        while UnixStream::connect(self.socket()).is_err() {
            if started.elapsed() > PATIENCE {
                return Err(Complaint::new("redis-server, which the check has started, does not listen"));
            }
            sleep(Duration::from_millis(2));
        }
        Ok(())
    }
}
