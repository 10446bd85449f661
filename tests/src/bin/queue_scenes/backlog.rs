//! More items than the pipe holds.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use nix::sys::resource::{Resource, setrlimit};
use procession::{Child, Error, JoinableQueue, Process, Queue};

use crate::common::zeroed::Zeroed;
use crate::common::{Dice, dawdle, json_of, kill_dead, millis, well_ended};
use crate::is;

/// More than the largest pipe holds.
const MANY: u32 = 100_000;

/// Without a bound no call that puts waits, and none says Full, however many items there are.
pub(crate) fn never_full_without_a_bound() {
    let queue = Queue::new().expect("a queue");
    let tasks = JoinableQueue::new().expect("a queue");
    for item in 0..MANY {
        match item % 3 {
            0 => queue.put(&item).and_then(|()| tasks.put(&item)),
            1 => queue.try_put(&item).and_then(|()| tasks.try_put(&item)),
            _ => queue
                .put_timeout(&item, Duration::ZERO)
                .and_then(|()| tasks.put_timeout(&item, Duration::from_nanos(1))),
        }
        .expect("no limit");
    }
    assert_eq!([queue.len().expect("a length"), tasks.len().expect("a length")], [MANY as usize; 2]);
    assert!(!queue.is_full().expect("an answer") && !tasks.is_full().expect("an answer"));
    for item in 0..MANY {
        assert_eq!([queue.try_get().expect("an item"), tasks.try_get().expect("a task")], [item; 2]);
        tasks.task_done().expect("a task in hand");
    }
    is!(queue.try_get(), Err(Error::Empty));
    is!(tasks.try_get(), Err(Error::Empty));
    is!(tasks.join_timeout(Duration::ZERO), Ok(true));
}

/// Bounds around what the pipe holds and far beyond it are exact, wherever in the pipe the first item lies.
pub(crate) fn bounds_beyond_the_pipe() {
    for (maxsize, takes) in [(4081, 5), (4082, 5), (4096, 4), (4097, 4), (MANY as usize, 2)] {
        let queue = Queue::bounded(maxsize).expect("a queue");
        assert_eq!(queue.maxsize(), Some(maxsize));
        let (mut put, mut got) = (0, 0);
        for taken in [0, 1, 17, maxsize - 1, 3].into_iter().take(takes) {
            for _ in 0..taken {
                assert_eq!(queue.try_get().expect("an item"), got);
                got += 1;
            }
            assert_eq!(queue.is_full().expect("an answer"), put > 0 && taken == 0);
            while put - got < maxsize {
                queue.try_put(&put).expect("room");
                put += 1;
            }
            assert_eq!(queue.len().expect("a length"), maxsize);
            assert!(queue.is_full().expect("an answer"));
            is!(queue.try_put(&put), Err(Error::Full));
            is!(queue.put_timeout(&put, millis(1)), Err(Error::Full));
        }
        while got < put {
            assert_eq!(queue.try_get().expect("an item"), got);
            got += 1;
        }
        is!(queue.try_get(), Err(Error::Empty));
    }
}

/// In CPython this is the deadlock of its own documentation: a child that has put much is joined before anybody gets.
pub(crate) fn a_child_puts_much_and_ends() {
    let queue = Queue::new().expect("a queue");
    let child = Process::new(|| (0..MANY).try_for_each(|item| queue.put(&item))).start().expect("a child");
    well_ended(&child);
    (0..MANY).for_each(|item| assert_eq!(queue.get().expect("an item"), item));
    is!(queue.try_get(), Err(Error::Empty));
}

/// The memory of the system that this process holds by descriptors, in bytes: that of the overflow among it.
fn memory() -> u64 {
    let open = fs::read_dir("/proc/self/fd").expect("/proc").flatten().map(|entry| entry.path());
    let of_memory = open
        .filter(|path| fs::read_link(path).is_ok_and(|file| file.starts_with("/memfd:procession (deleted)")));
    of_memory.filter_map(|path| Some(path.metadata().ok()?.blocks() * 512)).sum()
}

/// One process puts a million items and then gets them. They take at most 300 bytes each, and nothing afterwards.
pub(crate) fn a_million_items_wait() {
    const MILLION: u64 = 1_000_000;
    let queue = Queue::new().expect("a queue");
    (0..MILLION).for_each(|item| queue.put(&item).expect("no limit"));
    assert!(memory() <= 300 * MILLION, "{} bytes", memory());
    // Not a test of nothing: they lie there.
    assert!(memory() > 200 * MILLION, "{} bytes", memory());
    for item in 0..MILLION {
        assert_eq!(queue.get().expect("an item"), item);
        if item == MILLION / 2 {
            assert!(memory() <= 160 * MILLION, "{} bytes for the half", memory());
        }
    }
    is!(queue.try_get(), Err(Error::Empty));
    assert_eq!(memory(), 0);
}

/// A reader lags all the time, so the overflow is never empty. Its memory is that of the items that wait.
pub(crate) fn a_reader_that_lags() {
    const BACKLOG: u64 = 20_000;
    let queue = Queue::new().expect("a queue");
    (0..BACKLOG).for_each(|item| queue.put(&item).expect("no limit"));
    for item in 0..10 * BACKLOG {
        queue.put(&(item + BACKLOG)).expect("no limit");
        assert_eq!(queue.get().expect("an item"), item);
        if item % 1000 == 0 {
            // Holes are punched for each MiB, and a MiB may lie in the pipe.
            assert!(memory() < 300 * BACKLOG + (3 << 20), "{} bytes after {item}", memory());
            assert_eq!(queue.len().expect("a length"), BACKLOG as usize);
        }
    }
}

/// Four getters empty a queue of many items, and each few milliseconds one of them is killed. No item comes twice, and
/// only those are lost that were in the hands of one that died.
pub(crate) fn killed_at_a_backlog() {
    killed_getters_of(100_000);
}

/// The same with a million.
pub(crate) fn killed_at_a_million() {
    killed_getters_of(1_000_000);
}

fn killed_getters_of(items: usize) {
    let queue = Queue::<usize>::new().expect("a queue");
    (0..items).for_each(|item| queue.put(&item).expect("no limit"));
    let seen = Zeroed::<std::sync::atomic::AtomicU8>::new(items);
    let get = || {
        let mut last = None;
        loop {
            match queue.get_timeout(millis(500)) {
                Ok(item) => {
                    assert!(last < Some(item), "{item} came after {last:?}");
                    last = Some(item);
                    seen[item].fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                }
                Err(Error::Empty) => return,
                Err(error) => panic!("{error}"),
            }
        }
    };
    let start = || Process::new(get).start().expect("a child");
    let mut getters: Vec<Child> = (0..4).map(|_| start()).collect();
    let (mut dice, mut kills) = (Dice(11), 0);
    while !queue.is_empty().expect("an answer") {
        (0..3).for_each(|_| dawdle(&mut dice));
        let victim = dice.below(4) as usize;
        kill_dead(&getters[victim]);
        getters[victim] = start();
        kills += 1;
    }
    getters.iter().for_each(well_ended);
    let times = |wanted: u8| {
        (0..items).filter(|&item| seen[item].load(std::sync::atomic::Ordering::SeqCst) == wanted).count()
    };
    let lost = times(0);
    assert_eq!(times(1) + lost, items, "an item came twice");
    assert!(lost <= kills, "{lost} lost by {kills} deaths");
    assert_eq!(memory(), 0);
    println!("{items} items, {kills} kills, {lost} lost");
}

/// `ulimit -f` refuses what is larger than it: an item, or a backlog. Nothing is put then, and all goes on.
pub(crate) fn file_size_limit() {
    let queue = Queue::<String>::new().expect("a queue");
    setrlimit(Resource::RLIMIT_FSIZE, 300_000, 300_000).expect("a limit");
    // Large items whose sum is far beyond it are none of its business.
    (0..20).for_each(|_| queue.put(&json_of(200_000)).expect("room"));
    is!(queue.put(&json_of(300_001)), Err(Error::Io { .. }));
    assert_eq!(queue.len().expect("a length"), 20);
    (0..20).for_each(|_| assert_eq!(queue.get().expect("an item"), json_of(200_000)));
    let small = Queue::<u32>::new().expect("a queue");
    for _ in 0..2 {
        let mut put = 0;
        let error = loop {
            match small.try_put(&put) {
                Ok(()) => put += 1,
                Err(error) => break error,
            }
            assert!(put < MANY, "there is no limit");
        };
        assert!(matches!(error, Error::Io { .. }) && error.to_string().contains("large"), "{error}");
        // The pipe, and as many behind it as the limit leaves.
        assert!(put >= 300_000 / 256, "{put}");
        is!(small.put(&put), Err(Error::Io { .. }));
        assert_eq!(small.len().expect("a length"), put as usize);
        (0..put).for_each(|item| assert_eq!(small.get().expect("an item"), item));
        is!(small.try_get(), Err(Error::Empty));
    }
}
