//! Whoever is struck, and what is known about it afterwards.

use std::os::fd::BorrowedFd;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use checks::scenes::{descriptors, note, state_of, until};
use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::prctl;
use nix::sys::signal::{Signal, raise};
use nix::unistd::{Gid, Uid, setgid, setuid};
use procession::{Child, Error, JoinableQueue, Process, Queue, fault};

/// Only ever used up when something is broken.
pub(crate) const LONG: Duration = Duration::from_secs(10);

/// A process that is not struck by now waits for something.
const WAITS: Duration = Duration::from_millis(20);

#[derive(Debug, Clone)]
pub(crate) enum Under {
    Plain(Queue<String>),
    Joinable(JoinableQueue<String>),
}

macro_rules! both {
    ($under:expr, $queue:ident => $call:expr) => {
        match $under {
            Under::Plain($queue) => $call,
            Under::Joinable($queue) => $call,
        }
    };
}

/// How full a queue is when the victim comes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum State {
    Empty,
    /// Two items.
    Half,
    /// As many as the bound says; without one, as many as the pipe holds.
    Full,
    /// Some more than the pipe holds.
    Beyond,
    /// The pipe has run low, and there is something in the overflow.
    Low,
}

pub(crate) const STATES: [State; 5] = [State::Empty, State::Half, State::Full, State::Beyond, State::Low];

/// How many records the pipe of a queue holds, by its pages.
static PIPE: OnceLock<usize> = OnceLock::new();

const RECORDS_A_PAGE: usize = 16;

pub(crate) fn pipe_holds() -> usize {
    *PIPE.get_or_init(|| {
        use_small_pipes();
        let before = descriptors();
        let _queue = Queue::<u32>::new().expect("a queue");
        let new = descriptors().into_iter().filter(|one| !before.contains(one));
        let pipe =
            new.filter(|one| one.contains("pipe:")).find_map(|one| one.split(' ').next()?.parse().ok());
        // SAFETY: the queue has it open for as long as this is used.
        let pipe = unsafe { BorrowedFd::borrow_raw(pipe.expect("the pipe of a queue")) };
        fcntl(pipe, FcntlArg::F_GETPIPE_SZ).expect("a size") as usize / 4096 * RECORDS_A_PAGE
    })
}

/// Has this process be a user whose share of pipe pages is used up, if it may: so its pipes are small, and much faster
/// filled. Else they have the usual size.
fn use_small_pipes() {
    let rationed = std::fs::read_to_string("/proc/sys/fs/pipe-user-pages-soft");
    let rationed = rationed.ok().and_then(|pages| pages.trim().parse().ok()).unwrap_or(0);
    if !Uid::effective().is_root() || !(1..=1 << 16).contains(&rationed) {
        return;
    }
    let who = 1_000_000 + std::process::id();
    setgid(Gid::from_raw(who)).expect("root may");
    setuid(Uid::from_raw(who)).expect("root may");
    // Or its own /proc would belong to root.
    prctl::set_dumpable(true).expect("it may be looked at");
    // Until a new pipe has two pages, and cannot be made any larger.
    loop {
        let (reader, _) = std::io::pipe().expect("a pipe");
        let refused = fcntl(&reader, FcntlArg::F_SETPIPE_SZ(1 << 20)).is_err();
        let size = fcntl(&reader, FcntlArg::F_GETPIPE_SZ).expect("a size");
        // As long as this process and those it starts live.
        std::mem::forget(reader);
        if refused && size <= 2 * 4096 {
            break;
        }
    }
}

/// The sizes of items: in a record, in a slot, and in a slot that is outgrown.
pub(crate) const SIZES: [usize; 3] = [20, 3000, 40_000];

/// An item of about this size that is like no other.
pub(crate) fn item(size: usize, number: usize) -> String {
    format!("{number}:{}", "x".repeat(size))
}

impl Under {
    /// One of each kind.
    pub(crate) fn all() -> Vec<Under> {
        (0..4).map(Under::one_of).collect()
    }

    /// A queue of this kind: plain or joinable, without a bound or with one.
    pub(crate) fn one_of(kind: usize) -> Under {
        pipe_holds();
        match kind {
            0 => Under::Plain(Queue::new().expect("a queue")),
            1 => Under::Plain(Queue::bounded(4).expect("a queue")),
            2 => Under::Joinable(JoinableQueue::new().expect("a queue")),
            _ => Under::Joinable(JoinableQueue::bounded(4).expect("a queue")),
        }
    }

    pub(crate) fn is_joinable(&self) -> bool {
        matches!(self, Under::Joinable(_))
    }

    pub(crate) fn put(&self, item: &String) -> Result<(), Error> {
        both!(self, queue => queue.put(item))
    }

    pub(crate) fn put_timeout(&self, item: &String, timeout: Duration) -> Result<(), Error> {
        both!(self, queue => queue.put_timeout(item, timeout))
    }

    pub(crate) fn get(&self) -> Result<String, Error> {
        both!(self, queue => queue.get())
    }

    pub(crate) fn get_timeout(&self, timeout: Duration) -> Result<String, Error> {
        both!(self, queue => queue.get_timeout(timeout))
    }

    pub(crate) fn len(&self) -> usize {
        both!(self, queue => queue.len()).expect("a length")
    }

    pub(crate) fn maxsize(&self) -> Option<usize> {
        both!(self, queue => queue.maxsize())
    }

    pub(crate) fn done(&self) {
        if let Under::Joinable(queue) = self {
            queue.task_done().expect("a task in hand");
        }
    }

    /// Puts items until it is as full as that; the first two are of this size. Says which.
    pub(crate) fn fill(&self, state: State, size: usize) -> Vec<String> {
        let pipe = pipe_holds();
        let goal = match state {
            State::Empty => 0,
            State::Half => 2,
            State::Full => self.maxsize().unwrap_or(pipe),
            State::Beyond => pipe + 3,
            State::Low => pipe + 3,
        };
        // In the state `Low` so many are taken out again that the next one to get moves others into the pipe: half of
        // those that a pipe holds for sure are left, of which one page may be read in part.
        let low = ((pipe / RECORDS_A_PAGE - 1) * RECORDS_A_PAGE).div_ceil(2);
        let taken = if state == State::Low { pipe - low } else { 0 };
        let mut items: Vec<String> = (0..goal)
            .map(|number| item(if (taken..taken + 2).contains(&number) { size } else { 1 }, number))
            .collect();
        items.iter().for_each(|item| self.put_timeout(item, Duration::ZERO).expect("room"));
        let rest = items.split_off(taken);
        items.iter().for_each(|item| assert_eq!(self.one(), *item));
        rest
    }

    /// Takes out one item, at once.
    pub(crate) fn one(&self) -> String {
        let item = soon("get", || self.get_timeout(LONG)).expect("an item");
        self.done();
        item
    }

    /// Takes out all items.
    pub(crate) fn drain(&self) -> Vec<String> {
        (0..self.len()).map(|_| self.one()).collect()
    }

    /// How many tasks `join` says are lost; the rest must be done.
    pub(crate) fn lost(&self) -> u32 {
        let Under::Joinable(queue) = self else { return 0 };
        let mut lost = 0;
        loop {
            match soon("join", || queue.join_timeout(LONG)) {
                Ok(true) => return lost,
                Err(Error::TasksLost { tasks, .. }) => lost += tasks,
                other => panic!("join: {other:?}"),
            }
        }
    }
}

/// What others do after a death takes no longer than a second; if it does, that is noted.
pub(crate) fn soon<T>(what: &str, call: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let answer = call();
    if started.elapsed() > Duration::from_secs(1) {
        note(format!("{what} took {:?}", started.elapsed()));
    }
    answer
}

/// From now on this process sends itself the signal when it comes to this step, once.
fn arm(step: &str, signal: Signal) {
    static ARMED: Mutex<Option<(String, Signal)>> = Mutex::new(None);
    *ARMED.lock().expect("one thread") = Some((step.to_owned(), signal));
    fault::on_step(|step| {
        let armed = ARMED.lock().expect("one thread").take_if(|(at, _)| at == step);
        if let Some((_, signal)) = armed {
            raise(signal).expect("a signal to oneself");
        }
    });
}

/// A child that does it and is struck by the signal at that step. `None` if it did not pass the step, and ended.
pub(crate) fn struck(step: &str, signal: Signal, work: impl FnOnce() -> Result<(), Error>) -> Option<Child> {
    struck_when(step, signal, work, || {})
}

/// The same; when the child waits, `let_go` gives it what it may wait for.
pub(crate) fn struck_when(
    step: &str,
    signal: Signal,
    work: impl FnOnce() -> Result<(), Error>,
    let_go: impl FnOnce(),
) -> Option<Child> {
    let child = Process::new(|| {
        arm(step, signal);
        work()
    });
    let child = child.start().expect("a child");
    let struck = if signal == Signal::SIGKILL { 'Z' } else { 'T' };
    let over = || state_of(child.pid()).is_none_or(|state| state == struck || state == 'Z');
    let started = Instant::now();
    until("it is struck, ends, or waits", || over() || started.elapsed() > WAITS);
    if !over() {
        let_go();
        until("it is struck, or ends", over);
    }
    if state_of(child.pid()) == Some('T') {
        return Some(child);
    }
    let status = child.join().expect("a status");
    (!status.success()).then_some(child)
}
