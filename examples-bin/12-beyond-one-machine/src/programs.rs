//! The programs of the lesson, started as anybody would start them; and what becomes of them.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, PipeReader, PipeWriter, Read};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use lesson::Result;
use lesson_12::{Server, end_with_us};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long the last ones may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// All programs of one run.
pub(crate) struct Programs {
    common: Vec<OsString>,
    running: Vec<(String, Child)>,
    /// Where all of them complain: when ten lose the same server, one line is enough.
    complaints: PipeReader,
    complain: PipeWriter,
}

impl Programs {
    pub(crate) fn new(server: &OsStr, kitchen: &str, idle: Duration) -> Result<Programs> {
        let idle = idle.as_millis().to_string();
        let common = ["--server".into(), server.into(), "--kitchen".into(), kitchen.into(), "--idle".into()];
        let common = common.into_iter().chain([OsString::from(idle)]).collect();
        let (complaints, complain) = io::pipe()?;
        Ok(Programs { common, running: vec![], complaints, complain })
    }

    /// Starts one: its number.
    pub(crate) fn start(&mut self, args: &[&str]) -> Result<usize> {
        let mut command = Command::new(env::current_exe()?);
        command.args(args).args(&self.common).stdin(Stdio::null()).stderr(self.complain.try_clone()?);
        if args[0] == "wait" {
            command.stdout(Stdio::null()); // our own end tells as much
        }
        end_with_us(&mut command);
        self.running.push((args[0].into(), command.spawn()?));
        Ok(self.running.len() - 1)
    }

    /// Waits for the end of one of them. A machine may die, and so may the server; but somebody must be left who eats.
    pub(crate) fn wait_for(&mut self, which: usize, server: &mut Server) -> Result {
        loop {
            server.revive()?;
            let mut eaters = 0;
            for at in 0..self.running.len() {
                let (name, program) = &mut self.running[at];
                match program.try_wait()? {
                    None => eaters += u32::from(name == "eat"),
                    Some(status) if status.code() == Some(0) && at == which => return Ok(()),
                    Some(status) if status.code().is_some_and(|code| code != 0) => {
                        return Err(self.complaint());
                    }
                    Some(status) if at == which => return Err(format!("{name} was killed: {status}").into()),
                    Some(_) => {}
                }
            }
            if eaters == 0 {
                return Err("nobody is left who eats: both machines are dead".into());
            }
            sleep(Duration::from_millis(10));
        }
    }

    /// Waits until all have ended, as they do when the kitchen is closed. One that is stopped would never end.
    pub(crate) fn go_home(&mut self, server: &mut Server) -> Result {
        let started = Instant::now();
        loop {
            server.revive()?;
            let mut all_are_home = true;
            for (_, program) in &mut self.running {
                match program.try_wait()? {
                    None => all_are_home = false,
                    Some(status) if status.code().is_some_and(|code| code != 0) => {
                        return Err(self.complaint());
                    }
                    Some(_) => {}
                }
            }
            if all_are_home || started.elapsed() > PATIENCE {
                self.end();
                return Ok(());
            }
            sleep(Duration::from_millis(10));
        }
    }

    /// What the first one has complained of.
    fn complaint(&mut self) -> Box<dyn std::error::Error> {
        self.end();
        let mut text = vec![0; 1 << 16];
        let length = self.complaints.read(&mut text).unwrap_or(0);
        let text = String::from_utf8_lossy(&text[..length]).into_owned();
        text.lines().next().unwrap_or_default().trim_start_matches("lesson-12: ").into()
    }

    /// Ends those that run: asks all of them, and does not ask twice.
    pub(crate) fn end(&mut self) {
        for (_, program) in &mut self.running {
            // Not one that was waited for: its number may be a stranger's.
            if matches!(program.try_wait(), Ok(None)) {
                let _ = kill(Pid::from_raw(program.id() as i32), Signal::SIGTERM);
            }
        }
        let asked = Instant::now();
        for (_, program) in &mut self.running {
            while matches!(program.try_wait(), Ok(None)) && asked.elapsed() < Duration::from_secs(2) {
                sleep(Duration::from_millis(1));
            }
            let _ = program.kill();
            let _ = program.wait();
        }
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        self.end();
    }
}
