//! Large items, and the memory in which they lie.

use std::cell::Cell;
use std::fs;
use std::rc::Rc;

use checks::scenes::{Bell, until};
use nix::libc;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use procession::{Error, JoinableQueue, Process, Queue, exitcode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::common::{Dice, dawdle, die, json_of, kill_dead, millis, send, until_inside, well_ended};
use crate::is;

const MIB: usize = 1 << 20;

/// Far more than a record holds.
pub(crate) fn large() -> String {
    "L".repeat(1_200_000)
}

/// A queue for the large items of which there is little address space: two of 1 MiB find room, and some of each size
/// below. What does not free its place is soon missed here.
fn narrow<T: Serialize + for<'a> Deserialize<'a>>() -> Queue<T> {
    let statm = fs::read_to_string("/proc/self/statm").expect("/proc");
    let used: u64 = statm.split(' ').next().and_then(|pages| pages.parse().ok()).expect("a number");
    let (_, most) = getrlimit(Resource::RLIMIT_AS).expect("a limit");
    setrlimit(Resource::RLIMIT_AS, used * 4096 + (300 << 20), most).expect("a limit");
    let queue = Queue::new().expect("a queue");
    setrlimit(Resource::RLIMIT_AS, most, most).expect("it may be raised again");
    queue
}

fn put_and_get(queue: &Queue<String>, item: &String) {
    queue.put(item).expect("room");
    assert!(queue.get().expect("the item") == *item, "another item came");
}

/// All the room there is for items of 1 MiB.
#[track_caller]
fn has_all_its_room(queue: &Queue<String>) {
    for _ in 0..3 {
        let mut put = 0;
        let error = loop {
            match queue.put(&json_of(MIB)) {
                Ok(()) => put += 1,
                Err(error) => break error,
            }
            assert!(put < 100, "there is no end of room");
        };
        assert!(matches!(error, Error::Io { .. }) && error.to_string().contains("memory"), "{error}");
        assert_eq!((put, queue.len().expect("a length")), (2, 2));
        (0..put).for_each(|_| assert_eq!(queue.get().expect("an item"), json_of(MIB)));
        is!(queue.try_get(), Err(Error::Empty));
    }
}

/// When there is no memory for one more large item, that is an error, nothing is put, and all the rest goes on.
pub(crate) fn no_room_for_large_items() {
    let queue = narrow();
    has_all_its_room(&queue);
    (0..2).for_each(|_| queue.put(&json_of(MIB)).expect("room"));
    is!(queue.put(&json_of(MIB)), Err(Error::Io { .. }));
    for size in [10, 300, 5000, 100_000] {
        queue.put(&json_of(size)).expect("room");
    }
    for size in [MIB, MIB, 10, 300, 5000, 100_000] {
        assert_eq!(queue.get().expect("an item"), json_of(size));
    }
}

/// Items of all sizes go in and out of the same slots, and none has anything of another.
pub(crate) fn slots_are_used_again() {
    let queue = Queue::<String>::new().expect("a queue");
    let mut dice = Dice(5);
    let item = |number: u64, size: usize| format!("{number}:").repeat(size);
    for number in 0..300 {
        let sizes: Vec<usize> = (0..dice.below(9)).map(|_| 100 + dice.below(5000) as usize).collect();
        sizes.iter().for_each(|&size| queue.put(&item(number, size)).expect("room"));
        sizes.iter().for_each(|&size| assert_eq!(queue.get().expect("an item"), item(number, size)));
    }
}

/// What this process has mapped of memory that it shares, in KiB.
fn shared_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("/proc");
    let line = status.lines().find_map(|line| line.strip_prefix("RssShmem:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).expect("a number")
}

/// A backlog of many MB is gone with its memory, but for some MiB.
pub(crate) fn memory_of_a_large_backlog() {
    let queue = Queue::new().expect("a queue");
    let before = shared_memory();
    for (size, count) in [(100_000, 100), (3000, 2000), (MIB, 12)] {
        let item = json_of(size);
        (0..count).for_each(|_| queue.put(&item).expect("room"));
        let full = shared_memory() - before;
        let needed = ((size * count) >> 10) as u64;
        assert!((needed..2 * needed + 4096).contains(&full), "{full} KiB for {needed}");
        (0..count).for_each(|_| assert!(queue.get().expect("an item") == item));
        let left = shared_memory() - before;
        assert!(left < 12 << 10, "{left} KiB are left of {full}");
    }
}

/// No file of a queue is anywhere: not in TMPDIR, which need not be one, not in /dev/shm, not while items wait and not
/// when processes die. The test names a TMPDIR.
pub(crate) fn nothing_lies_in_a_folder() {
    let tmpdir = std::env::var("TMPDIR").expect("TMPDIR");
    // Its output goes into sockets, when it is judged.
    let before = Cell::new(None);
    let nothing = || {
        let maps = fs::read_to_string("/proc/self/maps").expect("/proc");
        let open = fs::read_dir("/proc/self/fd").expect("/proc").flatten();
        let open = open.filter_map(|entry| fs::read_link(entry.path()).ok());
        let open: Vec<String> = open.map(|path| path.display().to_string()).collect();
        for place in ["/dev/shm/", &format!("{tmpdir}/")] {
            assert!(!maps.contains(place) && !open.iter().any(|file| file.starts_with(place)), "{open:?}");
        }
        let sockets = open.iter().filter(|file| file.starts_with("socket:")).count();
        assert_eq!(before.replace(Some(sockets)).unwrap_or(sockets), sockets, "{open:?}");
        assert_eq!(fs::read_dir(&tmpdir).map_or(0, Iterator::count), 0);
    };
    nothing();
    let queue = Queue::new().expect("a queue");
    let tasks = JoinableQueue::new().expect("a queue");
    for size in [10, 1000, 3_000_000] {
        (0..5)
            .for_each(|_| queue.put(&json_of(size)).and_then(|()| tasks.put(&json_of(size))).expect("room"));
        nothing();
    }
    let victim = Process::new(|| {
        (0..12).for_each(|_| drop(queue.get().expect("an item")));
        tasks.get().expect("a task");
        nothing();
        die()
    });
    victim.start().expect("a child").join().expect("a status");
    nothing();
    assert_eq!(queue.len().expect("a length"), 3);
    (0..3).for_each(|_| assert!(queue.get().expect("the item") == json_of(3_000_000)));
    is!(tasks.join(), Err(Error::TasksLost { tasks: 1, .. }));
    nothing();
}

/// Only root can make /dev/shm a small one that nobody may write to, and the folder of the system read-only.
pub(crate) fn no_dev_shm() {
    unshare(CloneFlags::CLONE_NEWNS).expect("root may");
    let nothing: Option<&str> = None;
    mount(nothing, "/", nothing, MsFlags::MS_REC | MsFlags::MS_PRIVATE, nothing).expect("a view of our own");
    for place in ["/dev/shm", "/tmp"] {
        mount(nothing, place, Some("tmpfs"), MsFlags::MS_RDONLY, Some("size=64k")).expect("a folder");
    }
    fs::write("/dev/shm/a", "").expect_err("nobody writes there");
    let queue = Queue::new().expect("a queue");
    for item in [json_of(10), json_of(1000), large(), "L".repeat(20_000_000)] {
        let child = Process::new(|| queue.put(&item)).start().expect("a child");
        assert!(queue.get().expect("the item") == item);
        well_ended(&child);
    }
}

/// Main has nothing more to do, and the children have.
pub(crate) fn main_returns_first() {
    let queue = Queue::<String>::bounded(3).expect("a queue");
    let put = queue.clone();
    let begin = Rc::new(Bell::new());
    let bell = begin.clone();
    let main = std::process::id();
    let _putter = Process::new(move || {
        bell.wait();
        until("main sits in its end", || {
            let inside = fs::read_to_string(format!("/proc/{main}/syscall")).unwrap_or_default();
            inside.split(' ').next() == Some(&libc::SYS_waitid.to_string())
        });
        (0..20).try_for_each(|_| put.put(&large()))
    });
    let _putter = _putter.start().expect("a child");
    let getter = Process::new(move || {
        for _ in 0..20 {
            assert_eq!(queue.get()?, large());
        }
        println!("all came");
        Ok::<(), Error>(())
    });
    let _getter = getter.start().expect("a child");
    begin.ring();
}

/// The process that made the queue is killed. Its child has the queue, and what is in it, as long as it lives.
pub(crate) fn an_orphan_goes_on() {
    let (dead, done) = (Bell::new(), Bell::new());
    let maker = Process::new(|| {
        let queue = Queue::new().expect("a queue");
        (0..5000).for_each(|_| queue.put(&String::new()).expect("room"));
        queue.put(&large()).expect("room");
        let orphan = Process::new(|| {
            dead.wait();
            (0..5000).for_each(|_| assert_eq!(queue.get().expect("an item"), ""));
            assert_eq!(queue.get().expect("the item"), large());
            put_and_get(&queue, &large());
            done.ring();
        });
        let _orphan = orphan.start().expect("a child");
        die()
    });
    maker.start().expect("a child").join().expect("a status");
    dead.ring();
    done.wait();
}

/// A putter that waits for room, for however long: what it has written is not taken for something that nobody needs.
pub(crate) fn a_slow_putter_keeps_its_item() {
    for item in [json_of(1000), json_of(50_000)] {
        let queue = Queue::bounded(1).expect("a queue");
        queue.put(&String::new()).expect("room");
        let putter = Process::new(|| queue.put(&item)).start().expect("a child");
        until_inside(&putter, libc::SYS_futex);
        send(&putter, Signal::SIGSTOP);
        while queue.try_get().is_ok() {}
        // So many that what is not needed is freed more than once.
        (0..200).for_each(|number| put_and_get(&queue, &format!("{number}{item}")));
        send(&putter, Signal::SIGCONT);
        assert_eq!(queue.get_timeout(millis(10_000)).expect("the item"), item);
        well_ended(&putter);
    }
}

/// Processes die while they put and get large items: their slots do not get lost, and each of them is free again when
/// there is no other.
pub(crate) fn slots_after_deaths() {
    let queue = narrow::<String>();
    let mut dice = Dice(3);
    let sizes = [1000, 20_000, 200_000, MIB];
    for _ in 0..60 {
        let size = sizes[dice.below(4) as usize];
        let get = Process::new(|| -> () {
            loop {
                queue.get().map(drop).expect("an item")
            }
        });
        let put = Process::new(|| -> () {
            let item = json_of(size);
            loop {
                // There may be no room as long as the getter is slow.
                let _ = queue.put(&item);
            }
        });
        let children = [get.start().expect("a child"), put.start().expect("a child")];
        dawdle(&mut dice);
        children.iter().for_each(kill_dead);
        while queue.try_get().is_ok() {}
    }
    has_all_its_room(&queue);
    is!(queue.get_timeout(millis(1)), Err(Error::Empty));
}

thread_local! {
    /// What a [`Strange`] does on its way, besides.
    static BESIDES: Cell<fn()> = const { Cell::new(|| ()) };
    static QUEUE: std::cell::RefCell<Option<Queue<Strange>>> = const { std::cell::RefCell::new(None) };
}

/// Goes out and comes in as a text, and does something in between.
struct Strange(String);

impl Serialize for Strange {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let (first, rest) = self.0.split_at(self.0.len() / 2);
        let mut pair = to.serialize_tuple(2)?;
        serde::ser::SerializeTuple::serialize_element(&mut pair, first)?;
        BESIDES.get()();
        serde::ser::SerializeTuple::serialize_element(&mut pair, rest)?;
        serde::ser::SerializeTuple::end(pair)
    }
}

impl<'a> Deserialize<'a> for Strange {
    fn deserialize<D: Deserializer<'a>>(from: D) -> Result<Strange, D::Error> {
        let (first, rest) = <(String, String)>::deserialize(from)?;
        BESIDES.get()();
        Ok(Strange(first + &rest))
    }
}

fn strange_queue() -> Queue<Strange> {
    let queue = narrow();
    QUEUE.set(Some(queue.clone()));
    queue
}

fn besides<T>(what: fn(), work: impl FnOnce() -> T) -> T {
    BESIDES.set(what);
    let answer = work();
    BESIDES.set(|| ());
    answer
}

/// A panic in the middle of an item, when half of it is written or all is read: nothing is put, or one item is gone, and
/// its room is free.
pub(crate) fn a_panic_in_serde() {
    std::panic::set_hook(Box::new(|_| ()));
    let queue = strange_queue();
    for _ in 0..6 {
        for size in [10, 1000, 20_000, 200_000, MIB] {
            let panics = |work: &dyn Fn()| {
                let work = std::panic::AssertUnwindSafe(|| besides(|| panic!("on purpose"), work));
                std::panic::catch_unwind(work).expect_err("it panics")
            };
            panics(&|| queue.put(&Strange(json_of(size))).expect("room"));
            assert_eq!(queue.len().expect("a length"), 0);
            BESIDES.set(|| ());
            queue.put(&Strange(json_of(size))).expect("room");
            panics(&|| drop(queue.get()));
            BESIDES.set(|| ());
            is!(queue.try_get().map(|_| ()), Err(Error::Empty));
        }
    }
}

/// Processes die in the middle of a large item, when half of it is written or all is read, and more of them than there are
/// slots of that size: each slot is free again for the next one who needs it.
pub(crate) fn slots_of_the_dead() {
    let queue = narrow();
    for _ in 0..6 {
        queue.put(&Strange(json_of(MIB))).expect("room");
        let reader = Process::new(|| besides(|| die(), || queue.get().map(drop))).start().expect("a child");
        assert_eq!(exitcode(reader.join().expect("a status")).to_string(), "-SIGKILL");
        let item = Strange(json_of(MIB));
        let writer = Process::new(|| besides(|| die(), || queue.put(&item))).start().expect("a child");
        assert_eq!(exitcode(writer.join().expect("a status")).to_string(), "-SIGKILL");
        assert_eq!(queue.len().expect("a length"), 0);
    }
}

/// An item that puts and gets while it is put, and while it is got.
pub(crate) fn put_and_get_within_serde() {
    fn turn() {
        BESIDES.set(|| ());
        QUEUE.with_borrow(|queue| {
            let queue = queue.as_ref().expect("a queue");
            for size in [10, 1000, 20_000] {
                queue.put(&Strange(json_of(size))).expect("room");
                assert_eq!(queue.get().expect("an item").0, json_of(size));
            }
        });
    }
    let queue = strange_queue();
    for _ in 0..6 {
        for size in [10, 1000, 20_000, 200_000, MIB] {
            besides(turn, || queue.put(&Strange(json_of(size))).expect("room"));
            let item = besides(turn, || queue.get().expect("the item"));
            assert!(item.0 == json_of(size), "another item came");
            is!(queue.try_get().map(|_| ()), Err(Error::Empty));
        }
    }
}
