//! Those who put and get, and are killed.

use std::sync::atomic::Ordering::SeqCst;
use std::thread::sleep;
use std::time::Duration;

use nix::unistd::alarm;
use procession::{Error, JoinableQueue, Queue};

use crate::books::{Books, GETTING, GOT, IDLE};
use crate::common::Dice;
use crate::item::Item;

/// Nobody lives longer. Whoever's parent dies is killed before that, as a daemon.
pub(crate) const LIFE: u32 = 600;

/// A moment for `put_timeout` and `get_timeout`, which go other ways than the calls that wait for ever.
const MOMENT: Duration = Duration::from_millis(20);

/// Who is slow, in turn: so the queue is now full, now empty, and most of the time neither.
pub(crate) const PHASES: u64 = 3;
const SLOW_PRODUCERS: u64 = 1;
const SLOW_CONSUMERS: u64 = 2;

/// So many items wait at the most in a queue without a bound: its producers hold back.
const ENOUGH: usize = 3000;

/// In a lagging queue at least so many, and at the most: the largest pipe holds 4096.
pub(crate) const LAG: std::ops::Range<usize> = 5000..8000;

/// How long those that hold back sleep before they look again.
const REST: Duration = Duration::from_micros(500);

/// The queue under test.
#[derive(Debug)]
pub(crate) enum Line {
    Plain(Queue<Item>),
    Joinable(JoinableQueue<Item>),
}

macro_rules! either {
    ($line:expr, $queue:ident => $call:expr) => {
        match $line {
            Line::Plain($queue) => $call,
            Line::Joinable($queue) => $call,
        }
    };
}

impl Line {
    pub(crate) fn put(&self, item: &Item) -> Result<(), Error> {
        either!(self, queue => queue.put(item))
    }

    pub(crate) fn put_timeout(&self, item: &Item, timeout: Duration) -> Result<(), Error> {
        either!(self, queue => queue.put_timeout(item, timeout))
    }

    pub(crate) fn get(&self) -> Result<Item, Error> {
        either!(self, queue => queue.get())
    }

    pub(crate) fn get_timeout(&self, timeout: Duration) -> Result<Item, Error> {
        either!(self, queue => queue.get_timeout(timeout))
    }

    pub(crate) fn len(&self) -> usize {
        either!(self, queue => queue.len()).expect("a length")
    }

    /// Waits until there are few enough items for one more, or it is over.
    fn hold_back(&self, books: &Books) {
        let most = if books.lags.load(SeqCst) > 0 { LAG.end } else { ENOUGH };
        while self.maxsize().is_none() && self.len() > most && books.over.load(SeqCst) == 0 {
            sleep(REST);
        }
    }

    /// Waits until there are so many that one less still lags, or it is over.
    fn lag_behind(&self, books: &Books) {
        while books.lags.load(SeqCst) > 0 && self.len() <= LAG.start && books.over.load(SeqCst) == 0 {
            sleep(REST);
        }
    }

    pub(crate) fn maxsize(&self) -> Option<usize> {
        either!(self, queue => queue.maxsize())
    }

    pub(crate) fn done(&self) -> Result<(), Error> {
        match self {
            Line::Plain(_) => Ok(()),
            Line::Joinable(queue) => queue.task_done(),
        }
    }
}

/// Puts until it is over, or dead. Goes on where the one before it has died.
pub(crate) fn produce(line: &Line, books: &Books, seed: u64, me: usize) {
    alarm::set(LIFE);
    let book = &books.producers[me];
    let mut dice = Dice(rand::random());
    while books.over.load(SeqCst) == 0 {
        line.hold_back(books);
        let number = book.begun.load(SeqCst) + 1;
        let item = Item::new(seed, me, number);
        book.begun.store(number, SeqCst);
        let mut put = if dice.below(4) == 0 { line.put_timeout(&item, MOMENT) } else { line.put(&item) };
        while let Err(Error::Full) = put {
            put = line.put_timeout(&item, MOMENT);
        }
        put.unwrap_or_else(|error| fails(books, "put", &error));
        book.acknowledged.store(number, SeqCst);
        dawdle(books, SLOW_PRODUCERS, &mut dice);
    }
}

/// Gets until it is told to stop, or dead.
pub(crate) fn consume(line: &Line, books: &Books, seed: u64, me: usize) {
    alarm::set(LIFE);
    let book = &books.consumers[me];
    let mut dice = Dice(rand::random());
    loop {
        line.lag_behind(books);
        book.state.store(GETTING, SeqCst);
        let mut got = if dice.below(4) == 0 { line.get_timeout(MOMENT) } else { line.get() };
        while let Err(Error::Empty) = got {
            got = line.get_timeout(MOMENT);
        }
        let item = got.unwrap_or_else(|error| fails(books, "get", &error));
        if item.is_stop() {
            line.done().unwrap_or_else(|error| fails(books, "task_done", &error));
            book.state.store(IDLE, SeqCst);
            return;
        }
        book.state.store(GOT, SeqCst);
        match item.checked(seed) {
            Some((producer, number)) if books.receive(producer, number) => {
                if book.last[producer].swap(number, SeqCst) >= number {
                    book.disorder.fetch_add(1, SeqCst);
                }
            }
            _ => {
                book.corrupt.fetch_add(1, SeqCst);
            }
        }
        book.received.fetch_add(1, SeqCst);
        line.done().unwrap_or_else(|error| fails(books, "task_done", &error));
        book.state.store(IDLE, SeqCst);
        dawdle(books, SLOW_CONSUMERS, &mut dice);
    }
}

fn fails(books: &Books, call: &str, error: &Error) -> ! {
    books.errors.fetch_add(1, SeqCst);
    panic!("{call}: {error}")
}

fn dawdle(books: &Books, who: u64, dice: &mut Dice) {
    if books.phase.load(SeqCst) == who && dice.below(2) == 0 {
        sleep(Duration::from_micros(dice.below(300)));
    }
}
