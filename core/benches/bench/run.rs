//! Runs one side of a row: a program that prints one figure.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use nix::libc;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::Result;
use crate::rows::{Program, Side};

/// The figure, or why there is none.
pub(crate) type Answer = std::result::Result<f64, String>;

/// Whoever takes longer hangs.
const DEADLINE: Duration = Duration::from_secs(120);

pub(crate) struct Runner {
    me: PathBuf,
    /// For files, in memory where there is such a place: the disk is not to be measured.
    folder: PathBuf,
    peers: Option<PathBuf>,
    quick: bool,
}

impl Runner {
    pub(crate) fn new(quick: bool) -> Result<Runner> {
        // However this ends: no measurement goes on alone, and none leaves its files.
        guard::watch()?;
        guard::end_first()?;
        let memory = Path::new("/dev/shm");
        let base = if memory.is_dir() { memory.into() } else { std::env::temp_dir() };
        let folder = base.join(guard::prefix() + "bench");
        std::fs::create_dir(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        let me = std::env::current_exe()?;
        // We are in <target>/release/deps; `make bench` builds the peers in <target>/peers.
        let peers = me.ancestors().nth(3).map(|target| target.join("peers/release/peers"));
        Ok(Runner { me, folder, peers: peers.filter(|path| path.exists()), quick })
    }

    pub(crate) fn run(&self, side: &Side) -> Answer {
        guard::go_on();
        let mut command = match side.program {
            Program::Own(side) => {
                let mut command = Command::new(&self.me);
                command.args(["--side", side]);
                command
            }
            Program::Python => {
                let mut command = Command::new("python3");
                command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/cpython.py"));
                command
            }
            Program::Peer(name) => {
                let mut command = Command::new(self.peers.as_ref().ok_or("not built")?);
                command.arg(name);
                command
            }
        };
        command.args(side.work.split(' ')).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0).env("RUST_BACKTRACE", "0");
        command.env("TMPDIR", &self.folder).env(guard::MARK, guard::mark());
        if self.quick {
            command.env("BENCH_SAMPLE", "10");
        }
        if side.pinned {
            // SAFETY: two system calls on a local variable; nothing is allocated.
            unsafe { command.pre_exec(pin) };
        }
        ask(command)
    }
}

/// Runs the program to its end, or to the deadline.
fn ask(mut command: Command) -> Answer {
    let mut child = command.spawn().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => "not installed".to_owned(),
        _ => e.to_string(),
    })?;
    let group = Pid::from_raw(child.id() as i32);
    let (said, hear) = channel();
    let mut stdout = child.stdout.take();
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.as_mut().map(|stdout| stdout.read_to_string(&mut text));
        let _ = said.send(read.map(|_| text));
    });
    let figure = hear.recv_timeout(DEADLINE);
    if figure.is_err() {
        let _ = killpg(group, Signal::SIGKILL);
    }
    let mut complaint = String::new();
    let _ = child.stderr.take().map(|mut stderr| stderr.read_to_string(&mut complaint));
    let status = child.wait().map_err(|e| e.to_string())?;
    match figure.ok().flatten().and_then(|text| text.trim().parse().ok()) {
        Some(figure) if status.success() => Ok(figure),
        _ => {
            let reason = complaint.lines().rfind(|line| !line.is_empty() && !line.starts_with("note: "));
            Err(reason
                .map_or(format!("failed ({status})"), |reason| reason.trim_start_matches("bench: ").into()))
        }
    }
}

/// Binds this process and all it will start to one core.
fn pin() -> std::io::Result<()> {
    let size = size_of::<libc::cpu_set_t>();
    // SAFETY: a set of cores is plain bits, so all zero is a valid one; the calls are told its true size, and CPU_SET is
    // given numbers of bits that it has.
    unsafe {
        let mut allowed: libc::cpu_set_t = std::mem::zeroed();
        if libc::sched_getaffinity(0, size, &mut allowed) != 0 {
            return Err(std::io::Error::last_os_error());
        }
        let first = (0..libc::CPU_SETSIZE as usize).find(|core| libc::CPU_ISSET(*core, &allowed));
        let mut one: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(first.unwrap_or(0), &mut one);
        if libc::sched_setaffinity(0, size, &one) != 0 {
            return Err(std::io::Error::last_os_error());
        }
    }
    Ok(())
}
