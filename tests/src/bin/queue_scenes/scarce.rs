//! When something runs out.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, setrlimit};
use procession::{Error, JoinableQueue, Lock, Pipe, Process, Queue};

use crate::common::{json_of, millis, well_ended};
use crate::is;
use crate::large::{folder, items, large};

/// A large item finds no room on the disk; smaller ones do.
fn no_room_for(size: usize) {
    for queue in [Queue::new(), Queue::bounded(2)] {
        let queue = queue.expect("a queue");
        for _ in 0..3 {
            let error = queue.put(&json_of(size)).expect_err("no room");
            let place = folder().display().to_string();
            assert!(matches!(error, Error::Io { .. }) && error.to_string().contains(&place), "{error}");
            assert_eq!((items(), queue.len().expect("a length")), (0, 0));
            for size in [10, 1000] {
                queue.put(&json_of(size)).expect("room");
                assert_eq!(queue.get().expect("an item"), json_of(size));
            }
        }
    }
}

pub(crate) fn file_size_limit() {
    setrlimit(Resource::RLIMIT_FSIZE, 50_000, 50_000).expect("a limit");
    no_room_for(60_000);
}

/// Only root can make a small disk; others are told by the limit above.
pub(crate) fn disk_full() {
    unshare(CloneFlags::CLONE_NEWNS).expect("root may");
    let nothing: Option<&str> = None;
    mount(nothing, "/", nothing, MsFlags::MS_REC | MsFlags::MS_PRIVATE, nothing).expect("a view of our own");
    let here = std::env::temp_dir();
    mount(nothing, &here, Some("tmpfs"), MsFlags::empty(), Some("size=256k")).expect("a small disk");
    no_room_for(2_000_000);
}

/// Each of these says what it was about, and all of them work again afterwards.
pub(crate) fn no_descriptor_left() {
    let before = Queue::bounded(5).expect("a queue");
    before.put(&large()).expect("room");
    assert_eq!(before.get().expect("an item"), large());
    let inherited = Pipe::<u32>::new().expect("a pipe");
    setrlimit(Resource::RLIMIT_NOFILE, 64, 64).expect("a limit");
    let mut wasted = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        wasted.push(file);
    }
    let errors = [
        ("queue", Queue::<u32>::new().err()),
        ("queue", JoinableQueue::<u32>::bounded(1).err()),
        ("memory", Lock::new().err()),
        ("pipe", Pipe::<u32>::new().err()),
        ("pipe", Process::new(|| ()).start().err()),
        ("large item", before.put(&large()).err()),
    ];
    for (word, error) in errors {
        let error = error.expect("an error");
        assert!(matches!(error, Error::Io { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(word) && text.contains("Too many open files"), "{text}");
    }
    before.put(&"small".to_string()).expect("room");
    assert_eq!(before.get().expect("an item"), "small");
    assert_eq!((items_after(&mut wasted), before.len().expect("a length")), (0, 0));

    // One after the other is given back: whatever is refused now is refused whole.
    loop {
        let made = Queue::<String>::new();
        let done = made.is_ok();
        if let Ok(queue) = made {
            let _ = queue.put(&large());
        }
        if done || wasted.pop().is_none() {
            break;
        }
    }
    wasted.clear();
    before.put(&large()).expect("room");
    let child =
        Process::new(|| assert_eq!(before.get().expect("an item"), large())).start().expect("a child");
    well_ended(&child);
    let Pipe { sender, receiver } = inherited;
    well_ended(&Process::new(move || sender.send(&1)).start().expect("a child"));
    is!(receiver.recv(), Ok(1));
    is!(receiver.recv(), Err(Error::Eof));
    let lock = Lock::new().expect("a lock");
    let _guard = lock.acquire().expect("a guard");
    is!(Queue::<u32>::new().expect("a queue").get_timeout(millis(1)), Err(Error::Empty));
}

/// A large item that cannot be fetched is not lost: it comes with the next call of the process that has it, in order,
/// and nobody clears its file away meanwhile.
pub(crate) fn no_descriptor_to_get_with() {
    let queue = Queue::new().expect("a queue");
    for number in 0..3 {
        queue.put(&format!("{number}{}", large())).expect("room");
    }
    setrlimit(Resource::RLIMIT_NOFILE, 64, 64).expect("a limit");
    let mut wasted = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        wasted.push(file);
    }
    for _ in 0..3 {
        let error = queue.get().expect_err("no descriptor");
        assert!(error.to_string().contains("Too many open files"), "{error}");
    }
    wasted.clear();
    // So many that what nobody would come for is cleared away.
    let child = Process::new(|| {
        for _ in 0..200 {
            queue.put(&large()).expect("room");
            queue.get().expect("an item");
        }
    });
    well_ended(&child.start().expect("a child"));
    for number in 0..3 {
        // The child has taken one of its own for each of the other two of ours.
        let item = queue.get().expect("an item");
        if number == 0 {
            assert_eq!(item, format!("0{}", large()));
        }
    }
    is!(queue.try_get(), Err(Error::Empty));
}

/// To look takes two descriptors.
fn items_after(wasted: &mut Vec<File>) -> usize {
    wasted.truncate(wasted.len() - 3);
    let found = items();
    while let Ok(file) = File::open("/dev/null") {
        wasted.push(file);
    }
    found
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("/proc").count()
}

/// Six for the first queue, one of them for all queues together; no more by use, in any process.
pub(crate) fn few_descriptors() {
    let before = descriptors();
    let queue = Queue::bounded(10).expect("a queue");
    let used = |queue: &Queue<String>| {
        for item in [large(), "small".to_string()] {
            queue.put(&item).expect("room");
            queue.put_timeout(&item, millis(10)).expect("room");
            queue.get().expect("an item");
            queue.get_timeout(millis(10)).expect("an item");
        }
        descriptors() - before
    };
    assert!(used(&queue) <= 6, "{}", used(&queue));
    let child = Process::new(|| assert!(used(&queue) <= 6, "{}", used(&queue))).start().expect("a child");
    well_ended(&child);
    // Not more for the second one, and none when they are gone.
    let second = JoinableQueue::<String>::new().expect("a queue");
    second.put(&large()).expect("room");
    second.get().expect("an item");
    second.task_done().expect("a task");
    assert!(descriptors() - before <= 11, "{}", descriptors() - before);
    drop(second);
    drop(queue);
    assert!(descriptors() - before <= 1, "{}", descriptors() - before);
}

/// What this process uses, in KiB: its resident pages, and the memory behind its descriptors, touched or not.
fn memory() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").expect("/proc");
    let pages: usize = statm.split(' ').nth(1).expect("a number").parse().expect("a number");
    let open = fs::read_dir("/proc/self/fd").expect("/proc").flatten().map(|entry| entry.path());
    let memory = open
        .filter(|path| fs::read_link(path).is_ok_and(|file| file.starts_with("/memfd:procession (deleted)")));
    let blocks: u64 = memory.filter_map(|path| Some(path.metadata().ok()?.blocks())).sum();
    pages * 4 + blocks as usize / 2
}

pub(crate) fn little_memory() {
    let before = memory();
    let queues: Vec<_> = (0..50).map(|_| Queue::<u32>::new().expect("a queue")).collect();
    for queue in &queues {
        queue.put(&1).expect("room");
        queue.get().expect("an item");
    }
    let each = (memory() - before) / queues.len();
    assert!(each < 100, "{each} KiB a queue");
}
