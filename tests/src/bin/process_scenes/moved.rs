//! Values with a `Drop` that matters, moved into a closure or borrowed by it.

use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::process::id;

use checks::scenes::{Bell, note, notes};
use procession::{Error, Lock, Pipe};

use crate::borders::Told;
use crate::{in_a_child, shown, start};

/// A folder that goes with its owner, and notes who removes it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let path = std::env::temp_dir().join("scene");
        std::fs::create_dir(&path).expect("a folder of our own");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        match std::fs::remove_dir(&self.0) {
            Ok(()) => note(format_args!("removed by {}", id())),
            Err(e) => note(format_args!("{}: {e}", id())),
        }
    }
}

pub(crate) fn a_borrowed_folder() {
    let folder = Folder::new();
    in_a_child(|| assert!(folder.0.is_dir()));
    assert!(folder.0.is_dir());
    drop(folder);
    assert_eq!(notes(), [format!("removed by {}", id())]);
}

pub(crate) fn a_folder_moved_in_manually_drop() {
    let folder = ManuallyDrop::new(Folder::new());
    let child = start(move || {
        let folder = ManuallyDrop::into_inner(folder);
        assert!(folder.0.is_dir());
    });
    assert_eq!(shown(&child), "0");
    assert_eq!(notes(), [format!("removed by {}", child.pid())]);
}

pub(crate) fn a_moved_value_is_dropped_twice() {
    let value = Told("value");
    let go = Bell::new();
    let child = start(|| {
        let _moved = value;
        go.wait();
    });
    // The parent has dropped its copy before start returns.
    assert_eq!(notes(), [format!("value dropped in {}", id())]);
    go.ring();
    assert_eq!(shown(&child), "0");
    assert_eq!(notes(), [format!("value dropped in {}", child.pid())]);
}

pub(crate) fn a_moved_lock() {
    let lock = Lock::new().expect("a lock");
    let ours = lock.clone();
    let guard = ours.acquire().expect("a free lock");
    let (tried, go) = (Bell::new(), Bell::new());
    let child = start({
        let (tried, go) = (&tried, &go);
        move || {
            assert!(lock.try_acquire()?.is_none(), "the parent has it");
            tried.ring();
            go.wait();
            drop(lock.acquire()?);
            Ok::<(), Error>(())
        }
    });
    tried.wait();
    guard.release();
    go.ring();
    assert_eq!(shown(&child), "0");
    assert!(ours.try_acquire().expect("a lock").is_some());
}

pub(crate) fn a_moved_guard() {
    let lock = Lock::new().expect("a lock");
    let guard = lock.acquire().expect("a free lock");
    let (tried, go) = (Bell::new(), Bell::new());
    let child = start({
        let (lock, tried, go) = (&lock, &tried, &go);
        move || {
            go.wait();
            assert!(lock.try_acquire()?.is_none(), "the parent took it again");
            tried.ring();
            let own = lock.acquire()?;
            // A copy of the parent's guard: dropping it does nothing, not even to a lock that is held here.
            drop(guard);
            assert!(matches!(lock.acquire(), Err(Error::Reentrant)));
            in_a_child(|| assert!(lock.try_acquire().expect("a lock").is_none()));
            assert_eq!(format!("{lock:?}"), "<Lock(owner=Process-1)>");
            drop(own);
            Ok::<(), Error>(())
        }
    });
    let again = lock.try_acquire().expect("a lock").expect("moving the guard released it");
    assert!(!again.owner_died());
    go.ring();
    tried.wait();
    drop(again);
    assert_eq!(shown(&child), "0");
    assert!(!lock.acquire().expect("a free lock").owner_died());
}

pub(crate) fn a_borrowed_guard() {
    let lock = Lock::new().expect("a lock");
    let guard = lock.acquire().expect("a free lock");
    in_a_child(|| {
        let _borrowed = &guard;
        assert!(lock.try_acquire()?.is_none());
        Ok::<(), Error>(())
    });
    assert!(matches!(lock.acquire(), Err(Error::Reentrant)), "the parent still has it");
    drop(guard);
    in_a_child(|| {
        let guard = lock.try_acquire()?.expect("it is free");
        assert!(!guard.owner_died());
        Ok::<(), Error>(())
    });
}

pub(crate) fn moved_ends_of_a_pipe() {
    let Pipe { sender, receiver } = Pipe::<u32>::new().expect("a pipe");
    let child = start(move || {
        sender.send(&1)?;
        sender.send(&2)
    });
    assert_eq!((receiver.recv().ok(), receiver.recv().ok()), (Some(1), Some(2)));
    assert!(matches!(receiver.recv(), Err(Error::Eof)), "no copy of the sender is left in the parent");
    assert_eq!(shown(&child), "0");

    let Pipe { sender, receiver } = Pipe::<u32>::new().expect("a pipe");
    let child = start(move || match receiver.recv() {
        Err(Error::Eof) => Ok(()),
        other => Err(format!("{other:?}")),
    });
    drop(sender);
    assert_eq!(shown(&child), "0", "the child has no copy of the sender that stayed with the parent");
}

pub(crate) fn borrowed_ends_of_a_pipe() {
    let Pipe { sender, receiver } = Pipe::<u32>::new().expect("a pipe");
    in_a_child(|| assert!(matches!(sender.send(&1), Err(Error::NotMyEnd))));
    sender.send(&2).expect("the sender is still the parent's");
    assert_eq!(receiver.recv().ok(), Some(2));
}
