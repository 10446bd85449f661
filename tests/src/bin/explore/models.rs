//! The models: a queue, a lock and a pipe, each as simple as it can be said.

use std::collections::VecDeque;

use crate::history::{Call, Kind, Model, Op};
use crate::stage::MOST;

/// A queue: items in a row, and, if it can be joined, how many of its tasks each process has in its hands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Queue {
    pub(crate) maxsize: Option<usize>,
    pub(crate) items: VecDeque<u32>,
    hands: [u32; MOST],
    lost: u32,
    /// How many lost tasks each process knows of.
    told: [u32; MOST],
}

impl Queue {
    pub(crate) fn new(maxsize: Option<usize>, items: impl IntoIterator<Item = u32>) -> Queue {
        let items = items.into_iter().collect();
        Queue { maxsize, items, hands: [0; MOST], lost: 0, told: [0; MOST] }
    }

    fn is_full(&self) -> bool {
        self.maxsize.is_some_and(|maxsize| self.items.len() >= maxsize)
    }

    fn is_done(&self, who: usize) -> bool {
        self.items.is_empty() && self.hands.iter().all(|&held| held == 0) && self.lost == self.told[who]
    }

    fn put(&mut self, item: u32) -> bool {
        let fits = !self.is_full();
        self.items.push_back(item);
        fits
    }

    fn get(&mut self, who: usize, item: Option<u32>) -> bool {
        let first = self.items.pop_front();
        self.hands[who] += 1;
        first.is_some() && (item.is_none() || item == first)
    }
}

impl Model for Queue {
    fn after(&self, call: &Call) -> Vec<Queue> {
        let &Call { who, op, item, answer, is_late, is_excused, .. } = call;
        let mut next = self.clone();
        let right = match (op, answer) {
            (Op::Put | Op::TryPut | Op::PutTimeout | Op::PutLarge, None | Some((Kind::Done, _))) => {
                next.put(item)
            }
            (Op::TryPut, Some((Kind::Full, _))) => self.is_full() || is_excused,
            (Op::PutTimeout, Some((Kind::Full, _))) => is_late,
            (Op::Get | Op::TryGet | Op::GetTimeout, None) => next.get(who, None),
            (Op::Get | Op::TryGet | Op::GetTimeout, Some((Kind::Got, item))) => next.get(who, Some(item)),
            (Op::TryGet, Some((Kind::Empty, _))) => self.items.is_empty() || is_excused,
            (Op::GetTimeout, Some((Kind::Empty, _))) => is_late,
            (Op::TaskDone, Some((Kind::TooMany, _))) => self.hands[who] == 0,
            (Op::TaskDone, None | Some((Kind::Done, _))) => {
                next.hands[who] = self.hands[who].saturating_sub(1);
                self.hands[who] > 0
            }
            (Op::Join | Op::JoinTimeout, Some((Kind::Done, _))) => self.is_done(who),
            (Op::Join | Op::JoinTimeout, Some((Kind::Lost, tasks))) => {
                next.told[who] = self.lost;
                tasks > 0 && self.told[who] + tasks == self.lost
            }
            (Op::JoinTimeout, Some((Kind::TimeIsOver, _))) => is_late,
            (Op::Join | Op::JoinTimeout, None) => true,
            (Op::Len, Some((Kind::Number, number))) => number as usize == self.items.len(),
            (Op::IsEmpty, Some((Kind::Is, is))) => (is != 0) == self.items.is_empty(),
            (Op::IsFull, Some((Kind::Is, is))) => (is != 0) == self.is_full(),
            (Op::Len | Op::IsEmpty | Op::IsFull, None) => true,
            _ => false,
        };
        if right { vec![next] } else { vec![] }
    }

    /// What it had in its hands is lost.
    fn without(&self, who: usize) -> Vec<Queue> {
        let mut next = self.clone();
        next.lost += std::mem::take(&mut next.hands[who]);
        vec![next]
    }

    fn is_ready(&self, who: usize, op: Op) -> bool {
        match op {
            Op::Put | Op::PutLarge | Op::PutTimeout => !self.is_full(),
            Op::Get | Op::GetTimeout => !self.items.is_empty(),
            Op::Join | Op::JoinTimeout => self.is_done(who) || self.lost > self.told[who],
            _ => true,
        }
    }
}

/// A lock: who holds it, and whether the one before has died with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Lock {
    holder: Option<usize>,
    /// A `Lock` says whether its last owner died, a `FileLock` does not know.
    knows: bool,
    /// It is marked as held. Only who dies in acquiring or releasing it holds it without that mark.
    mark: bool,
}

impl Lock {
    pub(crate) fn new(knows: bool) -> Lock {
        Lock { holder: None, knows, mark: false }
    }
}

impl Model for Lock {
    fn after(&self, call: &Call) -> Vec<Lock> {
        let &Call { who, op, answer, is_late, is_excused, .. } = call;
        let free = self.holder.is_none();
        let taken = Lock { holder: Some(who), mark: self.knows, ..*self };
        let given = Lock { holder: None, mark: false, ..*self };
        match (op, answer) {
            (Op::Acquire | Op::TryAcquire | Op::AcquireTimeout, Some((Kind::Taken, owner_died))) => {
                if free && self.mark == (owner_died != 0) { vec![taken] } else { vec![] }
            }
            (Op::Acquire | Op::TryAcquire | Op::AcquireTimeout, None) if free => {
                vec![Lock { mark: self.mark, ..taken.clone() }, taken]
            }
            (Op::TryAcquire, Some((Kind::TimeIsOver, _))) if !free || is_excused => vec![self.clone()],
            (Op::AcquireTimeout, Some((Kind::TimeIsOver, _))) if is_late => vec![self.clone()],
            (Op::Work | Op::Release, Some((Kind::Empty, _))) => vec![self.clone()],
            (Op::Work, None | Some((Kind::Done, _))) if self.holder == Some(who) => vec![self.clone()],
            (Op::Release, Some((Kind::Done, _))) if self.holder == Some(who) => vec![given],
            (Op::Release, None) if self.holder == Some(who) => {
                vec![Lock { mark: false, ..self.clone() }, given]
            }
            _ => vec![],
        }
    }

    fn without(&self, who: usize) -> Vec<Lock> {
        let holder = self.holder.filter(|&holder| holder != who);
        vec![Lock { holder, ..self.clone() }]
    }

    /// Who has a timeout looks for itself, again and again: the system's own lock knows none.
    fn is_ready(&self, _: usize, op: Op) -> bool {
        op == Op::Acquire && self.holder.is_none()
    }
}

/// A pipe: messages in a row, from process A to process B.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Pipe {
    messages: VecDeque<u32>,
    /// The sender died in the middle of the last message.
    is_cut: bool,
    is_there: [bool; 2],
}

impl Pipe {
    pub(crate) fn new() -> Pipe {
        Pipe { messages: VecDeque::new(), is_cut: false, is_there: [true; 2] }
    }
}

impl Model for Pipe {
    fn after(&self, call: &Call) -> Vec<Pipe> {
        let &Call { op, item, answer, is_late, .. } = call;
        let [sender, receiver] = self.is_there;
        let mut next = self.clone();
        let is_last = self.messages.is_empty() && !sender;
        let right = match (op, answer) {
            (Op::Send | Op::SendLarge, Some((Kind::Done, _))) => {
                next.messages.push_back(item);
                receiver
            }
            (Op::Send | Op::SendLarge, Some((Kind::Broken, _))) => !receiver,
            (Op::Send | Op::SendLarge, None) => {
                next.messages.push_back(item);
                return vec![next, Pipe { is_cut: true, ..self.clone() }];
            }
            (Op::Recv | Op::RecvTimeout, Some((Kind::Got, item))) => next.messages.pop_front() == Some(item),
            (Op::Recv | Op::RecvTimeout, Some((Kind::Eof, _))) => is_last && !self.is_cut,
            (Op::Recv | Op::RecvTimeout, Some((Kind::Truncated, _))) => {
                next.is_cut = false;
                is_last && self.is_cut
            }
            (Op::RecvTimeout, Some((Kind::TimeIsOver, _))) => is_late,
            (Op::Recv | Op::RecvTimeout, None) => true,
            _ => false,
        };
        if right { vec![next] } else { vec![] }
    }

    fn without(&self, who: usize) -> Vec<Pipe> {
        let mut next = self.clone();
        if let Some(end) = next.is_there.get_mut(who) {
            *end = false;
        }
        vec![next]
    }

    fn is_ready(&self, _: usize, op: Op) -> bool {
        !matches!(op, Op::Recv | Op::RecvTimeout) || !self.messages.is_empty() || !self.is_there[0]
    }
}
