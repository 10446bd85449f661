//! Many processes at one queue.

use std::collections::HashMap;

use nix::libc;
use procession::{Child, Error, Process, Queue};

use crate::common::{Dice, dawdle, kill_dead, millis, until_inside, well_ended};
use crate::is;

const PRODUCERS: usize = 3;
const CONSUMERS: usize = 3;

/// Each consumer sees a producer's items in their order, and together they see each once.
fn order(queue: &Queue<Option<(usize, u32)>>, each: u32) {
    let produce =
        |producer: usize| move || (0..each).try_for_each(|number| queue.put(&Some((producer, number))));
    let seen = Queue::<Vec<(usize, u32)>>::new().expect("a queue");
    let consume = || {
        let mut mine = Vec::new();
        while let Some(item) = queue.get()? {
            mine.push(item);
        }
        seen.put(&mine)
    };
    let consumers: Vec<Child> =
        (0..CONSUMERS).map(|_| Process::new(consume).start().expect("a child")).collect();
    let producers = (0..PRODUCERS).map(|producer| Process::new(produce(producer)).start().expect("a child"));
    producers.collect::<Vec<_>>().iter().for_each(well_ended);
    (0..CONSUMERS).for_each(|_| queue.put(&None).expect("room"));
    let mut all = Vec::new();
    for _ in 0..CONSUMERS {
        let mine = seen.get().expect("a list");
        let mut last = HashMap::new();
        for &(producer, number) in &mine {
            let before = last.insert(producer, number);
            assert!(before < Some(number), "{number} of producer {producer} came after {before:?}");
        }
        all.extend(mine);
    }
    all.sort();
    let wanted = (0..PRODUCERS).flat_map(|producer| (0..each).map(move |number| (producer, number)));
    assert!(all.iter().copied().eq(wanted), "an item was lost, or came twice");
    consumers.iter().for_each(well_ended);
}

pub(crate) fn each_item_once_and_in_order() {
    order(&Queue::new().expect("a queue"), 10_000);
}

pub(crate) fn each_item_once_and_in_order_bounded() {
    order(&Queue::bounded(1).expect("a queue"), 700);
    order(&Queue::bounded(10).expect("a queue"), 3000);
}

pub(crate) fn a_hundred_processes() {
    let (there, back) = (Queue::<u64>::bounded(50).expect("a queue"), Queue::<u64>::new().expect("a queue"));
    let work = || (0..10).try_for_each(|_| back.put(&(there.get()? * 2)));
    let children: Vec<Child> = (0..100).map(|_| Process::new(work).start().expect("a child")).collect();
    (1..=1000).for_each(|item| there.put(&item).expect("room"));
    let sum: u64 = (0..1000).map(|_| back.get().expect("an item")).sum();
    assert_eq!(sum, 1000 * 1001);
    children.iter().for_each(well_ended);
}

/// The handles of threads are the same queue.
pub(crate) fn threads_and_clones() {
    let queue = Queue::<u64>::bounded(5).expect("a queue");
    let sums: Vec<u64> = std::thread::scope(|scope| {
        let getters: Vec<_> = (0..4)
            .map(|_| queue.clone())
            .map(|queue| scope.spawn(move || (0..1000).map(|_| queue.get().expect("an item")).sum()))
            .collect();
        for _ in 0..4 {
            let queue = queue.clone();
            scope.spawn(move || (1..=1000).for_each(|item| queue.put(&item).expect("room")));
        }
        getters.into_iter().map(|getter| getter.join().expect("a sum")).collect()
    });
    assert_eq!(sums.iter().sum::<u64>(), 4 * 500 * 1001);
    assert!(queue.is_empty().expect("an answer"));
}

/// Processes killed while they wait in `get` take nothing with them, and others go on.
pub(crate) fn killed_getters() {
    let queue = Queue::<u32>::bounded(2).expect("a queue");
    let get = || queue.get().map(drop);
    let doomed: Vec<Child> = (0..5).map(|_| Process::new(get).start().expect("a child")).collect();
    let heir = Process::new(|| is!(queue.get(), Ok(1))).start().expect("a child");
    doomed.iter().chain([&heir]).for_each(|child| until_inside(child, libc::SYS_read));
    doomed.iter().for_each(kill_dead);
    queue.put(&1).expect("room");
    well_ended(&heir);
    for item in 0..100 {
        queue.put_timeout(&item, millis(10_000)).expect("room");
        assert_eq!(queue.get_timeout(millis(10_000)).expect("an item"), item);
    }
}

/// Putters killed at any moment: what is there is whole, in order, never more than there is room for, and the next
/// putter finds the room that is left.
pub(crate) fn killed_putters() {
    let queue = Queue::<(u64, u64, String)>::bounded(7).expect("a queue");
    let (mut dice, mut round) = (Dice(1), 0);
    let text = |number: u64| number.to_string().repeat(number as usize * 37 % 300);
    let mut last = HashMap::new();
    let mut take = |item: (u64, u64, String)| {
        assert!(item.2 == text(item.1), "an item that nobody put");
        let before = last.insert(item.0, item.1);
        assert!(before.map_or(item.1 == 0, |before| before + 1 == item.1), "{before:?}, {}", item.1);
    };
    let put = |round: u64| {
        let queue = &queue;
        move || (0..).try_for_each(|number| queue.put(&(round, number, text(number))))
    };
    while round < 100 {
        let child = Process::new(put(round)).start().expect("a child");
        for _ in 0..dice.below(20) {
            take(queue.get().expect("an item"));
        }
        dawdle(&mut dice);
        kill_dead(&child);
        assert!(queue.len().expect("a length") <= 7);
        while !queue.is_empty().expect("an answer") {
            take(queue.get().expect("an item"));
        }
        round += 1;
    }
    for number in 0..7 {
        queue.try_put(&(0, number, String::new())).expect("all the room there was");
    }
    is!(queue.try_put(&(0, 0, String::new())), Err(Error::Full));
}

/// So many processes wait at one queue; each fifth is killed, and each other takes one item.
pub(crate) fn five_thousand_processes() {
    const PROCESSES: usize = 5000;
    let queue = Queue::<usize>::new().expect("a queue");
    let taken = Queue::<usize>::new().expect("a queue");
    let work = || taken.put(&queue.get()?);
    let children: Vec<Child> = (0..PROCESSES).map(|_| Process::new(work).start().expect("a child")).collect();
    children.iter().step_by(5).for_each(kill_dead);
    (0..PROCESSES - PROCESSES / 5).for_each(|item| queue.put(&item).expect("no limit"));
    children
        .iter()
        .enumerate()
        .filter(|(number, _)| number % 5 != 0)
        .for_each(|(_, child)| well_ended(child));
    let mut all: Vec<usize> = std::iter::from_fn(|| taken.try_get().ok()).collect();
    all.sort();
    assert!(all.into_iter().eq(0..PROCESSES - PROCESSES / 5), "each item once");
    assert!(queue.is_empty().expect("an answer"));
}
