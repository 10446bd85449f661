//! Random programs of three processes, in lock-step with a model: a list and some numbers.

use std::collections::VecDeque;
use std::time::Duration;

use procession::{Child, Error, JoinableQueue, Pipe, Process, Queue, Receiver, Sender};
use serde::{Deserialize, Serialize};

use crate::common::{Dice, millis, well_ended};

/// What the driver asks of a process.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Ask {
    Put(How, String),
    Get(How),
    TaskDone,
    Join,
    Look,
    Clone,
}

/// How patient a call is. Without an end only where the model knows that it need not wait.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum How {
    Wait,
    Try,
    Timeout,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Answer {
    Done,
    Item(String),
    Full,
    Empty,
    TooMany,
    Joined(bool),
    State { len: usize, empty: bool, full: bool },
    Failed(String),
}

/// The two kinds of queue.
#[derive(Clone)]
enum Under {
    Plain(Queue<String>),
    Joinable(JoinableQueue<String>),
}

const NOW: Duration = Duration::from_millis(1);

macro_rules! both {
    ($under:expr, $queue:ident => $call:expr) => {
        match $under {
            Under::Plain($queue) => $call,
            Under::Joinable($queue) => $call,
        }
    };
}

fn answer(under: &mut Under, ask: Ask) -> Result<Answer, Error> {
    match ask {
        Ask::Put(How::Wait, item) => both!(under, queue => queue.put(&item))?,
        Ask::Put(How::Try, item) => both!(under, queue => queue.try_put(&item))?,
        Ask::Put(How::Timeout, item) => both!(under, queue => queue.put_timeout(&item, NOW))?,
        Ask::Get(How::Wait) => return both!(under, queue => queue.get()).map(Answer::Item),
        Ask::Get(How::Try) => return both!(under, queue => queue.try_get()).map(Answer::Item),
        Ask::Get(How::Timeout) => return both!(under, queue => queue.get_timeout(NOW)).map(Answer::Item),
        Ask::Look => {
            return both!(under, queue => Ok(Answer::State {
                len: queue.len()?,
                empty: queue.is_empty()?,
                full: queue.is_full()?,
            }));
        }
        Ask::Clone => *under = under.clone(),
        Ask::TaskDone | Ask::Join => match under {
            Under::Plain(_) => {}
            Under::Joinable(queue) if matches!(ask, Ask::Join) => {
                return queue.join_timeout(Duration::ZERO).map(Answer::Joined);
            }
            Under::Joinable(queue) => queue.task_done()?,
        },
    }
    Ok(Answer::Done)
}

/// Answers what it is asked, until nobody asks any more.
fn serve(mut under: Under, asked: &Receiver<Ask>, told: &Sender<Answer>) -> Result<(), Error> {
    for ask in asked.iter() {
        told.send(&match answer(&mut under, ask?) {
            Ok(answer) => answer,
            Err(Error::Full) => Answer::Full,
            Err(Error::Empty) => Answer::Empty,
            Err(Error::TooManyTaskDone) => Answer::TooMany,
            Err(error) => Answer::Failed(error.to_string()),
        })?;
    }
    Ok(())
}

struct Peer {
    ask: Sender<Ask>,
    answers: Receiver<Answer>,
    child: Child,
}

impl Peer {
    fn start(under: &Under) -> Peer {
        let (there, back) = (Pipe::new().expect("a pipe"), Pipe::new().expect("a pipe"));
        let (asked, told, under) = (there.receiver, back.sender, under.clone());
        let child = Process::new(move || serve(under, &asked, &told)).start().expect("a child");
        Peer { ask: there.sender, answers: back.receiver, child }
    }

    fn ask(&self, ask: &Ask) -> Answer {
        self.ask.send(ask).expect("a peer");
        self.answers.recv_timeout(millis(20_000)).expect("an answer in time")
    }
}

/// The whole truth about a queue.
struct Model {
    items: VecDeque<String>,
    maxsize: Option<usize>,
    joinable: bool,
    /// How many tasks each process has in its hands.
    hands: [u32; 3],
}

impl Model {
    fn full(&self) -> bool {
        self.maxsize == Some(self.items.len())
    }

    fn answer(&mut self, who: usize, ask: &Ask) -> Answer {
        match ask {
            Ask::Put(..) if self.full() => Answer::Full,
            Ask::Put(_, item) => {
                self.items.push_back(item.clone());
                Answer::Done
            }
            Ask::Get(_) => match self.items.pop_front() {
                None => Answer::Empty,
                Some(item) => {
                    self.hands[who] += 1;
                    Answer::Item(item)
                }
            },
            Ask::Look => {
                Answer::State { len: self.items.len(), empty: self.items.is_empty(), full: self.full() }
            }
            Ask::TaskDone if self.joinable && self.hands[who] == 0 => Answer::TooMany,
            Ask::TaskDone => {
                self.hands[who] = self.hands[who].saturating_sub(1);
                Answer::Done
            }
            Ask::Join if self.joinable => Answer::Joined(self.items.is_empty() && self.hands == [0; 3]),
            Ask::Join | Ask::Clone => Answer::Done,
        }
    }

    /// A question that fits: one that would wait for ever is asked with an end.
    fn ask(&self, dice: &mut Dice, number: usize) -> Ask {
        let how = |stuck: bool, dice: &mut Dice| match dice.below(8) {
            0..4 if !stuck => How::Wait,
            7 => How::Timeout,
            _ => How::Try,
        };
        match dice.below(16) {
            0..5 => {
                let size = [1, 8, 60, 240, 260, 5000][dice.below(6) as usize];
                let item = number.to_string().repeat(dice.below(size) as usize / 4 + 1);
                Ask::Put(how(self.full(), dice), item)
            }
            5..10 => Ask::Get(how(self.items.is_empty(), dice)),
            10..13 => Ask::TaskDone,
            13 => Ask::Join,
            14 => Ask::Look,
            _ => Ask::Clone,
        }
    }
}

fn program(seed: u64, steps: usize) {
    let mut dice = Dice(seed);
    let maxsize = [None, Some(1), Some(2), Some(3), Some(17), Some(100)][dice.below(6) as usize];
    let joinable = dice.below(2) == 0;
    let under = match (joinable, maxsize) {
        (false, None) => Under::Plain(Queue::new().expect("a queue")),
        (false, Some(maxsize)) => Under::Plain(Queue::bounded(maxsize).expect("a queue")),
        (true, None) => Under::Joinable(JoinableQueue::new().expect("a queue")),
        (true, Some(maxsize)) => Under::Joinable(JoinableQueue::bounded(maxsize).expect("a queue")),
    };
    let peers = [Peer::start(&under), Peer::start(&under), Peer::start(&under)];
    drop(under);
    let mut model = Model { items: VecDeque::new(), maxsize, joinable, hands: [0; 3] };
    for step in 0..steps {
        let who = dice.below(3) as usize;
        let ask = model.ask(&mut dice, step);
        let wanted = model.answer(who, &ask);
        let found = peers[who].ask(&ask);
        assert!(
            found == wanted,
            "CHECKS_SEED={seed}, step {step}: {who} {ask:?}: {found:?} and not {wanted:?}"
        );
    }
    for Peer { ask, child, .. } in peers {
        drop(ask);
        well_ended(&child);
    }
}

/// `CHECKS_SEED` plays one program again.
pub(crate) fn as_the_model() {
    match std::env::var("CHECKS_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => program(seed, 400),
        None => {
            let start = std::time::UNIX_EPOCH.elapsed().expect("a clock").as_nanos() as u64;
            (0..24).for_each(|round| program(start.wrapping_add(round), 400));
        }
    }
}
