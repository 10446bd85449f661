//! A server for this run alone: gone when the run is over, and its folder with it.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use lesson::Result;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{getpid, getppid};
use procession::{Process, parent_process};

use crate::{Address, Link};

/// The environment variable by which the exercise, which has no options, is told of a server that runs.
const GIVEN: &str = "LESSON_SERVER";
const SOCKET: &str = "socket";
const LOG: &str = "log";
/// Only we reach it; each answer waits until what was asked is on the disk; and all its files are in one folder.
const SETTINGS: &str = "--port 0 --unixsocket socket --unixsocketperm 700 --save  --appendonly yes --appendfsync always \
     --appenddirname . --auto-aof-rewrite-percentage 0 --daemonize no --set-proc-title no";
/// How long a server that lives may take until it answers: its disk may be busy.
const PATIENCE: Duration = Duration::from_secs(60);
/// The path of a socket cannot be longer.
const LONGEST: usize = 107;

/// A server for this run.
#[derive(Debug)]
pub struct Server {
    address: PathBuf,
    own: Option<Own>,
}

impl Server {
    /// Starts one, and waits until it answers. If the environment names one that runs, it is that one.
    pub fn start() -> Result<Server> {
        Server::unless_given(env::var_os(GIVEN).as_deref())
    }

    /// Starts one, and waits until it answers; unless this is the address of one that runs.
    pub fn unless_given(address: Option<&OsStr>) -> Result<Server> {
        if let Some(address) = address {
            return Ok(Server { address: address.into(), own: None });
        }
        let own = Own::start()?;
        Ok(Server { address: own.address(), own: Some(own) })
    }

    /// Where it is.
    pub fn address(&self) -> &OsStr {
        self.address.as_os_str()
    }

    /// If it is our own, and was killed, starts it again on its file.
    pub fn revive(&mut self) -> Result {
        self.own.as_mut().map_or(Ok(()), Own::revive)
    }
}

/// A server of our own.
#[derive(Debug)]
struct Own {
    folder: PathBuf,
    process: Child,
    /// A process that removes the folder when this one was killed, and could not.
    remover: procession::Child,
}

impl Own {
    fn start() -> Result<Own> {
        let folder = lesson::private_folder(None)?;
        if folder.join(SOCKET).as_os_str().len() > LONGEST {
            return Err(format!(
                "{folder:?}: this path is too long for a socket. Set TMPDIR to a shorter one"
            )
            .into());
        }
        let remover = Process::new(|| {
            while parent_process().is_some_and(|parent| parent.is_alive()) {
                sleep(Duration::from_millis(50));
            }
            remove(&folder);
        });
        let remover = remover.start()?;
        let process = spawn(&folder).inspect_err(|_| _ = remover.kill())?;
        let mut server = Own { folder, process, remover };
        server.wait_until_it_answers()?;
        Ok(server)
    }

    fn address(&self) -> PathBuf {
        self.folder.join(SOCKET)
    }

    fn revive(&mut self) -> Result {
        if self.process.try_wait()?.is_some() {
            self.process = spawn(&self.folder)?;
            self.wait_until_it_answers()?;
        }
        Ok(())
    }

    fn wait_until_it_answers(&mut self) -> Result {
        let started = Instant::now();
        let address = Address::parse(self.address().as_os_str())?;
        loop {
            let answer = Link::new(&address);
            if let Some(status) = self.process.try_wait()? {
                let log = fs::read_to_string(self.folder.join(LOG)).unwrap_or_default();
                let last = log.lines().last().unwrap_or("it wrote nothing");
                return Err(format!("redis-server has ended ({status}): {last}").into());
            }
            match answer {
                Ok(_) => return Ok(()),
                Err(why) if started.elapsed() > PATIENCE => return Err(why),
                Err(_) => sleep(Duration::from_millis(5)),
            }
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = self.remover.kill();
        let _ = self.remover.join();
        remove(&self.folder);
    }
}

fn spawn(folder: &Path) -> Result<Child> {
    let log = File::options().create(true).append(true).open(folder.join(LOG))?;
    let mut command = Command::new("redis-server");
    command.args(SETTINGS.split(' ')).current_dir(folder);
    command.stdin(Stdio::null()).stderr(log.try_clone()?).stdout(log);
    end_with_us(&mut command);
    command.spawn().map_err(|why| match why.kind() {
        io::ErrorKind::NotFound => {
            "there is no redis-server here. On Debian and Ubuntu: sudo apt-get install redis-server".into()
        }
        _ => format!("redis-server cannot be started: {why}").into(),
    })
}

/// Has the program killed when this process ends, whatever ends it.
pub fn end_with_us(command: &mut Command) {
    let parent = getpid();
    let arrange = move || {
        // Where that is forbidden it is not done, and the usual ends still see to it.
        let _ = set_pdeathsig(Signal::SIGKILL);
        // It may have ended before.
        if getppid() == parent { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
    };
    // SAFETY: between fork and exec it makes two system calls, and allocates nothing.
    unsafe { command.pre_exec(arrange) };
}

/// The server is killed at the same moment, and may be writing still.
fn remove(folder: &Path) {
    for _ in 0..200 {
        match fs::remove_dir_all(folder) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => sleep(Duration::from_millis(10)),
            _ => return,
        }
    }
}
