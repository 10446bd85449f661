//! The ledger: what was put against what was received, item by item.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use procession::Error;

use crate::books::{Books, PRODUCERS};
use crate::item::Item;
use crate::room::{Room, files, overflow};
use crate::storm::Tally;
use crate::workers::Line;

const SOON: Duration = Duration::from_secs(10);

/// One column of the table.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) rows: Vec<(&'static str, String)>,
    pub(crate) faults: Vec<String>,
}

/// Both sides, counted.
#[derive(Debug, Default)]
struct Sums {
    begun: u64,
    acknowledged: u64,
    received: u64,
    unsure_received: u64,
    lost: u64,
    duplicates: u64,
    from_nowhere: u64,
}

impl Account {
    /// Reconciles the books. Without having been `drained` the queue still holds items, so nothing is said of losses.
    pub(crate) fn new(line: &Line, books: &Books, tally: Tally, room: Room, drained: bool) -> Account {
        let sums = Sums::of(books, &tally);
        let consumers = |of: fn(&crate::books::Consumer) -> u64| books.consumers.iter().map(of).sum::<u64>();
        let corrupt = consumers(|book| book.corrupt.load(SeqCst)) + sums.from_nowhere;
        let disorder = consumers(|book| book.disorder.load(SeqCst));
        let mut faults = tally.faults;
        let mut told = None;
        if drained {
            told = tasks_lost(line, &mut faults);
            check(line.len() == 0, "the queue is not empty after the last item", &mut faults);
            room_is_back(line, &mut faults);
            nothing_is_left(line, &mut faults);
            let (getting, got) = (tally.getting, tally.got);
            let Sums { lost, .. } = sums;
            let held = getting + got;
            check(lost <= held, format!("{lost} lost, {held} killed in get or with an item"), &mut faults);
            if let Some(told) = told {
                // Who had a task in hand and had noted it may have been killed before task_done; what was put when put was
                // killed may be lost.
                let most = lost + got + sums.unsure(&tally.unsure);
                let within = (lost..=most).contains(&told);
                check(within, format!("join told of {told} lost, not of {lost} to {most}"), &mut faults);
            }
            // The consumers have counted, too. Who was killed may not have come to count the last one.
            let missing = (sums.received + sums.duplicates + corrupt).checked_sub(books.received());
            let agree = missing.is_some_and(|missing| missing <= held);
            check(agree, "items noted and items counted do not agree", &mut faults);
        }
        for (count, what) in
            [(sums.duplicates, "received twice"), (corrupt, "corrupt"), (disorder, "out of order")]
        {
            check(count == 0, format!("{count} items {what}"), &mut faults);
        }
        let (before, after) = (room.before, room.after);
        let grown = after.descriptors > before.descriptors;
        // A page here and there is the allocator's.
        let grown = grown || after.memory > before.memory + 512;
        if after.descriptors > 0 {
            check(!grown, format!("it grows: {before:?}, {after:?}"), &mut faults);
        }
        let [producers, consumers] = tally.kills;
        let or_dash = |number: Option<u64>| number.map_or("-".to_owned(), |number| number.to_string());
        let rows = vec![
            ("kills", (producers + consumers).to_string()),
            ("  of producers, consumers", format!("{producers}, {consumers}")),
            ("stops", tally.stops.to_string()),
            ("items: put begun", sums.begun.to_string()),
            ("  put returned (acknowledged)", sums.acknowledged.to_string()),
            ("  killed in put, and it came", sums.unsure_received.to_string()),
            ("  killed in put, and it never came", sums.unsure(&tally.unsure).to_string()),
            ("  received", sums.received.to_string()),
            ("  lost in hand", or_dash(drained.then_some(sums.lost))),
            ("  join told of lost tasks", or_dash(told)),
            ("  consumers killed in get", tally.getting.to_string()),
            ("  consumers killed with an item", tally.got.to_string()),
            ("  duplicates", sums.duplicates.to_string()),
            ("  corrupt", corrupt.to_string()),
            ("  out of order", disorder.to_string()),
            ("most items at a time", tally.most_items.to_string()),
            ("longest stall, ms", format!("{:.1}", tally.longest_stall.as_secs_f64() * 1e3)),
            ("descriptors, early and late", format!("{}, {}", before.descriptors, after.descriptors)),
            ("behind the pipe, KiB", format!("{}, {}", before.overflow, after.overflow)),
            ("own memory, KiB", format!("{}, {}", before.memory, after.memory)),
            ("seconds", format!("{:.1}", tally.seconds)),
        ];
        Account { rows, faults }
    }
}

impl Sums {
    fn of(books: &Books, tally: &Tally) -> Sums {
        let mut sums = Sums::default();
        for producer in 0..PRODUCERS {
            let begun = books.producers[producer].begun.load(SeqCst);
            sums.begun += begun;
            let mut unsure: Vec<u64> = tally
                .unsure
                .iter()
                .filter(|(whose, _)| *whose == producer)
                .map(|(_, number)| *number)
                .collect();
            unsure.sort_unstable();
            for number in 1..=begun {
                let times = u64::from(books.times_received(producer, number));
                let unsure = unsure.binary_search(&number).is_ok();
                sums.acknowledged += u64::from(!unsure);
                sums.received += times.min(1);
                sums.unsure_received += u64::from(unsure && times > 0);
                sums.lost += u64::from(!unsure && times == 0);
                sums.duplicates += times.saturating_sub(1);
            }
            // Nobody has put these.
            sums.from_nowhere += u64::from(books.times_received(producer, 0));
            sums.from_nowhere += u64::from(books.times_received(producer, begun + 1));
        }
        sums
    }

    fn unsure(&self, all: &[(usize, u64)]) -> u64 {
        all.len() as u64 - self.unsure_received
    }
}

pub(crate) fn check(so: bool, otherwise: impl Into<String>, faults: &mut Vec<String>) {
    if !so {
        faults.push(otherwise.into());
    }
}

/// Joins a joinable queue, and counts the tasks that were in the hands of the dead.
fn tasks_lost(line: &Line, faults: &mut Vec<String>) -> Option<u64> {
    let Line::Joinable(queue) = line else { return None };
    let mut told = 0;
    loop {
        match queue.join_timeout(SOON) {
            Ok(true) => return Some(told),
            Err(Error::TasksLost { tasks, .. }) => told += u64::from(tasks),
            other => {
                faults.push(format!("join, at the end: {other:?}"));
                return Some(told);
            }
        }
    }
}

/// There is as much room as there was at the beginning: as the bound says, or more than any pipe holds.
fn room_is_back(line: &Line, faults: &mut Vec<String>) {
    const BEYOND: usize = 5000;
    let mut put = 0;
    while put < line.maxsize().unwrap_or(BEYOND) && line.put_timeout(&Item::stop(), Duration::ZERO).is_ok() {
        put += 1;
    }
    let expected = line.maxsize().unwrap_or(BEYOND);
    check(put == expected, format!("room for {put}, not {expected}"), faults);
    if line.maxsize().is_some() {
        let one_more = line.put_timeout(&Item::stop(), Duration::ZERO);
        check(matches!(one_more, Err(Error::Full)), format!("one more than the bound: {one_more:?}"), faults);
    }
    for _ in 0..put {
        let got = line.get_timeout(SOON).and_then(|_| line.done());
        check(got.is_ok(), format!("get, at the end: {got:?}"), faults);
    }
}

/// Large items find room, nothing waits behind the pipe any more, and no file is anywhere.
fn nothing_is_left(line: &Line, faults: &mut Vec<String>) {
    let largest = Item::largest();
    for _ in 0..128 {
        let used =
            line.put_timeout(&largest, SOON).and_then(|()| line.get_timeout(SOON)).and_then(|_| line.done());
        check(used.is_ok(), format!("a large item, at the end: {used:?}"), faults);
    }
    check(overflow() == 0, format!("{} KiB are left behind the pipe", overflow()), faults);
    check(files() == 0, format!("{} files are left", files()), faults);
}
