//! The storm: workers are killed and stopped at random moments, and each death is followed up.

use std::os::unix::process::ExitStatusExt;
use std::sync::atomic::Ordering::SeqCst;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use procession::{Child, JoinableQueue, Process, Queue, exitcode};

use crate::account::Account;
use crate::books::{Books, CONSUMERS, GETTING, GOT, PRODUCERS, WORKERS};
use crate::common::Dice;
use crate::item::Item;
use crate::room::Room;
use crate::watch::{Progress, is_interrupted};
use crate::workers::{LAG, Line, PHASES, consume, produce};

/// After a death somebody must put and somebody get within a second. It is counted in naps, which last longer on a
/// busy machine, where everything does.
const NAP: Duration = Duration::from_micros(200);
const NAPS_A_SECOND: u32 = 5000;

/// Nothing moves for so many such seconds: it never will.
const STUCK: u32 = 10;

/// So many kills are made with the same one being slow.
const KILLS_A_PHASE: u64 = 40;

const SOON: Duration = Duration::from_secs(20);

/// What the storm did and saw.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) kills: [u64; 2],
    pub(crate) stops: u64,
    /// Consumers killed in `get`, and with an item in their hands: see `books`.
    pub(crate) getting: u64,
    pub(crate) got: u64,
    /// Items of producers that were killed before `put` returned.
    pub(crate) unsure: Vec<(usize, u64)>,
    pub(crate) longest_stall: Duration,
    pub(crate) most_items: usize,
    /// Of a lagging queue, after each death.
    pub(crate) least_items: usize,
    pub(crate) seconds: f64,
    pub(crate) faults: Vec<String>,
}

pub(crate) struct Storm<'a> {
    line: &'a Line,
    books: &'a Books,
    seed: u64,
    /// So many workers are not killed.
    spared: usize,
    workers: Vec<Child>,
    pub(crate) tally: Tally,
}

/// Plays one storm, and gives its ledger.
pub(crate) fn play(name: &str, kills: u64, seed: u64) -> Account {
    let line = match name {
        "unbounded" | "lagging" => Line::Plain(Queue::new().expect("a queue")),
        "bounded" => Line::Plain(Queue::bounded(10).expect("a queue")),
        // "joinable" and "tasks"
        _ => Line::Joinable(JoinableQueue::new().expect("a queue")),
    };
    // Each slot holds one of the largest items now, so that from here on memory need not grow.
    (0..8).for_each(|_| line.put_timeout(&Item::largest(), SOON).expect("room"));
    (0..8).for_each(|_| line.get_timeout(SOON).and_then(|_| line.done()).expect("an item"));
    let books = Books::new();
    books.lags.store(u64::from(name == "lagging"), SeqCst);
    // When every put returns, it is known exactly how many tasks were lost.
    let spared = if name == "tasks" { PRODUCERS } else { 0 };
    let tally = Tally { least_items: usize::MAX, ..Tally::default() };
    let mut storm = Storm { line: &line, books: &books, seed, spared, workers: Vec::new(), tally };
    for who in 0..WORKERS {
        let worker = storm.worker(who);
        storm.workers.push(worker);
    }
    let lags = name == "lagging";
    let started = Instant::now();
    while lags && line.len() < LAG.start && started.elapsed() < SOON {
        sleep(NAP);
    }
    let mut progress = Progress::new(name, kills);
    let mut room = Room::default();
    let mut dice = Dice(seed);
    for done in 1..=kills {
        if is_interrupted() || !storm.one(&mut dice) {
            break;
        }
        books.phase.store(done / KILLS_A_PHASE % PHASES, SeqCst);
        room.look(done, kills);
        progress.show(done, format_args!("{} items received", books.received()));
    }
    if lags && storm.tally.least_items < LAG.start - WORKERS {
        let least = storm.tally.least_items;
        storm.fault(format!("{least} items in a queue that should lag all the time"));
    }
    let drained = !is_interrupted() && storm.drain();
    storm.tally.seconds = progress.end();
    for worker in &storm.workers {
        let _ = worker.kill();
        let _ = worker.join();
    }
    Account::new(&line, &books, storm.tally, room, drained)
}

impl Storm<'_> {
    fn worker(&self, who: usize) -> Child {
        let (line, books, seed) = (self.line, self.books, self.seed);
        let work = move || {
            books.pids[who].store(std::process::id().into(), SeqCst);
            match who.checked_sub(PRODUCERS) {
                None => produce(line, books, seed, who),
                Some(consumer) => consume(line, books, seed, consumer),
            }
        };
        Process::new(work).daemon(true).start().expect("a worker")
    }

    /// One death, with or without others being stopped meanwhile. False: nothing moves any more.
    fn one(&mut self, dice: &mut Dice) -> bool {
        sleep(Duration::from_micros(dice.below(3000)));
        let victim = self.spared + dice.below((WORKERS - self.spared) as u64) as usize;
        let mut stopped = Vec::new();
        if dice.below(4) == 0 {
            // Perhaps the victim itself.
            for _ in 0..=dice.below(2) {
                stopped.push(dice.below(WORKERS as u64) as usize);
            }
            // Not before it has said to die with its parent: if that one is killed now, a stopped one could not say it.
            stopped.retain(|&who| self.books.pids[who].load(SeqCst) == u64::from(self.workers[who].pid()));
            stopped.iter().for_each(|&who| signal(&self.workers[who], Signal::SIGSTOP));
            self.tally.stops += stopped.len() as u64;
            sleep(Duration::from_micros(dice.below(3000)));
        }
        self.strike(victim);
        let errors = self.books.errors.swap(0, SeqCst);
        if errors > 0 {
            let kills = self.tally.kills.iter().sum::<u64>();
            self.fault(format!("{errors} calls answered with an error, before kill {kills}"));
        }
        let items = self.line.len();
        if self.line.maxsize().is_some_and(|maxsize| items > maxsize) && items > self.tally.most_items {
            self.fault(format!(
                "{items} items in the queue after kill {}",
                self.tally.kills.iter().sum::<u64>()
            ));
        }
        self.tally.most_items = self.tally.most_items.max(items);
        self.tally.least_items = self.tally.least_items.min(items);
        if !stopped.is_empty() {
            sleep(Duration::from_micros(dice.below(3000)));
        }
        stopped
            .iter()
            .filter(|&&who| who != victim)
            .for_each(|&who| signal(&self.workers[who], Signal::SIGCONT));
        let moves = self.moves_on(victim);
        self.workers[victim] = self.worker(victim);
        moves
    }

    /// Kills one, and notes what it was about.
    fn strike(&mut self, victim: usize) {
        let worker = &self.workers[victim];
        worker.kill().expect("a child");
        let status = worker.join().expect("a status");
        if status.signal() != Some(Signal::SIGKILL as i32) {
            self.fault(format!("{} ended by itself, with {}", whose(victim), exitcode(status)));
        }
        match victim.checked_sub(PRODUCERS) {
            None => {
                let book = &self.books.producers[victim];
                let begun = book.begun.load(SeqCst);
                if book.acknowledged.load(SeqCst) < begun {
                    self.tally.unsure.push((victim, begun));
                }
                self.tally.kills[0] += 1;
            }
            Some(consumer) => {
                match self.books.consumers[consumer].state.load(SeqCst) {
                    GETTING => self.tally.getting += 1,
                    GOT => self.tally.got += 1,
                    _ => {}
                }
                self.tally.kills[1] += 1;
            }
        }
    }

    /// Waits until one of the others has put and one got.
    fn moves_on(&mut self, dead: usize) -> bool {
        let (put, got) = (self.books.acknowledged(), self.books.received());
        let started = Instant::now();
        for nap in 1..=NAPS_A_SECOND * STUCK {
            let (puts, gets) = (self.books.acknowledged() > put, self.books.received() > got);
            if puts && gets {
                self.tally.longest_stall = self.tally.longest_stall.max(started.elapsed());
                return true;
            }
            if nap % NAPS_A_SECOND == 0 && (nap == NAPS_A_SECOND || nap == NAPS_A_SECOND * STUCK) {
                let kills = self.tally.kills.iter().sum::<u64>();
                let what = match (puts, gets) {
                    (false, false) => "nobody put or got",
                    (false, true) => "nobody put",
                    _ => "nobody got",
                };
                let time = started.elapsed().as_secs_f64();
                self.fault(format!("{what} in {time:.1} s after kill {kills}, of {}", whose(dead)));
            }
            sleep(NAP);
        }
        self.tally.longest_stall = self.tally.longest_stall.max(started.elapsed());
        false
    }

    /// Lets the producers come to an end and the consumers take what is left. False: they did not.
    fn drain(&mut self) -> bool {
        self.books.phase.store(0, SeqCst);
        self.books.over.store(1, SeqCst);
        let well = |worker: &Child| match worker.join_timeout(SOON) {
            Ok(Some(status)) => status.success(),
            _ => false,
        };
        if !self.workers[..PRODUCERS].iter().all(well) {
            self.fault("the producers did not come to an end".to_owned());
            return false;
        }
        let stop = crate::item::Item::stop();
        for _ in 0..CONSUMERS {
            if let Err(error) = self.line.put_timeout(&stop, SOON) {
                self.fault(format!("put, at the end: {error}"));
                return false;
            }
        }
        if !self.workers[PRODUCERS..].iter().all(well) {
            self.fault("the consumers did not come to an end".to_owned());
            return false;
        }
        true
    }

    fn fault(&mut self, what: String) {
        self.tally.faults.push(what);
    }
}

fn whose(worker: usize) -> &'static str {
    if worker < PRODUCERS { "a producer" } else { "a consumer" }
}

fn signal(child: &Child, signal: Signal) {
    let _ = kill(Pid::from_raw(child.pid() as i32), signal);
}
