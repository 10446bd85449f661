//! Running an exercise's check on an answer.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use checks::exercise::{ANSWER, REPORT};
use checks::timeline::COLUMNS;
use checks::{End, Run};
use console::Term;

/// The limit for a whole check, whatever goes wrong in it. Each run in it has a deadline of its own.
const LIMIT: Duration = Duration::from_secs(180);

/// What a check has said: nothing, or its complaint.
#[derive(Debug)]
pub struct Judgement {
    /// The words, and then the timeline.
    pub complaint: Option<String>,
    /// How long it took.
    pub took: Duration,
}

impl Judgement {
    /// The complaint without the timeline.
    pub fn message(&self) -> Option<&str> {
        self.complaint.as_deref().map(|text| text.split("\n\n").next().unwrap_or(text))
    }
}

/// Has `check` judge a program, as long as that is wanted.
pub fn judge(check: &Path, program: &Path, wanted: impl Fn() -> bool) -> Result<Option<Judgement>, String> {
    let started = Instant::now();
    let place = checks::folder().map_err(|why| why.to_string())?;
    let report = place.path().join("report");
    let run = Run::new(check).arg("--include-ignored").env(REPORT, &report).env(ANSWER, program);
    // The check itself has no terminal.
    let run = match Term::stdout().size_checked() {
        Some((_, columns)) => run.env(COLUMNS, columns.to_string()),
        None => run,
    };
    let run = run.deadline(LIMIT).start().map_err(|why| why.message().to_owned())?;
    let Some(outcome) = run.finish_while(|_| wanted()).map_err(|why| why.message().to_owned())? else {
        return Ok(None);
    };
    let complaint = match (&outcome.end, fs::read_to_string(&report)) {
        (End::Ended(status), Err(_)) if status.success() => None,
        (End::Ended(_), Ok(report)) => Some(report),
        (End::Ended(status), Err(_)) => Some(format!("the check itself failed: {status}\n\n{outcome}")),
        _ => Some(format!("the check did not end within {} s", LIMIT.as_secs())),
    };
    Ok(Some(Judgement { complaint, took: started.elapsed() }))
}

/// Does all jobs, several at a time, and returns what they have brought, in their order. Tells after each how many are
/// done.
pub fn all<J: Sync, R: Send>(
    jobs: &[J],
    at_a_time: usize,
    work: impl Fn(&J) -> R + Sync,
    done: impl Fn(usize) + Sync,
) -> Vec<R> {
    let next = Mutex::new(0..jobs.len());
    let count = AtomicUsize::new(0);
    let results = Mutex::new(jobs.iter().map(|_| None).collect::<Vec<_>>());
    let take = || next.lock().expect("nobody panics with it").next();
    thread::scope(|scope| {
        for _ in 0..at_a_time.min(jobs.len()) {
            scope.spawn(|| {
                while let Some(at) = take() {
                    let result = work(&jobs[at]);
                    results.lock().expect("nobody panics with it")[at] = Some(result);
                    done(count.fetch_add(1, Relaxed) + 1);
                }
            });
        }
    });
    results.into_inner().expect("nobody panics with it").into_iter().flatten().collect()
}

/// Most of a check is sleep: a processor can do many at a time.
pub fn at_a_time() -> usize {
    6 * thread::available_parallelism().map_or(1, usize::from)
}
