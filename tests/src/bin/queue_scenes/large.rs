//! Large items, and the folder in which they lie.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use checks::scenes::{Bell, until};
use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::sys::stat::{Mode, umask};
use procession::{Error, Process, Queue};

use crate::common::{Dice, dawdle, die, json_of, kill_dead, millis, send, until_inside, well_ended};
use crate::is;

/// What a slot holds.
const MIB: usize = 1 << 20;

/// Needs a file.
pub(crate) fn large() -> String {
    "L".repeat(1_200_000)
}

/// The family's folder: it is named after a socket that this process has open.
pub(crate) fn folder() -> PathBuf {
    let open = fs::read_dir("/proc/self/fd").expect("/proc").flatten();
    let open: Vec<PathBuf> = open.filter_map(|entry| fs::read_link(entry.path()).ok()).collect();
    let sockets = fs::read_to_string("/proc/net/unix").expect("/proc");
    let ours = sockets.lines().find_map(|line| {
        let name = line.split_once(" @procession-")?.1;
        let inode = line.split_whitespace().nth(6)?;
        open.contains(&format!("socket:[{inode}]").into()).then(|| format!("procession-{name}"))
    });
    let base = std::env::var_os("TMPDIR").filter(|named| !named.is_empty()).unwrap_or("/dev/shm".into());
    Path::new(&base).join(ours.expect("the name of the family"))
}

/// How many items lie there.
pub(crate) fn items() -> usize {
    fs::read_dir(folder()).expect("a folder").count()
}

/// Items wait in memory as long as they find room there.
pub(crate) fn no_folder_without_need() {
    let queue = Queue::new().expect("a queue");
    for size in [252, 253, MIB] {
        for rounds in [1, 8] {
            (0..rounds).for_each(|_| queue.put(&json_of(size)).expect("room"));
            (0..rounds).for_each(|_| assert_eq!(queue.get().expect("an item"), json_of(size)));
        }
    }
    // Who finds no room for the item gives the slot back.
    let small = Queue::bounded(1).expect("a queue");
    small.put(&json_of(10)).expect("room");
    (0..20).for_each(|_| is!(small.try_put(&json_of(300)), Err(Error::Full)));
    small.get().expect("an item");
    put_and_get(&small, &json_of(300));
    assert!(!folder().exists());
    // One too many, and one that is too large: they keep their places in the row.
    let sizes = [vec![300; 8], vec![301, MIB + 1, 10]].concat();
    sizes.iter().for_each(|&size| queue.put(&json_of(size)).expect("room"));
    assert_eq!(items(), 2);
    sizes.iter().for_each(|&size| assert_eq!(queue.get().expect("an item"), json_of(size)));
    assert_eq!(items(), 0);
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
    assert!(!folder().exists());
}

/// The size of files is limited, and memory that is shared is a file: who were to write behind the limit would be
/// killed by a signal.
pub(crate) fn no_slot_behind_the_limit() {
    setrlimit(Resource::RLIMIT_FSIZE, 3 << 20, 3 << 20).expect("a limit");
    let queue = Queue::new().expect("a queue");
    for _ in 0..2 {
        (0..10).for_each(|_| queue.put(&json_of(MIB)).expect("room"));
        // Two end before the limit.
        assert_eq!(items(), 8);
        (0..10).for_each(|_| assert_eq!(queue.get().expect("an item"), json_of(MIB)));
    }
    assert_eq!(items(), 0);
}

pub(crate) fn modes() {
    let queue = Queue::new().expect("a queue");
    queue.put(&large()).expect("room");
    let folder = folder();
    assert!(folder.starts_with(std::env::temp_dir()), "{}", folder.display());
    let me = nix::unistd::geteuid().as_raw();
    let there = fs::metadata(&folder).expect("a folder");
    assert_eq!((there.mode() & 0o7777, there.uid()), (0o700, me));
    for entry in fs::read_dir(&folder).expect("a folder").flatten() {
        let file = entry.metadata().expect("a file");
        assert_eq!((file.mode() & 0o7777, file.uid()), (0o600, me), "{}", entry.path().display());
    }
    assert_eq!(items(), 1);
    assert_eq!(queue.get().expect("the item"), large());
    assert_eq!(items(), 0);
}

pub(crate) fn modes_umask_000() {
    umask(Mode::empty());
    modes();
}

pub(crate) fn modes_umask_077() {
    umask(Mode::from_bits_truncate(0o077));
    modes();
}

/// The test has unset TMPDIR.
pub(crate) fn no_tmpdir() {
    let queue = Queue::new().expect("a queue");
    queue.put(&large()).expect("room");
    assert!(folder().starts_with("/dev/shm"), "{}", folder().display());
    assert_eq!(queue.get().expect("the item"), large());
    println!("{}", folder().display());
}

/// The test has seen to it that no folder can be made in TMPDIR.
pub(crate) fn folder_is_refused() {
    let queue = Queue::bounded(2).expect("a queue without the folder");
    let named = std::env::var("TMPDIR").expect("TMPDIR");
    for _ in 0..2 {
        let error = queue.put(&large()).expect_err("no folder");
        assert!(matches!(error, Error::Io { .. }) && error.to_string().contains(&named), "{error}");
        assert!(queue.is_empty().expect("an answer"));
        queue.put(&"small".to_string()).expect("room");
        assert_eq!(queue.get().expect("an item"), "small");
    }
}

/// Main has nothing more to do, and the children have.
pub(crate) fn main_returns_first() {
    let queue = Queue::<String>::bounded(3).expect("a queue");
    let put = queue.clone();
    let begin = std::rc::Rc::new(Bell::new());
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

/// TMPDIR is where it is, though it is named relative to a place that every process has left. The test names it.
pub(crate) fn folder_and_getter_elsewhere() {
    let queue = Queue::new().expect("a queue");
    queue.put(&large()).expect("room");
    std::env::set_current_dir("/").expect("a root");
    assert_eq!(queue.get().expect("the item"), large());
    let child = Process::new(|| {
        std::env::set_current_dir("/proc")?;
        queue.put(&large()).map_err(std::io::Error::other)
    });
    well_ended(&child.start().expect("a child"));
    assert_eq!(queue.get().expect("the item"), large());
}

/// Puts a large item, has a child wait, and waits to be killed, or for a file named `go`.
pub(crate) fn make_and_wait() {
    let queue = Queue::new().expect("a queue");
    queue.put(&large()).expect("room");
    let child = Process::new(|| until("it may go on", || Path::new("go").exists())).start().expect("a child");
    println!("ready");
    well_ended(&child);
    assert_eq!(queue.get().expect("the item"), large());
}

/// Makes a queue and uses it.
pub(crate) fn make_and_end() {
    put_and_get(&Queue::new().expect("a queue"), &large());
}

fn put_and_get(queue: &Queue<String>, item: &String) {
    queue.put(item).expect("room");
    assert_eq!(queue.get().expect("the item"), *item);
}

/// Main is killed; its child has the queue and the folder as long as it lives.
pub(crate) fn orphan_keeps_the_folder() {
    let queue = Queue::new().expect("a queue");
    queue.put(&large()).expect("room");
    let _orphan = Process::new(|| {
        until("it may go on", || Path::new("go").exists());
        assert_eq!(queue.get().expect("the item"), large());
        put_and_get(&queue, &large());
        fs::write("done", "").expect("a place for a file");
    });
    let _orphan = _orphan.start().expect("a child");
    println!("ready");
    die();
}

/// A putter that waits for room in the pipe itself, for however long: what it has written is not taken for something
/// that nobody needs.
pub(crate) fn a_slow_putter_keeps_its_item() {
    let full = || {
        let queue = Queue::new().expect("a queue");
        while queue.try_put(&String::new()).is_ok() {}
        queue
    };
    for item in [json_of(1000), large()] {
        let queue = full();
        let putter = Process::new(|| queue.put(&item)).start().expect("a child");
        until_inside(&putter, libc::SYS_futex);
        send(&putter, Signal::SIGSTOP);
        while queue.try_get().is_ok() {}
        // So many that what is not needed is cleared away more than once.
        (0..200).for_each(|number| put_and_get(&queue, &format!("{number}{item}")));
        send(&putter, Signal::SIGCONT);
        assert_eq!(queue.get_timeout(millis(10_000)).expect("the item"), item);
        well_ended(&putter);
    }
    assert_eq!(items(), 0);
}

/// Processes killed while they put and get large items: their files do not pile up.
pub(crate) fn cleared_after_deaths() {
    let queue = Queue::bounded(5).expect("a queue");
    many_die(&queue, &large(), 50);
    // One half-written file a seat may be left, and what came since the last time.
    assert!(items() <= 4, "{} files", items());
}

/// Their slots are free again.
pub(crate) fn slots_after_deaths() {
    let queue = Queue::bounded(20).expect("a queue");
    many_die(&queue, &json_of(1000), 200);
    let before = if folder().exists() { items() } else { 0 };
    (0..8).for_each(|_| queue.put(&json_of(1000)).expect("room"));
    let after = if folder().exists() { items() } else { 0 };
    assert_eq!(before, after, "of the eight slots some are not free");
}

/// Processes die while they put and get such items; then so many are put that what they left is cleared away.
fn many_die(queue: &Queue<String>, item: &String, times: usize) {
    let mut dice = Dice(3);
    for _ in 0..times {
        let get = Process::new(|| -> () {
            loop {
                queue.get().map(drop).expect("an item")
            }
        });
        let put = Process::new(|| -> () {
            loop {
                queue.put(item).expect("room")
            }
        });
        let children = [get.start().expect("a child"), put.start().expect("a child")];
        dawdle(&mut dice);
        children.iter().for_each(kill_dead);
    }
    while queue.try_get().is_ok() {}
    for _ in 0..200 {
        put_and_get(queue, item);
    }
    is!(queue.get_timeout(millis(1)), Err(Error::Empty));
}
