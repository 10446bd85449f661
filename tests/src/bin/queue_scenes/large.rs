//! Large items, and the folder in which they lie.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use checks::scenes::{Bell, until};
use nix::libc;
use nix::sys::signal::Signal;
use nix::sys::stat::{Mode, umask};
use procession::{Error, Process, Queue};

use crate::common::{Dice, dawdle, die, kill_dead, millis, send, until_inside, well_ended};
use crate::is;

pub(crate) fn large() -> String {
    "L".repeat(100_000)
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

/// Small items leave no trace on the disk.
pub(crate) fn no_folder_for_small_items() {
    let queue = Queue::new().expect("a queue");
    queue.put(&crate::common::json_of(252)).expect("room");
    queue.get().expect("an item");
    assert!(!folder().exists());
    queue.put(&crate::common::json_of(253)).expect("room");
    assert_eq!(items(), 1);
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

/// A putter that waits for room in the pipe itself, for however long: its file is not taken for one that nobody needs.
pub(crate) fn a_slow_putter_keeps_its_file() {
    let queue = Queue::new().expect("a queue");
    let mut count = 0;
    while queue.try_put(&String::new()).is_ok() {
        count += 1;
    }
    let putter = Process::new(|| queue.put(&large())).start().expect("a child");
    until_inside(&putter, libc::SYS_futex);
    send(&putter, Signal::SIGSTOP);
    (0..count).for_each(|_| drop(queue.get().expect("an item")));
    // So many that files are cleared away more than once.
    (0..200).for_each(|_| put_and_get(&queue, &large()));
    send(&putter, Signal::SIGCONT);
    assert_eq!(queue.get_timeout(millis(10_000)).expect("the item"), large());
    well_ended(&putter);
    assert_eq!(items(), 0);
}

/// Processes killed while they put and get large items: their files do not pile up.
pub(crate) fn cleared_after_deaths() {
    let queue = Queue::<String>::bounded(5).expect("a queue");
    let large = || "x".repeat(1000);
    let mut dice = Dice(3);
    for _ in 0..100 {
        let get = Process::new(|| -> () {
            loop {
                queue.get().map(drop).expect("an item")
            }
        });
        let put = Process::new(|| -> () {
            loop {
                queue.put(&large()).expect("room")
            }
        });
        let children = [get.start().expect("a child"), put.start().expect("a child")];
        dawdle(&mut dice);
        children.iter().for_each(kill_dead);
    }
    while queue.try_get().is_ok() {}
    // Every so many large items what is left is cleared away.
    for _ in 0..200 {
        put_and_get(&queue, &large());
    }
    let left = items();
    // One half-written file a seat may be left, and what came since the last time.
    assert!(left <= 4, "{left} files");
    is!(queue.get_timeout(millis(1)), Err(Error::Empty));
}
