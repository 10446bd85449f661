//! How many items a queue holds, and how long a call waits.

use std::time::{Duration, Instant};

use checks::scenes::{Bell, until};
use nix::libc;
use nix::sys::signal::Signal;
use procession::{Error, JoinableQueue, Pipe, Process, Queue};

use crate::common::{gives_up_after, kill_dead, millis, send, until_inside, well_ended};
use crate::is;

/// 4 processes put and 4 get, and one looks on; before that the queue is filled to the brim.
pub(crate) fn maxsize_is_exact() {
    for maxsize in [1, 2, 3, 17, 1000, 5000] {
        let queue = Queue::bounded(maxsize).expect("a queue");
        let each = 1500 + maxsize as u32 / 4;
        let (putting, getting) = (Bell::new(), Bell::new());
        let put = || (1..=each).try_for_each(|item| queue.put(&item));
        let put = || (putting.ring(), put().expect("room")).1;
        let get = || (0..each).map(|_| queue.get().map(u64::from)).sum::<Result<u64, Error>>();
        let putters: Vec<_> = (0..4).map(|_| Process::new(put).start().expect("a child")).collect();
        until("it is full", || queue.is_full().expect("an answer"));
        for _ in 0..4 {
            putting.wait();
        }
        assert_eq!(queue.len().expect("a length"), maxsize);
        is!(queue.try_put(&0), Err(Error::Full));
        let totals = Queue::new().expect("a queue");
        let totals = &totals;
        let getters = (0..4).map(|_| {
            Process::new(|| {
                getting.wait();
                totals.put(&get().expect("items")).expect("room");
            })
        });
        let getters: Vec<_> = getters.map(|getter| getter.start().expect("a child")).collect();
        (0..4).for_each(|_| getting.ring());
        while totals.len().expect("a length") < 4 {
            let len = queue.len().expect("a length");
            assert!(len <= maxsize, "{len} items in a queue for {maxsize}");
        }
        putters.iter().chain(&getters).for_each(well_ended);
        let total: u64 = (0..4).map(|_| totals.get().expect("a sum")).sum();
        assert_eq!(total, 4 * (1..=u64::from(each)).sum::<u64>());
        assert!(queue.is_empty().expect("an answer"));
    }
}

/// 4 processes fill a gap again and again, and one item too many would stay to be seen: nobody else gets.
pub(crate) fn never_one_too_many() {
    const MAXSIZE: usize = 100;
    let queue = Queue::bounded(MAXSIZE).expect("a queue");
    let put = || -> Result<(), Error> {
        loop {
            match queue.try_put(&1u32) {
                Ok(()) | Err(Error::Full) => {}
                Err(error) => return Err(error),
            }
        }
    };
    let start = |_| Process::new(put).daemon(true).start().expect("a child");
    let putters: Vec<_> = (0..4).map(start).collect();
    for _ in 0..300 {
        (0..50).for_each(|_| assert_eq!(queue.get().expect("an item"), 1));
        // They have the processors for themselves meanwhile.
        std::thread::sleep(millis(1));
        until("it is full again", || queue.is_full().expect("an answer"));
        let len = queue.len().expect("a length");
        assert!(len <= MAXSIZE, "{len} items in a queue for {MAXSIZE}");
    }
    putters.iter().for_each(kill_dead);
}

pub(crate) fn the_largest_maxsize() {
    const LARGEST: usize = (1 << 31) - 1;
    for asked in [0, LARGEST + 1, usize::MAX] {
        is!(Queue::<u32>::bounded(asked), Err(Error::Maxsize { asked: told, limit: LARGEST }) if told == asked);
        is!(JoinableQueue::<u32>::bounded(asked), Err(Error::Maxsize { limit: LARGEST, .. }));
    }
    let queue = Queue::bounded(LARGEST).expect("a queue");
    assert_eq!((queue.maxsize(), Queue::<u32>::new().expect("a queue").maxsize()), (Some(LARGEST), None));
    (0..10_000).for_each(|item| queue.try_put(&item).expect("room"));
    assert!(!queue.is_full().expect("an answer"));
    (0..10_000).for_each(|item| assert_eq!(queue.try_get().expect("an item"), item));
    is!(queue.try_get(), Err(Error::Empty));
}

pub(crate) fn full_and_empty_at_once() {
    let queue = Queue::bounded(1).expect("a queue");
    let started = Instant::now();
    is!(queue.try_get(), Err(Error::Empty));
    is!(queue.get_timeout(Duration::ZERO), Err(Error::Empty));
    queue.try_put(&1).expect("room");
    is!(queue.try_put(&2), Err(Error::Full));
    is!(queue.put_timeout(&2, Duration::ZERO), Err(Error::Full));
    let large = vec![2; 1000];
    let lists = Queue::bounded(1).expect("a queue");
    lists.try_put(&large).expect("room");
    is!(lists.try_put(&large), Err(Error::Full));
    is!(lists.put_timeout(&large, Duration::ZERO), Err(Error::Full));
    assert_eq!(lists.len().expect("a length"), 1);
    assert!(started.elapsed() < millis(5000), "it took {:?}", started.elapsed());
}

pub(crate) fn timeouts() {
    let late = millis(1000);
    let empty = Queue::<u32>::new().expect("a queue");
    let full = Queue::bounded(1).expect("a queue");
    full.put(&vec![0]).expect("room");
    std::thread::scope(|scope| {
        scope.spawn(|| is!(gives_up_after(late, || empty.get_timeout(late)), Error::Empty));
        scope.spawn(|| is!(gives_up_after(late, || full.put_timeout(&vec![1], late)), Error::Full));
        scope.spawn(|| is!(gives_up_after(late, || full.put_timeout(&vec![1; 1000], late)), Error::Full));
    });
    assert_eq!(full.len().expect("a length"), 1);
}

/// A time too long for the clock is no reason to give up, nor to panic.
pub(crate) fn long_and_endless_timeouts() {
    let queue = Queue::bounded(1).expect("a queue");
    let child = Process::new(|| {
        for time in [Duration::MAX, Duration::from_secs(u64::from(u32::MAX) * 1000)] {
            queue.put_timeout(&1, time).expect("room");
            queue.put_timeout(&2, time).expect("room");
        }
    });
    let child = child.start().expect("a child");
    for time in [Duration::MAX, Duration::from_secs(u64::from(u32::MAX) * 1000)] {
        is!(queue.get_timeout(time), Ok(1));
        is!(queue.get_timeout(time), Ok(2));
    }
    well_ended(&child);
}

pub(crate) fn visible_at_once() {
    for queue in [Queue::new(), Queue::bounded(2)] {
        let queue = queue.expect("a queue");
        for item in 0..5000 {
            queue.put(&item).expect("room");
            assert_eq!(queue.len().expect("a length"), 1);
            assert_eq!(queue.try_get().expect("the item"), item);
            assert!(queue.is_empty().expect("an answer"));
        }
    }
}

/// What a child has put before it says so is there.
pub(crate) fn visible_at_once_in_another_process() {
    let queue = Queue::bounded(1).expect("a queue");
    let Pipe { sender, receiver } = Pipe::new().expect("a pipe");
    let items = &queue;
    let child = Process::new(move || {
        for item in 0..2000u32 {
            items.put(&item)?;
            sender.send(&item)?;
        }
        Ok::<(), Error>(())
    });
    let child = child.start().expect("a child");
    for said in receiver.iter() {
        assert_eq!(queue.try_get().expect("the item"), said.expect("a word"));
    }
    well_ended(&child);
}

/// Others take every item before this one, or fill every gap: its time is kept, neither more nor less.
pub(crate) fn timeouts_in_traffic() {
    let queue = Queue::bounded(3).expect("a queue");
    let put = || -> () {
        loop {
            queue.put(&1u32).expect("room");
        }
    };
    let get = || -> () {
        loop {
            queue.get().expect("an item");
        }
    };
    let mut hogs = Vec::new();
    for _ in 0..2 {
        hogs.push(Process::new(put).daemon(true).start().expect("a child"));
        hogs.push(Process::new(get).daemon(true).start().expect("a child"));
    }
    let late = millis(1000);
    for _ in 0..20 {
        for (answer, took) in
            [timed(|| queue.get_timeout(late).map(drop)), timed(|| queue.put_timeout(&1, late))]
        {
            match answer {
                Ok(()) => assert!(took < millis(10_000), "{took:?}"),
                Err(Error::Empty | Error::Full) => {
                    assert!((late..millis(10_000)).contains(&took), "{took:?}")
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
    // Nothing comes and nothing goes any more, but the calls still end.
    hogs.iter().for_each(kill_dead);
    while queue.try_get().is_ok() {}
    is!(gives_up_after(late, || queue.get_timeout(late)), Error::Empty);
    queue.put_timeout(&1, late).expect("room");
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    (work(), started.elapsed())
}

/// While others put and get all the time a queue that is never nearly full is never called full, nor one empty that
/// has items.
pub(crate) fn room_is_seen_in_traffic() {
    let queue = Queue::bounded(1000).expect("a queue");
    (0..100).for_each(|_| queue.put(&1u32).expect("room"));
    let turn = || -> () {
        loop {
            queue.put(&1).expect("room");
            queue.get().expect("an item");
        }
    };
    let hogs: Vec<_> = (0..4).map(|_| Process::new(turn).daemon(true).start().expect("a child")).collect();
    let started = Instant::now();
    while started.elapsed() < millis(1500) {
        queue.try_put(&1).expect("room for one more");
        queue.try_get().expect("one of 100 items");
    }
    hogs.iter().for_each(kill_dead);
}

/// So it is on a machine that has far more to do than it can: the holder of the mutex is off the processor for long. How
/// long does not matter; see `once_wrong` in `tests/explore.rs`.
pub(crate) fn room_is_seen_on_a_busy_machine() {
    let queue = Queue::bounded(1000).expect("a queue");
    let tasks = JoinableQueue::new().expect("a queue");
    (0..100).for_each(|_| queue.put(&1u32).and_then(|()| tasks.put(&1u32)).expect("room"));
    let turn = || -> () {
        loop {
            queue.put(&1).and_then(|()| queue.get()).expect("a turn");
            tasks.put(&1).and_then(|()| tasks.get()).and_then(|_| tasks.task_done()).expect("a turn");
        }
    };
    let spin = || -> () {
        loop {
            std::hint::spin_loop();
        }
    };
    let start = |work: &dyn Fn()| Process::new(work).daemon(true).start().expect("a child");
    let mut others: Vec<_> = (0..10).map(|_| start(&spin)).collect();
    others.extend((0..2).map(|_| start(&turn)));
    for _ in 0..500 {
        queue.try_put(&1).expect("room for one more");
        queue.try_get().expect("one of 100 items");
        tasks.try_put(&1).expect("no limit");
        tasks.try_get().expect("one of 100 tasks");
        tasks.task_done().expect("a task in hand");
    }
    others.iter().for_each(kill_dead);
}

/// Who waits for room is woken. Looking for itself every 10 ms he would need 20 seconds for this.
pub(crate) fn putters_are_woken() {
    const MANY: u32 = 2000;
    let queue = Queue::bounded(1).expect("a queue");
    let started = Instant::now();
    let child = Process::new(|| (0..MANY).try_for_each(|item| queue.put(&item))).start().expect("a child");
    for item in 0..MANY {
        assert_eq!(queue.get().expect("an item"), item);
    }
    assert!(started.elapsed() < millis(15_000), "it took {:?}", started.elapsed());
    well_ended(&child);
}

/// A process stopped inside `get` holds up nobody.
pub(crate) fn stopped_getter() {
    let queue = Queue::bounded(2).expect("a queue");
    let getter = Process::new(|| queue.get().map(|item: u32| assert_eq!(item, 99))).start().expect("a child");
    until_inside(&getter, libc::SYS_read);
    send(&getter, Signal::SIGSTOP);
    for item in 0..100 {
        queue.put_timeout(&item, millis(10_000)).expect("room");
        assert_eq!(queue.get_timeout(millis(10_000)).expect("an item"), item);
    }
    let late = millis(1000);
    is!(gives_up_after(late, || queue.get_timeout(late)), Error::Empty);
    queue.put(&98).expect("room");
    queue.put(&99).expect("room");
    is!(gives_up_after(late, || queue.put_timeout(&0, late)), Error::Full);
    is!(queue.get(), Ok(98));
    send(&getter, Signal::SIGCONT);
    well_ended(&getter);
}
