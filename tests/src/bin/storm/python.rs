//! CPython's queues in the same storm: how far they come.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde::Deserialize;

use crate::account::Account;
use crate::watch::{Progress, is_interrupted};

/// By then it has come through, or stands still and has said so.
const LONGEST: Duration = Duration::from_secs(60);

/// In a long storm: it gets stuck sooner or later, and how soon differs much.
const ROUNDS: u64 = 3;
const LONG: u64 = 1000;

#[derive(Debug, Deserialize)]
struct Answer {
    kills: u64,
    stops: u64,
    stuck: bool,
    longest: f64,
    put: u64,
    received: u64,
    faults: u64,
}

/// The column of the table. Nothing it says is a fault of ours.
pub(crate) fn play(name: &str, kills: u64, seed: u64) -> Account {
    let kind = match name {
        "unbounded" => "Queue",
        "bounded" => "Bounded",
        _ => "JoinableQueue",
    };
    let progress = Progress::new(kind, kills);
    let rounds = if kills < LONG { 1 } else { ROUNDS };
    let answers: Vec<Answer> = (0..rounds).filter_map(|round| run(kind, kills, seed ^ round)).collect();
    Account { rows: rows(&answers, progress.end()), faults: Vec::new() }
}

fn run(kind: &str, kills: u64, seed: u64) -> Option<Answer> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin/storm/queue.py");
    let mut command = Command::new("python3");
    command.arg("-I").arg(script).args([kind, &kills.to_string(), &(seed >> 1).to_string()]);
    // A group of its own, so that all of it can be ended.
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
    command.env(guard::MARK, guard::mark());
    let mut python = command.spawn().ok()?;
    let started = Instant::now();
    while let Ok(None) = python.try_wait() {
        if started.elapsed() > LONGEST || is_interrupted() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = killpg(Pid::from_raw(python.id() as i32), Signal::SIGKILL);
    let _ = python.wait();
    let mut answer = String::new();
    python.stdout.take()?.read_to_string(&mut answer).ok()?;
    serde_json::from_str(&answer).ok()
}

fn rows(answers: &[Answer], seconds: f64) -> Vec<(&'static str, String)> {
    let all = |of: fn(&Answer) -> String| answers.iter().map(of).collect::<Vec<_>>().join(", ");
    let sum = |of: fn(&Answer) -> u64| answers.iter().map(of).sum::<u64>().to_string();
    vec![
        ("kills", all(|answer| format!("{}{}", answer.kills, if answer.stuck { "!" } else { "" }))),
        ("stops", sum(|answer| answer.stops)),
        ("  put returned (acknowledged)", sum(|answer| answer.put)),
        ("  received", sum(|answer| answer.received)),
        ("  corrupt", sum(|answer| answer.faults)),
        ("longest stall, ms", longest(answers)),
        ("seconds", format!("{seconds:.1}")),
    ]
}

fn longest(answers: &[Answer]) -> String {
    if answers.iter().any(|answer| answer.stuck) {
        return "for ever".to_owned();
    }
    format!("{:.1}", answers.iter().map(|answer| answer.longest).fold(0.0, f64::max) * 1e3)
}
