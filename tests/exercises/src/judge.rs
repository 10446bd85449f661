//! Running an exercise's check on an answer.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use checks::exercise::{ANSWER, REPORT};

/// The limit for a whole check, whatever goes wrong in it. Each run in it has a deadline of its own.
const LIMIT: Duration = Duration::from_secs(180);

/// What a check has said: nothing, or its complaint.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub(crate) complaint: Option<String>,
    pub(crate) took: Duration,
}

impl Judgement {
    /// The complaint without the timeline.
    pub(crate) fn message(&self) -> Option<&str> {
        self.complaint.as_deref().map(|text| text.split("\n\n").next().unwrap_or(text))
    }
}

/// Has `check` judge the learner's program, or another answer.
pub(crate) fn judge(check: &Path, answer: Option<&Path>) -> Result<Judgement, String> {
    let started = Instant::now();
    let place = tempfile::tempdir().map_err(|why| format!("no folder for the report: {why}"))?;
    let report = place.path().join("report");
    let mut command = Command::new(check);
    command.arg("--include-ignored").env(REPORT, &report).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null()).env_remove(ANSWER);
    if let Some(answer) = answer {
        command.env(ANSWER, answer);
    }
    let mut running = command.spawn().map_err(|why| format!("{}: {why}", check.display()))?;
    let status = loop {
        match running.try_wait().map_err(|why| format!("waiting for a check: {why}"))? {
            Some(status) => break Some(status),
            None if started.elapsed() > LIMIT => {
                // It may have ended meanwhile: then there is nothing to kill.
                let _ = running.kill();
                let _ = running.wait();
                break None;
            }
            None => thread::sleep(Duration::from_millis(10)),
        }
    };
    let complaint = match (status, fs::read_to_string(&report)) {
        (Some(status), Err(_)) if status.success() => None,
        (Some(_), Ok(report)) => Some(report),
        (Some(status), Err(_)) => Some(format!("the check itself failed: {status}")),
        (None, _) => Some(format!("the check did not end within {} s", LIMIT.as_secs())),
    };
    Ok(Judgement { complaint, took: started.elapsed() })
}

/// Does all jobs, several at a time, and returns what they have brought, in their order.
pub(crate) fn all<J: Sync, R: Send>(jobs: &[J], at_a_time: usize, work: impl Fn(&J) -> R + Sync) -> Vec<R> {
    let next = Mutex::new(0..jobs.len());
    let results = Mutex::new(jobs.iter().map(|_| None).collect::<Vec<_>>());
    let take = || next.lock().expect("nobody panics with it").next();
    thread::scope(|scope| {
        for _ in 0..at_a_time.min(jobs.len()) {
            scope.spawn(|| {
                while let Some(at) = take() {
                    let result = work(&jobs[at]);
                    results.lock().expect("nobody panics with it")[at] = Some(result);
                }
            });
        }
    });
    results.into_inner().expect("nobody panics with it").into_iter().flatten().collect()
}

/// Most of a check is sleep: a processor can do many at a time.
pub(crate) fn at_a_time() -> usize {
    6 * thread::available_parallelism().map_or(1, usize::from)
}
