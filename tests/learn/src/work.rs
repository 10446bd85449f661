//! What takes a while is done by another thread, one thing at a time; the next one ends the one before.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use checks::timeline::COLUMNS;
use checks::{End, Run};
use crossterm::terminal::size;
use exercises::folder::root;

use super::app::{Event, Work};
use super::judge;

/// Whatever goes wrong, nothing lasts longer. A first build on a slow machine is the longest that goes well.
const LIMIT: Duration = Duration::from_secs(1800);

/// The thread that does it. Dropped, it ends what it is doing.
#[derive(Debug)]
pub(crate) struct Worker {
    /// The job that is wanted: every other one ends.
    wanted: Arc<AtomicU64>,
    jobs: Option<Sender<(u64, Work)>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    pub(crate) fn new(tell: Sender<Event>) -> Worker {
        let (jobs, given) = channel();
        let wanted = Arc::new(AtomicU64::new(0));
        let is_wanted = Arc::clone(&wanted);
        let thread = thread::spawn(move || {
            for (job, work) in given {
                let is_wanted = || is_wanted.load(Relaxed) == job;
                // Nobody listens any more only at the end of all.
                let said = |line: &str| drop(tell.send(Event::Said(job, line.to_owned())));
                let how = follow(run(&work), is_wanted, said);
                drop(tell.send(Event::Ended(job, how)));
            }
        });
        Worker { wanted, jobs: Some(jobs), thread: Some(thread) }
    }

    /// Has it do this, and nothing else any more.
    pub(crate) fn does(&self, job: u64, work: Work) {
        self.stops(job);
        self.jobs.iter().for_each(|jobs| drop(jobs.send((job, work.clone()))));
    }

    /// Has it end what has another number than this.
    pub(crate) fn stops(&self, job: u64) {
        self.wanted.store(job, Relaxed);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stops(u64::MAX);
        drop(self.jobs.take());
        // If it has panicked, that was told.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn run(work: &Work) -> Result<Run, String> {
    let run = match work {
        Work::Judge(numbers) => {
            let this = env::current_exe();
            let this = this.map_err(|why| format!("this program does not know where it is: {why}"))?;
            // A timeline is as wide as the terminal. A process that has none is told by this how wide that is.
            let columns = size().map_or_else(|_| 80, |(columns, _)| columns);
            Run::new(this).arg(judge::ARGUMENT).args(numbers).env(COLUMNS, columns.to_string())
        }
        Work::Lesson(number) => Run::new("sh").args(["-c", MAKE, &format!("run-{number}")]).cwd(root()),
    };
    Ok(run.deadline(LIMIT))
}

/// Without what the `make` that has started us wants to tell another one.
const MAKE: &str = "unset MAKEFLAGS MAKELEVEL MFLAGS; exec make --no-print-directory $0 2>&1";

/// Runs it to its end, as long as that is wanted, and tells each line of its output. Its error, if it ends with one.
fn follow(run: Result<Run, String>, is_wanted: impl Fn() -> bool, said: impl Fn(&str)) -> Result<(), String> {
    let words = |why: checks::Complaint| why.message().to_owned();
    let mut count = 0;
    let running = run?.start().map_err(words)?;
    let outcome = running.finish_while(|running| {
        running.lines()[count..].iter().for_each(|line| said(&line.text));
        count = running.lines().len();
        is_wanted()
    });
    let Some(outcome) = outcome.map_err(words)? else { return Ok(()) };
    outcome.lines[count..].iter().for_each(|line| said(&line.text));
    match outcome.end {
        End::Ended(status) if status.success() => Ok(()),
        End::Ended(status) if outcome.stderr.is_empty() => Err(format!("it ended with {status}")),
        End::Ended(_) => {
            let lines: Vec<&str> = outcome.stderr.iter().map(|line| line.text.as_str()).collect();
            Err(lines.join("\n"))
        }
        End::Flooded => Err("it printed without end, and was ended".to_owned()),
        End::Crowded(_) => Err("it started processes without end, and was ended".to_owned()),
        End::Hung(_) => Err("it did not end, and was ended".to_owned()),
    }
}

/// Gives an exercise back as it was: what `make reset-NN` has to say of it.
pub(crate) fn reset(number: &str) -> String {
    let run = Run::new("sh").args(["-c", MAKE, &format!("reset-{number}")]).cwd(root());
    match run.finish() {
        Ok(outcome) => {
            let lines: Vec<&str> = outcome.lines.iter().map(|line| line.text.as_str()).collect();
            lines.join("\n")
        }
        Err(why) => why.message().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    use checks::Run;
    use checks::scenes::runs;

    use super::follow;

    fn sh(script: &str) -> Result<Run, String> {
        Ok(Run::new("sh").args(["-c", script]))
    }

    /// Each line is told, and an error in its own words.
    #[test]
    fn what_it_says_is_told() {
        let lines = RefCell::new(Vec::new());
        let how = follow(
            sh("echo a; echo b; echo why >&2; exit 2"),
            || true,
            |line| lines.borrow_mut().push(line.to_owned()),
        );
        assert_eq!((how, lines.into_inner()), (Err("why".to_owned()), vec!["a".to_owned(), "b".to_owned()]));
    }

    /// What is no longer wanted is ended with all its processes, also those that have left its group.
    #[test]
    fn what_is_unwanted_is_gone() {
        let (wanted, pids) = (AtomicBool::new(true), RefCell::new(Vec::new()));
        let how = follow(
            sh("setsid sleep 1000 & echo $$ $!; wait"),
            || wanted.load(Relaxed),
            |line| {
                pids.borrow_mut().extend(line.split(' ').map(|pid| pid.parse::<u32>().expect("a pid")));
                wanted.store(false, Relaxed);
            },
        );
        assert_eq!(how, Ok(()));
        let pids = pids.into_inner();
        assert_eq!(pids.len(), 2);
        assert!(!pids.iter().any(|&pid| runs(pid)), "{pids:?}");
    }
}
