//! A process that is explored: it carries out its operations, and writes down what it was told.

use procession::{Error, fault};

use crate::history::{Answer, Kind, Op};
use crate::object::Share;
use crate::operations::{Guard, carry_out};
use crate::stage::{Stage, pass};

/// The step at which each process waits for leave to begin.
pub(crate) const START: &str = "start";

/// The step at which the last process waits for all others.
pub(crate) const AFTER_ALL: &str = "after all";

struct Actor<'a> {
    stage: &'static Stage,
    who: usize,
    share: &'a Share,
    guard: Option<Guard<'a>>,
    has_lock: bool,
    last_item: u32,
}

impl<'a> Actor<'a> {
    fn enter(stage: &'static Stage, who: usize, share: &'a Share) -> Actor<'a> {
        stage.enter(who);
        Actor { stage, who, share, guard: None, has_lock: false, last_item: 100 * who as u32 }
    }

    /// Does it, and writes down what came of it.
    fn perform(&mut self, op: Op) -> Answer {
        if op.gives() {
            self.last_item += 1;
        }
        let item = self.last_item;
        self.stage.log(self.who, op, item, None);
        let answer = match op {
            Op::Work | Op::Release if !self.has_lock => (Kind::Empty, 0),
            Op::Work => {
                pass("work");
                (Kind::Done, 0)
            }
            _ => carry_out(self.share, op, item, &mut self.guard).unwrap_or_else(answer),
        };
        self.has_lock = answer.0 == Kind::Taken || self.has_lock && op != Op::Release;
        self.stage.log(self.who, op, item, Some(answer));
        answer
    }

    /// Takes out all there is.
    fn drain(&mut self) {
        while let (Kind::Got, _) = self.perform(Op::TryGet) {
            if let Share::Joinable(_) = self.share {
                self.perform(Op::TaskDone);
            }
        }
    }
}

fn answer(error: Error) -> Answer {
    match error {
        Error::Full => (Kind::Full, 0),
        Error::Empty => (Kind::Empty, 0),
        Error::TasksLost { tasks, .. } => (Kind::Lost, tasks),
        Error::TooManyTaskDone => (Kind::TooMany, 0),
        Error::Eof => (Kind::Eof, 0),
        Error::Truncated { .. } => (Kind::Truncated, 0),
        Error::BrokenPipe => (Kind::Broken, 0),
        Error::Timeout => (Kind::TimeIsOver, 0),
        error => {
            eprintln!("{error}");
            (Kind::Wrong, 0)
        }
    }
}

/// The life of a process that is explored.
pub(crate) fn explored(stage: &'static Stage, who: usize, share: &Share, script: &[Op]) {
    let mut actor = Actor::enter(stage, who, share);
    fault::on_step(pass);
    pass(START);
    for &op in script {
        actor.perform(op);
    }
    stage.has_done(who);
}

/// What processes that wait still want: so many items, and, if they want to put some themselves, room so many times.
pub(crate) struct Needs {
    pub(crate) items: usize,
    pub(crate) turns: usize,
}

/// What the last process does, after all others, without a stop at each step: it finds out what is left, gives those who
/// wait what they wait for, and sees that all works as on the first day.
pub(crate) fn look_after(
    stage: &'static Stage,
    who: usize,
    share: &Share,
    maxsize: Option<usize>,
    needs: Needs,
) {
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
            for op in [Op::TryAcquire, Op::Work, Op::Release, Op::TryAcquire, Op::Work, Op::Release] {
                actor.perform(op);
            }
        }
        _ => {}
    }
    stage.has_done(who);
}
