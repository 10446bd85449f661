//! A process that is explored: it carries out its operations, and writes down what it was told.

use std::time::Duration;

use procession::{Error, FileLockGuard, LockGuard, fault};

use crate::history::{Answer, Kind, Op, TIMEOUT};
use crate::object::Share;
use crate::stage::{Stage, pass};

const SMALL: usize = 20;
/// Does not fit in a record of a queue.
const LARGE: usize = 5000;

/// A large item is more than a pipe holds.
const LARGE_MESSAGE: usize = 100_000;

/// The item of this number, as text.
pub(crate) fn text(item: u32, is_large: bool) -> String {
    sized(item, if is_large { LARGE } else { SMALL })
}

fn sized(item: u32, size: usize) -> String {
    format!("{item}:{}", "x".repeat(size))
}

/// The number of the item, if the text is whole.
fn number(text: &str) -> Answer {
    let is_whole = |rest: &str| {
        [SMALL, LARGE, LARGE_MESSAGE].contains(&rest.len()) && rest.bytes().all(|byte| byte == b'x')
    };
    match text.split_once(':').map(|(number, rest)| (number.parse(), is_whole(rest))) {
        Some((Ok(number), true)) => (Kind::Got, number),
        _ => (Kind::Wrong, 0),
    }
}

/// A lock that is held, until this is dropped.
#[expect(dead_code, reason = "held, and not looked at")]
enum Guard<'a> {
    Family(LockGuard<'a>),
    Path(FileLockGuard<'a>),
}

pub(crate) struct Actor<'a> {
    stage: &'static Stage,
    who: usize,
    share: &'a Share,
    guard: Option<Guard<'a>>,
    last_item: u32,
}

impl<'a> Actor<'a> {
    /// Steps on the stage.
    pub(crate) fn enter(stage: &'static Stage, who: usize, share: &'a Share) -> Actor<'a> {
        stage.enter(who);
        Actor { stage, who, share, guard: None, last_item: 100 * who as u32 }
    }

    /// Does it, and writes down what came of it.
    pub(crate) fn perform(&mut self, op: Op) -> Answer {
        if op.gives() {
            self.last_item += 1;
        }
        self.stage.log(self.who, op, self.last_item, None);
        let answer = self.carry_out(op).unwrap_or_else(|error| match error {
            Error::Full => (Kind::Full, 0),
            Error::Empty => (Kind::Empty, 0),
            Error::TasksLost { tasks, .. } => (Kind::Lost, tasks),
            Error::TooManyTaskDone => (Kind::TooMany, 0),
            Error::Eof => (Kind::Eof, 0),
            Error::Truncated { .. } => (Kind::Truncated, 0),
            Error::BrokenPipe => (Kind::Broken, 0),
            Error::Timeout => (Kind::TimeIsOver, 0),
            error => {
                eprintln!("{op}: {error}");
                (Kind::Wrong, 0)
            }
        });
        self.stage.log(self.who, op, self.last_item, Some(answer));
        answer
    }

    fn carry_out(&mut self, op: Op) -> Result<Answer, Error> {
        let timeout = Duration::from_nanos(TIMEOUT);
        let item = text(self.last_item, op.is_large());
        let done = |()| (Kind::Done, 0);
        let got = |item: String| number(&item);
        let is = |is| (Kind::Is, u32::from(is));
        let in_time = |in_time| if in_time { (Kind::Done, 0) } else { (Kind::TimeIsOver, 0) };
        let length = |length| (Kind::Number, length as u32);
        /// A `Queue` can do less than a `JoinableQueue`.
        macro_rules! either {
            ($queue:expr) => {
                match op {
                    Op::Put | Op::PutLarge => $queue.put(&item).map(done),
                    Op::TryPut => $queue.try_put(&item).map(done),
                    Op::PutTimeout => $queue.put_timeout(&item, timeout).map(done),
                    Op::Get => $queue.get().map(got),
                    Op::TryGet => $queue.try_get().map(got),
                    Op::GetTimeout => $queue.get_timeout(timeout).map(got),
                    Op::Len => $queue.len().map(length),
                    Op::IsEmpty => $queue.is_empty().map(is),
                    Op::IsFull => $queue.is_full().map(is),
                    _ => panic!("{:?} cannot {op}", self.share),
                }
            };
        }
        let share = self.share;
        match (share, op) {
            (Share::Joinable(queue), Op::TaskDone) => queue.task_done().map(done),
            (Share::Joinable(queue), Op::Join) => queue.join().map(done),
            (Share::Joinable(queue), Op::JoinTimeout) => queue.join_timeout(timeout).map(in_time),
            (Share::Joinable(queue), _) => either!(queue),
            (Share::Queue(queue), _) => either!(queue),
            (Share::Sender(sender), Op::Send) => sender.send(&item).map(done),
            (Share::Sender(sender), Op::SendLarge) => {
                sender.send(&sized(self.last_item, LARGE_MESSAGE)).map(done)
            }
            (Share::Receiver(receiver), Op::Recv) => receiver.recv().map(got),
            (Share::Receiver(receiver), Op::RecvTimeout) => receiver.recv_timeout(timeout).map(got),
            (Share::Lock(_) | Share::FileLock(_), Op::Release) => {
                self.guard = None;
                Ok((Kind::Done, 0))
            }
            (Share::Lock(lock), _) => {
                let guard = match op {
                    Op::Acquire => lock.acquire().map(Some),
                    Op::TryAcquire => lock.try_acquire(),
                    _ => lock.acquire_timeout(timeout),
                };
                let died = |guard: &LockGuard<'_>| (Kind::Taken, u32::from(guard.owner_died()));
                guard.map(|guard| {
                    let answer = guard.as_ref().map_or((Kind::TimeIsOver, 0), died);
                    self.guard = guard.map(Guard::Family);
                    answer
                })
            }
            (Share::FileLock(lock), _) => {
                let guard = match op {
                    Op::Acquire => lock.acquire().map(Some),
                    Op::TryAcquire => lock.try_acquire(),
                    _ => lock.acquire_timeout(timeout),
                };
                guard.map(|guard| {
                    let answer = if guard.is_some() { (Kind::Taken, 0) } else { (Kind::TimeIsOver, 0) };
                    self.guard = guard.map(Guard::Path);
                    answer
                })
            }
            _ => panic!("{share:?} cannot {op}"),
        }
    }
}

/// The step at which each process waits for leave to begin.
pub(crate) const START: &str = "start";

/// The step at which the last process waits for all others.
pub(crate) const AFTER_ALL: &str = "after all";

/// The part of a process that is explored.
pub(crate) fn explored(stage: &'static Stage, who: usize, share: &Share, script: &[Op]) {
    let mut actor = Actor::enter(stage, who, share);
    fault::on_step(pass);
    pass(START);
    for &op in script {
        actor.perform(op);
    }
    // A guard that is still there is released now, and nobody hears of it.
    stage.has_done(who);
}

/// What processes that wait still want: so many items, and, if they want to put some themselves, room so many times.
pub(crate) struct Needs {
    pub(crate) items: usize,
    pub(crate) turns: usize,
}

/// What the last process does, after all others, without a stop at each step: it finds out what is left, gives those who wait what they wait for, and
/// sees that all works as on the first day.
pub(crate) fn look_after(stage: &'static Stage, who: usize, share: &Share, needs: Needs) {
    let mut actor = Actor::enter(stage, who, share);
    match share {
        Share::Queue(_) | Share::Joinable(_) => {
            for op in [Op::Len, Op::IsEmpty, Op::IsFull] {
                actor.perform(op);
            }
            actor.drain();
            for _ in 0..needs.items {
                actor.perform(Op::Put);
            }
            for _ in 0..needs.turns {
                // Not before the others have made what they will of it.
                pass(AFTER_ALL);
                actor.drain();
            }
            let maxsize = match share {
                Share::Queue(queue) => queue.maxsize(),
                Share::Joinable(queue) => queue.maxsize(),
                _ => None,
            };
            // One more than fit, if there is a bound.
            for _ in 0..=maxsize.unwrap_or(2) {
                actor.perform(Op::TryPut);
            }
            actor.drain();
            actor.perform(Op::Len);
            if let Share::Joinable(_) = share {
                while let (Kind::Lost, _) = actor.perform(Op::JoinTimeout) {}
            }
        }
        Share::Lock(_) | Share::FileLock(_) => {
            for op in [Op::TryAcquire, Op::Release, Op::TryAcquire, Op::Release] {
                actor.perform(op);
            }
        }
        _ => {}
    }
    stage.has_done(who);
}

impl Actor<'_> {
    fn drain(&mut self) {
        while let (Kind::Got, _) = self.perform(Op::TryGet) {
            if let Share::Joinable(_) = self.share {
                self.perform(Op::TaskDone);
            }
        }
    }
}
