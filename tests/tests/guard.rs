//! However a test program ends, it leaves no process and no folder behind.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use checks::scenes::runs;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A program that judges another one, with a place for its folders.
struct Judge {
    judge: Child,
    /// The processes of the program that is judged.
    pids: Vec<Pid>,
    place: tempfile::TempDir,
}

impl Judge {
    fn started() -> Judge {
        let place = checks::folder().expect("a folder");
        let mut command = Command::new(env!("CARGO_BIN_EXE_broken"));
        // It shall not rely on a guardian of ours.
        command.arg("judge").env_remove(guard::MARK).env("TMPDIR", place.path()).process_group(0);
        checks::heed_signals(&mut command);
        let mut judge = command.stdout(Stdio::piped()).spawn().expect("a process");
        let mut line = String::new();
        let stdout = judge.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let pids = line.split_whitespace().map(|pid| Pid::from_raw(pid.parse().expect("a pid"))).collect();
        Judge { judge, pids, place }
    }

    fn runs(&self) -> Vec<Pid> {
        self.pids.iter().copied().filter(|pid| runs(pid.as_raw() as u32)).collect()
    }

    fn folders(&self) -> usize {
        fs::read_dir(self.place.path()).expect("a folder").count()
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        let _ = self.judge.kill();
        let _ = self.judge.wait();
        for pid in self.runs() {
            let _ = kill(pid, Signal::SIGKILL);
        }
    }
}

/// Two processes, one of them in a session of its own, and a folder: at the end there is none of it.
#[track_caller]
fn leaves_nothing(signal: Signal) {
    let mut it = Judge::started();
    assert_eq!((it.runs().len(), it.folders()), (2, 1));
    kill(Pid::from_raw(it.judge.id() as i32), signal).expect("a process of ours");
    it.judge.wait().expect("an end");
    if signal != Signal::SIGKILL {
        // It has waited for its guardian.
        assert_eq!((it.runs(), it.folders()), (vec![], 0));
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    while (!it.runs().is_empty() || it.folders() > 0) && Instant::now() < deadline {
        sleep(Duration::from_millis(5));
    }
    assert_eq!((it.runs(), it.folders()), (vec![], 0));
}

#[test]
fn after_ctrl_c_nothing_is_left() {
    leaves_nothing(Signal::SIGINT);
}

#[test]
fn after_sigterm_nothing_is_left() {
    leaves_nothing(Signal::SIGTERM);
}

#[test]
fn after_the_terminal_was_closed_nothing_is_left() {
    leaves_nothing(Signal::SIGHUP);
}

#[test]
fn after_sigkill_nothing_is_left() {
    leaves_nothing(Signal::SIGKILL);
}

/// `nohup` and a shell's `&` have signals ignored, and so it stays.
#[test]
fn what_is_ignored_stays_ignored() {
    let place = checks::folder().expect("a folder");
    let mut shell = Command::new("sh");
    let script = "trap '' HUP; exec \"$0\" judge";
    shell
        .args(["-c", script, env!("CARGO_BIN_EXE_broken")])
        .env_remove(guard::MARK)
        .env("TMPDIR", place.path());
    let mut judge = shell.process_group(0).stdout(Stdio::piped()).spawn().expect("a process");
    let mut line = String::new();
    BufReader::new(judge.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let pid = Pid::from_raw(judge.id() as i32);
    kill(pid, Signal::SIGHUP).expect("a process of ours");
    // It would end at this one if it had not ended already.
    kill(pid, Signal::SIGTERM).expect("a process of ours");
    let status = judge.wait().expect("an end");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(Signal::SIGTERM as i32));
}
