//! What the path of a lock can turn out to be, and file systems that have their own ideas.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use checks::scenes::PATIENCE;
use nix::errno::Errno;
use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::stat::{Mode, umask};
use nix::unistd::mkfifo;
use procession::{FileLock, Lock};

use crate::in_a_child;

const PATH: &str = "tickets.lock";

/// It keeps out another process, and is free afterwards.
#[track_caller]
fn is_a_lock(path: impl AsRef<Path>) {
    let lock = FileLock::new(&path);
    let guard = lock.acquire_timeout(PATIENCE).expect("a lock").expect("it is free");
    let same = FileLock::new(&path);
    in_a_child(|| {
        assert!(same.try_acquire().expect("a lock").is_none(), "the parent has it");
        assert!(lock.try_acquire().expect("a lock").is_none(), "the parent has it");
    });
    drop(guard);
    in_a_child(|| assert!(same.try_acquire().expect("a lock").is_some(), "it is free"));
}

/// It is refused with a text that has the path, quoted so that it is one line, and these words.
#[track_caller]
fn is_refused(path: impl AsRef<Path>, words: &str) {
    let lock = FileLock::new(&path);
    for answer in [lock.acquire(), lock.acquire_timeout(Duration::ZERO).map(|_| unreachable!())] {
        let error = answer.expect_err("it cannot be locked").to_string();
        let name = path.as_ref().file_name().unwrap_or_default();
        let name = format!("{name:?}");
        assert!(error.contains(name.trim_matches('"')) && error.contains(words), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

pub(crate) fn a_named_pipe() {
    mkfifo(PATH, Mode::S_IRUSR | Mode::S_IWUSR).expect("a pipe");
    is_a_lock(PATH);
    fs::set_permissions(PATH, Permissions::from_mode(0o444)).expect("a pipe of our own");
    is_a_lock(PATH);
    fs::remove_file(PATH).expect("a pipe of our own");
}

pub(crate) fn a_folder() {
    fs::create_dir("folder").expect("a folder");
    is_a_lock("folder");
    is_a_lock("folder/");
    is_a_lock(".");
    fs::remove_dir("folder").expect("a folder of our own");
    is_refused("folder/", "directory");
}

pub(crate) fn links() {
    // A link to nothing: the file is made where it points.
    symlink("target.lock", PATH).expect("a link");
    is_a_lock(PATH);
    assert!(fs::metadata("target.lock").is_ok_and(|target| target.len() == 0));
    // The link and its target are one lock.
    let lock = FileLock::new(PATH);
    let guard = lock.acquire().expect("a free lock");
    assert!(FileLock::new("target.lock").try_acquire().expect("a lock").is_none());
    drop(guard);
    fs::remove_file(PATH).expect("a link of our own");
    fs::remove_file("target.lock").expect("a file of our own");
    symlink(PATH, PATH).expect("a link");
    is_refused(PATH, "os error 40"); // ELOOP, in the words of the C library
    fs::remove_file(PATH).expect("a link of our own");
    symlink("missing/target.lock", PATH).expect("a link");
    is_refused(PATH, "No such file");
    fs::remove_file(PATH).expect("a link of our own");
}

pub(crate) fn devices() {
    is_a_lock("/dev/null");
    is_a_lock("/dev/full");
}

pub(crate) fn a_socket() {
    let socket = UnixListener::bind(PATH).expect("a socket");
    is_refused(PATH, "No such device or address");
    drop(socket);
    fs::remove_file(PATH).expect("a socket of our own");
}

pub(crate) fn a_program_that_runs() {
    is_a_lock("/proc/self/exe");
    // Nor does the lock keep anybody from running a program.
    fs::copy("/bin/true", "program").expect("a program");
    let lock = FileLock::new("program");
    let guard = lock.acquire().expect("a free lock");
    assert!(Command::new("./program").status().expect("it can be run").success());
    drop(guard);
    fs::remove_file("program").expect("a program of our own");
}

pub(crate) fn strange_names() {
    for name in [&b"not \xff utf-8"[..], b"two\nlines", b" ", b"-", b"'\""] {
        let name = OsStr::from_bytes(name);
        is_a_lock(name);
        fs::remove_file(name).expect("a file of our own");
        is_refused(Path::new("missing").join(name), "No such file");
    }
    is_refused("n".repeat(300), "too long");
    let deep: PathBuf = (0..3000).map(|_| "nn").collect();
    is_refused(deep, "too long");
    is_refused("zero\0byte", "NUL");
    is_refused("", "No such file");
    fs::write("file", "").expect("a file");
    is_refused("file/tickets.lock", "Not a directory");
    fs::remove_file("file").expect("a file of our own");
}

pub(crate) fn no_file_may_grow() {
    setrlimit(Resource::RLIMIT_FSIZE, 0, 0).expect("one may lower it");
    is_a_lock(PATH);
    fs::remove_file(PATH).expect("a file of our own");
    let lock = Lock::new().expect("a lock");
    let guard = lock.acquire().expect("a free lock");
    in_a_child(|| assert!(lock.try_acquire().is_ok_and(|guard| guard.is_none()), "the parent has it"));
    drop(guard);
}

pub(crate) fn the_folder_is_gone() {
    let before = std::env::current_dir().expect("a folder");
    fs::create_dir("gone").expect("a folder");
    std::env::set_current_dir("gone").expect("a folder of our own");
    let made_before = FileLock::new(before.join(PATH));
    fs::remove_dir(before.join("gone")).expect("a folder of our own");
    is_refused(PATH, "No such file");
    drop(made_before.acquire().expect("a free lock"));
    in_a_child(|| ());
    let lock = Lock::new().expect("a lock");
    in_a_child(|| drop(lock.acquire().expect("a free lock")));
    fs::remove_file(before.join(PATH)).expect("a file of our own");
}

pub(crate) fn the_folder_is_another() {
    let lock = FileLock::new(PATH);
    let guard = lock.acquire().expect("a free lock");
    fs::create_dir("other").expect("a folder");
    in_a_child(|| {
        std::env::set_current_dir("other").expect("a folder");
        assert!(lock.try_acquire().expect("a lock").is_none(), "the parent has it, wherever this process is");
        assert!(!Path::new(PATH).exists());
    });
    drop(guard);
    fs::remove_dir("other").expect("a folder of our own");
    fs::remove_file(PATH).expect("a file of our own");
}

/// With a umask that takes the owner's own rights, whoever made the file has it open, and others are told.
pub(crate) fn the_umask_forbids() {
    umask(Mode::from_bits_retain(0o777));
    let lock = FileLock::new(PATH);
    drop(lock.acquire().expect("a free lock"));
    drop(lock.acquire().expect("a free lock"));
    assert_eq!(fs::metadata(PATH).expect("a file of our own").mode() & 0o777, 0, "the umask's rights");
    let in_child = || match lock.acquire() {
        Ok(_) => assert!(nix::unistd::geteuid().is_root(), "only root may open it"),
        Err(error) => assert!(error.to_string().contains("Permission denied"), "{error}"),
    };
    in_a_child(in_child);
    fs::remove_file(PATH).expect("a file of our own");
    // What has no name is nobody's business.
    let lock = Lock::new().expect("a lock");
    in_a_child(|| drop(lock.acquire().expect("a free lock")));
}

/// What the file system makes of `flock`.
static FILE_SYSTEM: AtomicU8 = AtomicU8::new(LOCAL);
const LOCAL: u8 = 0;
const NFS: u8 = 1;
const WITHOUT_LOCKS: u8 = 2;

/// Stands before the C library's, for the library calls it by name. On NFS the kernel makes a lock of the whole file out of
/// it, which only those get who may write (flock(2), "NFS details").
#[unsafe(no_mangle)]
extern "C" fn flock(file: RawFd, operation: i32) -> i32 {
    let exclusive = operation & libc::LOCK_EX != 0;
    // SAFETY: both calls take numbers.
    let answer = unsafe {
        let flags = libc::fcntl(file, libc::F_GETFL);
        match FILE_SYSTEM.load(Ordering::Relaxed) {
            NFS if exclusive && flags & libc::O_ACCMODE == libc::O_RDONLY => -i64::from(libc::EBADF),
            WITHOUT_LOCKS => -i64::from(libc::ENOLCK),
            _ => return libc::syscall(libc::SYS_flock, file, operation) as i32,
        }
    };
    Errno::set_raw(-answer as i32);
    -1
}

pub(crate) fn locks_only_for_writers() {
    FILE_SYSTEM.store(NFS, Ordering::Relaxed);
    let read_only = File::open("/dev/null").expect("a device");
    // SAFETY: flock takes two numbers.
    assert_eq!(unsafe { libc::flock(read_only.as_raw_fd(), libc::LOCK_EX) }, -1, "it is as on NFS");
    // A file that is made, one that is there, and again with what is open.
    is_a_lock(PATH);
    is_a_lock(PATH);
    fs::write(PATH, "text").expect("a file of our own");
    let lock = FileLock::new(PATH);
    for _ in 0..3 {
        drop(lock.acquire().expect("a free lock"));
        drop(lock.try_acquire().expect("a lock").expect("it is free"));
        drop(lock.acquire_timeout(PATIENCE).expect("a lock").expect("it is free"));
    }
    assert_eq!(fs::read_to_string(PATH).expect("a file of our own"), "text");
    // No descriptor is left over.
    let before = checks::scenes::descriptors().len();
    let again = FileLock::new(PATH);
    drop(again.acquire().expect("a free lock"));
    drop(again);
    assert_eq!(checks::scenes::descriptors().len(), before);
    // Where nobody may write, there is no lock, and the error says what it would take.
    if !nix::unistd::geteuid().is_root() {
        fs::set_permissions(PATH, Permissions::from_mode(0o444)).expect("a file of our own");
        is_refused(PATH, "to write");
    }
    fs::remove_file(PATH).expect("a file of our own");
    fs::create_dir(PATH).expect("a folder");
    is_refused(PATH, "to write");
    fs::remove_dir(PATH).expect("a folder of our own");
    is_anonymous_lock();
}

fn is_anonymous_lock() {
    let lock = Lock::new().expect("a lock");
    let guard = lock.acquire().expect("a free lock");
    in_a_child(|| assert!(lock.try_acquire().is_ok_and(|guard| guard.is_none()), "the parent has it"));
    drop(guard);
}

pub(crate) fn no_locks_at_all() {
    FILE_SYSTEM.store(WITHOUT_LOCKS, Ordering::Relaxed);
    is_refused(PATH, "No locks available");
    fs::remove_file(PATH).expect("a file of our own");
}

pub(crate) fn a_file_that_only_the_owner_reads() {
    fs::write(PATH, "").expect("a file");
    fs::set_permissions(PATH, Permissions::from_mode(0o200)).expect("a file of our own");
    if nix::unistd::geteuid().is_root() {
        is_a_lock(PATH);
    } else {
        is_refused(PATH, "Permission denied");
    }
    fs::remove_file(PATH).expect("a file of our own");
}
