//! When something runs out.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;

use nix::sys::resource::{Resource, setrlimit};
use procession::{Error, JoinableQueue, Lock, Pipe, Process, Queue};

use crate::common::{millis, well_ended};
use crate::is;
use crate::large::large;

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
        ("lock", Lock::new().err()),
        ("pipe", Pipe::<u32>::new().err()),
        ("pipe", Process::new(|| ()).start().err()),
    ];
    for (word, error) in errors {
        let error = error.expect("an error");
        assert!(matches!(error, Error::Io { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(word) && text.contains("os error 24"), "{text}");
    }
    // A queue that is there needs no more of them, whatever goes through it.
    for item in ["small".to_string(), large()] {
        before.put(&item).expect("room");
        assert_eq!(before.get().expect("an item"), item);
    }

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

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("/proc").count()
}

/// Three for each queue; no more by use, in any process.
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
    assert!(used(&queue) <= 3, "{}", used(&queue));
    let child = Process::new(|| assert!(used(&queue) <= 3, "{}", used(&queue))).start().expect("a child");
    well_ended(&child);
    // Not more for the second one, and none when they are gone.
    let second = JoinableQueue::<String>::new().expect("a queue");
    second.put(&large()).expect("room");
    second.get().expect("an item");
    second.task_done().expect("a task");
    assert!(descriptors() - before <= 6, "{}", descriptors() - before);
    drop(second);
    drop(queue);
    assert_eq!(descriptors(), before);
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
