//! What the processes did and were told, and whether that can have been so.
//!
//! An operation takes effect at one moment between its call and its answer. So a history is right if there is an order
//! of its operations, each at a moment of its own, in which a simple model gives all the same answers: it is then said
//! to be linearizable (Herlihy and Wing, 1990). Who died in the middle of an operation has carried it out, or has not.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::hash::Hash;

use crate::stage::MOST;

/// Makes an enum whose values have names, and numbers.
macro_rules! named {
    ($(#[$doc:meta])* $kind:ident { $($value:ident $name:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub(crate) enum $kind { $($value),* }

        impl $kind {
            const ALL: &[($kind, &str)] = &[$(($kind::$value, $name)),*];
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(Self::ALL[*self as usize].1)
            }
        }
    };
}

named! {
    /// What a process does. A timed operation waits for [`TIMEOUT`] at the most.
    Op {
        Put "put", TryPut "try_put", PutTimeout "put_timeout", PutLarge "put_large",
        Get "get", TryGet "try_get", GetTimeout "get_timeout",
        TaskDone "task_done", Join "join", JoinTimeout "join_timeout",
        Len "len", IsEmpty "is_empty", IsFull "is_full",
        Acquire "acquire", TryAcquire "try_acquire", AcquireTimeout "acquire_timeout", Release "release",
        // With the lock, as long as it takes.
        Work "work",
        Send "send", SendLarge "send_large", Recv "recv", RecvTimeout "recv_timeout",
        // Not the processes' own doing.
        Killed "is killed", Stopped "is stopped", Continued "goes on", Ended "has ended",
    }
}

named! {
    /// The kinds of answers; some come with a number.
    Kind {
        Done "done", Full "full", Empty "empty", Got "got", Number "number", Is "is", Lost "tasks lost:",
        TooMany "too many task_done", Taken "taken, owner died:", Eof "end of file", Truncated "truncated",
        Broken "broken pipe", TimeIsOver "time is over", Wrong "an answer that it must not give",
    }
}

pub(crate) type Answer = (Kind, u32);

/// Of a timed operation, in nanoseconds.
pub(crate) const TIMEOUT: u64 = 30_000_000;

impl Op {
    pub(crate) fn named(name: &str) -> Option<Op> {
        Op::ALL.iter().find(|(op, known)| *known == name && !op.is_fate()).map(|(op, _)| *op)
    }

    pub(crate) fn has_timeout(self) -> bool {
        matches!(
            self,
            Op::PutTimeout | Op::GetTimeout | Op::JoinTimeout | Op::AcquireTimeout | Op::RecvTimeout
        )
    }

    /// Whether it does not wait at all.
    pub(crate) fn is_try(self) -> bool {
        matches!(self, Op::TryPut | Op::TryGet | Op::TryAcquire)
    }

    /// Whether it brings an item with it.
    pub(crate) fn gives(self) -> bool {
        matches!(self, Op::Put | Op::TryPut | Op::PutTimeout | Op::PutLarge | Op::Send | Op::SendLarge)
    }

    /// Something that befalls a process, rather than a call of its own.
    fn is_fate(self) -> bool {
        matches!(self, Op::Killed | Op::Stopped | Op::Continued | Op::Ended)
    }
}

/// The beginning of an operation (without an answer), or its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    pub(crate) who: usize,
    pub(crate) op: Op,
    pub(crate) item: u32,
    pub(crate) answer: Option<Answer>,
    pub(crate) clock: u64,
}

impl Event {
    pub(crate) fn pack(&self) -> [u64; 3] {
        let answer = self.answer.map_or(0, |(kind, number)| (kind as u64 + 1) << 32 | u64::from(number));
        [(self.who as u64) << 40 | (self.op as u64) << 32 | u64::from(self.item), answer, self.clock]
    }

    pub(crate) fn unpack([what, answer, clock]: [u64; 3]) -> Event {
        let kind = ((answer >> 32) as usize).checked_sub(1).map(|kind| Kind::ALL[kind].0);
        let op = Op::ALL[(what >> 32 & 0xff) as usize].0;
        let answer = kind.map(|kind| (kind, answer as u32));
        Event { who: (what >> 40) as usize, op, item: what as u32, answer, clock }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", letter(self.who), self.op)?;
        if self.op.gives() {
            write!(f, " {}", self.item)?;
        }
        match self.answer {
            Some((kind @ (Kind::Got | Kind::Number | Kind::Lost), number)) => {
                write!(f, " -> {kind} {number}")
            }
            Some((kind @ (Kind::Is | Kind::Taken), number)) => write!(f, " -> {kind} {}", number != 0),
            Some((kind, _)) => write!(f, " -> {kind}"),
            None => Ok(()),
        }
    }
}

/// A, B, C; and Z, who looks after them.
pub(crate) fn letter(who: usize) -> char {
    if who + 1 == MOST { 'Z' } else { (b'A' + who as u8) as char }
}

/// An operation from its call to its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) who: usize,
    pub(crate) op: Op,
    pub(crate) item: u32,
    pub(crate) answer: Option<Answer>,
    /// It had a timeout, and has used it up.
    pub(crate) is_late: bool,
    /// Meanwhile a process was stopped: who is not to wait may be told that it would have to.
    pub(crate) is_excused: bool,
    start: usize,
    end: usize,
}

impl Call {
    /// Whether it has had no answer yet.
    pub(crate) fn is_open(&self) -> bool {
        self.end == usize::MAX
    }
}

/// The operations of a history.
pub(crate) fn calls(events: &[Event]) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut stopped = false;
    for (now, event) in events.iter().enumerate() {
        match event.op {
            Op::Stopped => {
                stopped = true;
                calls.iter_mut().filter(|call| call.is_open()).for_each(|call| call.is_excused = true);
            }
            Op::Continued => stopped = false,
            _ => {}
        }
        let &Event { who, op, item, answer, .. } = event;
        match calls.iter_mut().find(|call| call.who == who && call.is_open()) {
            Some(call) if answer.is_some() => {
                (call.answer, call.end) = (answer, now);
                call.is_late = op.has_timeout() && event.clock - events[call.start].clock >= TIMEOUT;
            }
            _ => {
                let end = if op.is_fate() { now } else { usize::MAX };
                calls.push(Call {
                    who,
                    op,
                    item,
                    answer,
                    is_late: false,
                    is_excused: stopped,
                    start: now,
                    end,
                });
            }
        }
    }
    calls
}

/// What an object that is explored must do, as simply as it can be said.
pub(crate) trait Model: Clone + Eq + Hash {
    /// What it may be after this call, with this answer: nothing if the answer is wrong. Without an answer: after a call
    /// that somebody has died in, if it took effect.
    fn after(&self, call: &Call) -> Vec<Self>;

    /// What it may be when a process is no more.
    fn without(&self, who: usize) -> Vec<Self>;

    /// Whether somebody who waits in this operation has something to do.
    fn is_ready(&self, who: usize, op: Op) -> bool;
}

/// What `model` may be after these calls: nothing if it cannot have been so.
pub(crate) fn outcomes<M: Model>(model: M, calls: &[Call]) -> HashSet<M> {
    let mut outcomes = HashSet::new();
    let mut seen = HashSet::new();
    let mut open = vec![(Done::default(), model)];
    while let Some((done, model)) = open.pop() {
        if !seen.insert((done.clone(), model.clone())) {
            continue;
        }
        let left = || calls.iter().enumerate().skip(done.all).filter(|(at, _)| !done.has(*at));
        // Whatever begins after this has ended comes after it.
        let first_end = left().map(|(_, call)| call.end).min().unwrap_or(usize::MAX);
        if first_end == usize::MAX {
            outcomes.insert(model);
            continue;
        }
        for (at, call) in left().take_while(|(_, call)| call.start <= first_end) {
            let done = done.and(at);
            match call.op {
                Op::Killed | Op::Ended => {
                    // What it was about to do can no longer come to pass.
                    let whose = left().filter(|(_, other)| other.who == call.who);
                    let done = whose.fold(done, |done, (at, _)| done.and(at));
                    open.extend(model.without(call.who).into_iter().map(|model| (done.clone(), model)));
                }
                Op::Stopped | Op::Continued => open.push((done, model.clone())),
                // Who still waits has done nothing, unless it is dead.
                _ if call.is_open() && !is_killed(call.who, calls) => {}
                _ => open.extend(model.after(call).into_iter().map(|model| (done.clone(), model))),
            }
        }
    }
    outcomes
}

/// Which calls have had their turn: all before one, and some after it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Done {
    all: usize,
    more: BTreeSet<usize>,
}

impl Done {
    fn has(&self, at: usize) -> bool {
        at < self.all || self.more.contains(&at)
    }

    fn and(&self, at: usize) -> Done {
        let mut done = self.clone();
        done.more.insert(at);
        while done.more.remove(&done.all) {
            done.all += 1;
        }
        done
    }
}

fn is_killed(who: usize, calls: &[Call]) -> bool {
    calls.iter().any(|call| call.who == who && call.op == Op::Killed)
}
