//! Locks on a path, between programs that are no relatives.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use checks::scenes::Bell;
use nix::libc;
use procession::{Error, FileLock};

use crate::exclusion::Counter;
use crate::in_a_child;

const PATH: &str = "tickets.lock";

/// This program, started anew: no relative, as far as the library knows.
fn stranger(args: &[&str]) -> Child {
    let mut command = Command::new("/proc/self/exe");
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("this program")
}

/// Waits until a program says a line.
fn says(child: &mut Child) -> String {
    let mut line = String::new();
    let stdout = child.stdout.as_mut().expect("a pipe");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    line
}

/// Holds the lock until stdin ends.
pub(crate) fn hold(path: &str) {
    let lock = FileLock::new(path);
    let _guard = lock.acquire().expect("the lock");
    println!("held");
    std::io::read_to_string(std::io::stdin()).expect("stdin");
}

/// Adds to a counter under the lock.
pub(crate) fn count(path: &str, times: u32) {
    let lock = FileLock::new(path);
    let counter = Counter(Path::new("counter"));
    for _ in 0..times {
        let _guard = lock.acquire().expect("the lock");
        counter.add();
    }
}

fn is_taken(lock: &FileLock) -> bool {
    lock.try_acquire().expect("a lock").is_none()
}

pub(crate) fn one_path_two_locks() {
    // Not even of one process: two objects on one path.
    let (one, two) = (FileLock::new(PATH), FileLock::new(Path::new(".").join(PATH)));
    let guard = one.acquire().expect("a free lock");
    assert!(is_taken(&two));
    assert!(two.acquire_timeout(Duration::from_millis(50)).expect("a lock").is_none());
    drop(guard);
    assert!(!is_taken(&two));
    // Unrelated programs.
    let mut holder = stranger(&["hold", PATH]);
    assert_eq!(says(&mut holder), "held\n");
    assert!(is_taken(&one) && is_taken(&two));
    in_a_child(|| assert!(is_taken(&one)));
    drop(holder.stdin.take());
    assert!(one.acquire_timeout(Duration::from_secs(20)).expect("a lock").is_some());
    assert!(holder.wait().expect("a program").success());
    let mut counters = [(); 3].map(|()| stranger(&["count", PATH, "300"]));
    for counter in &mut counters {
        assert!(counter.wait().expect("a program").success());
    }
    Counter(Path::new("counter")).is(900);
    fs::remove_file(PATH).expect("the lock's file");
}

pub(crate) fn a_missing_folder() {
    let lock = FileLock::new("missing/tickets.lock");
    for answer in [lock.acquire(), lock.try_acquire().map(|_| unreachable!())] {
        let Err(error) = answer else { panic!("there is no such folder") };
        let text = error.to_string();
        assert!(text.contains("missing/tickets.lock") && text.contains("No such file"), "{text}");
    }
    // When the folder is there, so is the lock.
    fs::create_dir("missing").expect("a folder of our own");
    drop(lock.acquire().expect("a free lock"));
    fs::remove_dir_all("missing").expect("a folder of our own");
}

pub(crate) fn a_file_that_may_only_be_read() {
    fs::write(PATH, "text of somebody else").expect("a file of our own");
    fs::set_permissions(PATH, fs::Permissions::from_mode(0o444)).expect("a file of our own");
    let lock = FileLock::new(PATH);
    let guard = lock.acquire().expect("a free lock");
    in_a_child(|| assert!(is_taken(&lock)));
    drop(guard);
    assert_eq!(fs::read_to_string(PATH).expect("a file of our own"), "text of somebody else");
    fs::remove_file(PATH).expect("a file of our own");
}

pub(crate) fn the_kernels_own_flock() {
    let lock = FileLock::new(PATH);
    let guard = lock.acquire().expect("a free lock");
    let file = File::open(PATH).expect("the lock's file");
    // SAFETY: flock takes two numbers.
    let flock = |operation| unsafe { libc::flock(file.as_raw_fd(), operation) };
    assert_eq!(flock(libc::LOCK_EX | libc::LOCK_NB), -1, "the library has it");
    drop(guard);
    assert_eq!(flock(libc::LOCK_EX | libc::LOCK_NB), 0);
    assert!(is_taken(&lock));
    assert_eq!(flock(libc::LOCK_UN), 0);
    // A shared one keeps the library out, too.
    assert_eq!(flock(libc::LOCK_SH), 0);
    assert!(is_taken(&lock));
    assert_eq!(flock(libc::LOCK_UN), 0);
    assert!(!is_taken(&lock));
    fs::remove_file(PATH).expect("the lock's file");
}

pub(crate) fn a_file_lock_reenters() {
    let lock = FileLock::new(PATH);
    let guard = lock.acquire().expect("a free lock");
    assert!(matches!(lock.acquire(), Err(Error::Reentrant)));
    assert!(matches!(lock.acquire_timeout(Duration::from_secs(20)), Err(Error::Reentrant)));
    assert!(is_taken(&lock) && is_taken(&lock.clone()));
    thread::scope(|scope| {
        scope.spawn(|| assert!(is_taken(&lock)));
    });
    in_a_child(|| {
        // SAFETY: the child's own copy, which is dropped once: the closure only borrows it.
        drop(unsafe { std::ptr::read(&guard) });
        assert!(is_taken(&lock));
    });
    assert!(matches!(lock.acquire(), Err(Error::Reentrant)));
    guard.release();
    drop(lock.acquire().expect("a free lock"));
    fs::remove_file(PATH).expect("the lock's file");
}

pub(crate) fn a_holder_of_a_path_is_killed() {
    let lock = FileLock::new(PATH);
    let mut holder = stranger(&["hold", PATH]);
    assert_eq!(says(&mut holder), "held\n");
    holder.kill().expect("our child");
    assert!(lock.acquire_timeout(Duration::from_secs(20)).expect("a lock").is_some());
    holder.wait().expect("a program");
    // A relative that has a child of its own.
    let (born, go) = (Bell::new(), Bell::new());
    let holder = crate::start(|| {
        let _guard = lock.acquire().expect("a free lock");
        let _child = crate::start(|| {
            born.ring();
            go.wait();
            born.ring();
        });
        born.wait();
        std::process::abort()
    } as ());
    assert_eq!(crate::shown(&holder), "-SIGABRT");
    assert!(!is_taken(&lock), "it is free at once");
    go.ring();
    born.wait();
    fs::remove_file(PATH).expect("the lock's file");
}

pub(crate) fn the_file_stays() {
    let lock = FileLock::new(PATH);
    assert!(!Path::new(PATH).exists(), "nothing is made before the first acquire");
    drop(lock.acquire().expect("a free lock"));
    assert_eq!(fs::metadata(PATH).expect("it stays").len(), 0);
    let mut file = File::options().append(true).open(PATH).expect("it may be written to");
    file.write_all(b"text").expect("it may be written to");
    drop(lock.acquire().expect("a free lock"));
    assert_eq!(fs::read_to_string(PATH).expect("it stays"), "text", "the lock does not touch the text");
    fs::remove_file(PATH).expect("the lock's file");
}
