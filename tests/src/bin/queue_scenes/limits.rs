//! What is too much: too large an item, too little memory, too many pipes.

use std::collections::BTreeMap;
use std::io::PipeReader;

use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::prctl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{Gid, Uid, setgid, setuid};
use procession::{Error, JoinableQueue, Pipe, Process, Queue};
use serde::ser::{Error as _, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::common::{json_of, millis, well_ended};
use crate::is;

const GIB: usize = 1 << 30;

/// A list of texts that has so many bytes as JSON, and is never there as a whole. If it shall fail, then at the end.
#[derive(Debug)]
struct Stream {
    size: usize,
    fails: bool,
}

impl Serialize for Stream {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // Written once, and then only copied.
        let text = |size| serde_json::value::to_raw_value(&"s".repeat(size)).map_err(S::Error::custom);
        let size = (1 << 20).min(self.size);
        let piece = text(size)?;
        let mut list = to.serialize_seq(None)?;
        let mut left = self.size - 1;
        // A text has two quotation marks, and one of the list's brackets and commas before it.
        while left > size + 3 {
            list.serialize_element(&piece)?;
            left -= size + 3;
        }
        list.serialize_element(&text(left.saturating_sub(3))?)?;
        if self.fails {
            return Err(S::Error::custom("changed its mind"));
        }
        list.end()
    }
}

impl<'a> Deserialize<'a> for Stream {
    fn deserialize<D: Deserializer<'a>>(from: D) -> Result<Stream, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        let size = texts.iter().map(|text| text.len() + 3).sum::<usize>() + 1;
        Ok(Stream { size, fails: false })
    }
}

/// The queue is as it was, and in order.
fn is_in_order(queue: &Queue<Stream>) {
    assert_eq!(queue.len().expect("a length"), 0);
    for size in [10, 300, 5000] {
        queue.put(&Stream { size, fails: false }).expect("room");
        assert_eq!(queue.try_get().expect("the item").size, size);
    }
    is!(queue.try_get(), Err(Error::Empty));
}

/// One byte more than 1 GiB is refused. 1 GiB is not: that the disk cannot hold it is another matter.
pub(crate) fn too_large() {
    let queue = Queue::new().expect("a queue");
    let over = Stream { size: GIB + 1, fails: false };
    is!(queue.put(&over), Err(Error::TooLarge { limit: GIB, size }) if size == GIB + 1);
    is_in_order(&queue);
    setrlimit(Resource::RLIMIT_FSIZE, 1 << 20, 1 << 20).expect("a limit");
    is!(queue.put(&Stream { size: GIB, fails: false }), Err(Error::Io { .. }));
    is_in_order(&queue);
    let Pipe { sender, receiver } = Pipe::new().expect("a pipe");
    is!(sender.send(&over), Err(Error::TooLarge { limit: GIB, .. }));
    sender.send(&Stream { size: 10, fails: false }).expect("room");
    is!(receiver.recv(), Ok(Stream { size: 10, .. }));
}

/// An item that fails when much of it is written already.
pub(crate) fn encode_error_at_the_end() {
    for queue in [Queue::new(), Queue::bounded(1)] {
        let queue = queue.expect("a queue");
        for size in [10, 250, 300, 100_000] {
            let changed = queue.put(&Stream { size, fails: true });
            is!(changed, Err(Error::Encode(e)) if e.to_string().contains("changed its mind"));
            is_in_order(&queue);
        }
    }
    let tasks = JoinableQueue::new().expect("a queue");
    is!(tasks.put(&Stream { size: 10_000, fails: true }), Err(Error::Encode(_)));
    is!(tasks.join_timeout(millis(0)), Ok(true));
    is!(tasks.task_done(), Err(Error::TooManyTaskDone));
}

/// This much address space is in use, in bytes.
fn address_space() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("/proc");
    statm.split(' ').next().and_then(|pages| pages.parse::<u64>().ok()).expect("a number") * 4096
}

pub(crate) fn no_memory_left() {
    let before = Queue::bounded(2).expect("a queue");
    let (_, hard) = getrlimit(Resource::RLIMIT_AS).expect("a limit");
    let limit = address_space();
    setrlimit(Resource::RLIMIT_AS, limit, hard).expect("a limit");
    // What the allocator has in stock lasts for a while. Nothing of ours is larger than a page.
    let mut made = Vec::new();
    let errors = [
        std::iter::repeat_with(Queue::<u32>::new)
            .take(1000)
            .find_map(|queue| queue.map(|q| made.push(q)).err()),
        JoinableQueue::<u32>::bounded(1).err(),
    ];
    for error in errors {
        let error = error.expect("an error");
        assert!(matches!(error, Error::Io { .. }) && error.to_string().contains("memory"), "{error}");
    }
    before.put(&json_of(20)).expect("room");
    assert_eq!(before.get().expect("the item"), json_of(20));
    setrlimit(Resource::RLIMIT_AS, hard, hard).expect("it may be raised again");
    well_ended(&Process::new(|| before.put(&json_of(5000))).start().expect("a child"));
    assert_eq!(before.get().expect("the item"), json_of(5000));
    Queue::<u32>::new().expect("a queue");
}

/// Becomes a user who is nobody else, so that what it uses up is missed by nobody. Only root can.
fn become_somebody() {
    let who = 1_000_000 + std::process::id();
    setgid(Gid::from_raw(who)).expect("root may");
    setuid(Uid::from_raw(who)).expect("root may");
    // Or its own /proc would belong to root.
    prctl::set_dumpable(true).expect("it may be looked at");
}

/// No process can be started: the queue is none the worse for it.
pub(crate) fn no_process_left() {
    let queue = Queue::bounded(1).expect("a queue");
    become_somebody();
    let (soft, hard) = getrlimit(Resource::RLIMIT_NPROC).expect("a limit");
    setrlimit(Resource::RLIMIT_NPROC, 0, hard).expect("one may lower it");
    for _ in 0..5 {
        is!(Process::new(|| queue.get().map(drop)).start(), Err(Error::Fork(_)));
        let copy = queue.clone();
        is!(Process::new(move || copy.get().map(drop)).start(), Err(Error::Fork(_)));
        queue.put(&1u32).expect("room");
        is!(queue.try_put(&2), Err(Error::Full));
        is!(queue.try_get(), Ok(1));
    }
    setrlimit(Resource::RLIMIT_NPROC, soft, hard).expect("and raise it again");
    well_ended(&Process::new(|| queue.put(&3)).start().expect("a child"));
    is!(queue.get(), Ok(3));
}

/// Uses up the share of pipe pages that this user has.
fn use_up_pipe_pages() -> Vec<PipeReader> {
    let mut greedy = Vec::new();
    // 64 pipes of 1 MiB are the usual share.
    loop {
        let (reader, _) = std::io::pipe().expect("a pipe");
        let refused = fcntl(&reader, FcntlArg::F_SETPIPE_SZ(1 << 20)).is_err();
        greedy.push(reader);
        if refused {
            return greedy;
        }
        assert!(greedy.len() < 300, "there is no limit");
    }
}

/// A user's pipe pages are used up: what his queues promise does not depend on them.
pub(crate) fn no_pipe_pages_left() {
    become_somebody();
    let before = Queue::bounded(4000).expect("a queue");
    let greedy = use_up_pipe_pages();
    let exact = Queue::bounded(4000).expect("a queue");
    let unbounded = Queue::new().expect("a queue");
    let tasks = JoinableQueue::bounded(20).expect("a queue");
    for start in [0, 1, 5, 15, 16, 17] {
        // Wherever in the pipe the first one lies.
        (0..start).for_each(|item| exact.put(&item).and_then(|()| exact.get().map(drop)).expect("a turn"));
        (0..4000).for_each(|item| exact.try_put(&item).expect("room"));
        is!(exact.try_put(&4000), Err(Error::Full));
        (0..4000).for_each(|item| assert_eq!(exact.try_get().expect("an item"), item));
        (0..20).for_each(|item| tasks.try_put(&item).expect("room"));
        is!(tasks.try_put(&20), Err(Error::Full));
        (0..20).for_each(|item| assert_eq!(tasks.get().expect("a task"), item));
        (0..20).for_each(|_| tasks.task_done().expect("a task in hand"));
    }
    well_ended(
        &Process::new(|| (0..10_000).try_for_each(|item| unbounded.put(&item))).start().expect("a child"),
    );
    (0..10_000).for_each(|item| assert_eq!(unbounded.get().expect("an item"), item));
    // A getter that sleeps at such a pipe, and a putter that wakes it.
    let get = || (0..1000).for_each(|item| assert_eq!(unbounded.get().expect("an item"), item));
    let getter = Process::new(get).start().expect("a child");
    (0..1000).for_each(|item| unbounded.put(&item).expect("no limit"));
    well_ended(&getter);
    (0..4000).for_each(|item| before.try_put(&BTreeMap::from([(1, item)])).expect("room"));
    drop(greedy);
}

/// An ordinary user has 200 queues in one program and 100 in another at the same time.
pub(crate) fn three_hundred_queues() {
    become_somebody();
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    setrlimit(Resource::RLIMIT_NOFILE, most, most).expect("a limit");
    let use_all = |count: usize| {
        let queues: Vec<Queue<usize>> = (0..count).map(|_| Queue::new().expect("a queue")).collect();
        for queue in &queues {
            (0..100).for_each(|item| queue.try_put(&item).expect("no limit"));
        }
        for queue in &queues {
            let put = || (100..200).try_for_each(|item| queue.put(&item));
            let child = Process::new(put).start().expect("a child");
            (0..200).for_each(|item| assert_eq!(queue.get().expect("an item"), item));
            well_ended(&child);
        }
    };
    let other = Process::new(|| use_all(100)).start().expect("a child");
    use_all(200);
    well_ended(&other);
}
