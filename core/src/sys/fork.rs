//! What a fork does to descriptors, and what is done about it.
//!
//! A child inherits a copy of every descriptor. For two kinds that is a trap: the copy of a lock's descriptor
//! keeps the lock taken after its holder was killed, and the copy of a pipe's end hides the end of file. Both
//! kinds are [`Private`] here: they belong to one process, and a child gives up its copies first thing, except
//! the ends of pipes that were moved into its closure.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use nix::sys::socket::{MsgFlags, send};

use crate::sys::this_process::generation;
use crate::sys::{self, lock};

/// A descriptor that belongs to one process.
#[derive(Debug)]
pub(crate) struct Private {
    id: u64,
    kind: Kind,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    file: Option<File>,
    generation: u64,
}

/// Why a descriptor is private.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// It carries a lock: never for a child, which opens its own.
    Lock,
    /// It is an end of a pipe: for the child into whose closure it was moved.
    End,
}

static ALL: Mutex<Vec<Weak<Private>>> = Mutex::new(Vec::new());
static NEXT_ID: AtomicU64 = AtomicU64::new(0);

/// While `start` drops the parent's copy of a closure: the ends that were in it.
static MOVED: Mutex<Option<Vec<u64>>> = Mutex::new(None);

impl Private {
    pub(crate) fn new(kind: Kind, file: Option<File>) -> Arc<Private> {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let held = Mutex::new(Held { file, generation: generation() });
        let private = Arc::new(Private { id, kind, held });
        let mut all = lock(&ALL);
        all.retain(|one| one.strong_count() > 0);
        all.push(Arc::downgrade(&private));
        private
    }

    /// Runs `work` on this process's descriptor, or on none if the process has none.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut Option<File>) -> R) -> R {
        let mut held = lock(&self.held);
        if held.generation != generation() {
            // A fork that was not ours: the descriptor is the parent's.
            *held = Held { file: None, generation: generation() };
        }
        work(&mut held.file)
    }

    fn give_up(&self) {
        lock(&self.held).file = None;
    }

    fn adopt(&self) {
        lock(&self.held).generation = generation();
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        if let Some(moved) = lock(&MOVED).as_mut() {
            moved.push(self.id);
        }
    }
}

/// The open descriptors of a kind.
fn all(kind: Kind) -> Vec<Arc<Private>> {
    let open = |one: &Arc<Private>| one.kind == kind && lock(&one.held).file.is_some();
    lock(&ALL).iter().filter_map(Weak::upgrade).filter(open).collect()
}

/// Tells the child which ends of pipes were moved to it. Made before the fork, and only if there are ends. Sockets, not a
/// pipe: to write to a child that was killed meanwhile must not be a SIGPIPE, which ends a program that does not ignore it.
pub(crate) struct Handover {
    tell: UnixStream,
    hear: UnixStream,
}

impl Handover {
    pub(crate) fn prepare() -> std::io::Result<Option<Handover>> {
        if all(Kind::End).is_empty() {
            return Ok(None);
        }
        UnixStream::pair().map(|(tell, hear)| Some(Handover { tell, hear }))
    }
}

/// In the parent, after the fork: drops its copy of what was moved to the child, and tells the child.
pub(crate) fn hand_over<T>(moved: T, handover: Option<Handover>) {
    let Some(Handover { tell, hear }) = handover else { return drop(moved) };
    drop(hear);
    // What is dropped may start a process itself, and then comes by here again.
    let outer = lock(&MOVED).replace(Vec::new());
    drop(moved);
    let ends = std::mem::replace(&mut *lock(&MOVED), outer).unwrap_or_default();
    let mut message = vec![ends.len() as u64];
    message.extend(ends);
    let bytes: Vec<u8> = message.iter().flat_map(|n| n.to_ne_bytes()).collect();
    let mut rest = bytes.as_slice();
    // A child that is dead already does not listen, and need not.
    while let Ok(sent @ 1..) = sys::retry(|| Ok(send(tell.as_raw_fd(), rest, MsgFlags::MSG_NOSIGNAL)?)) {
        rest = &rest[sent..];
    }
}

/// In the child, first thing: gives up what belongs to the parent.
pub(crate) fn receive(handover: Option<Handover>) {
    for one in all(Kind::Lock) {
        one.give_up();
    }
    let Some(Handover { tell, mut hear }) = handover else { return };
    drop(tell);
    // Not up to the end of file: a process that was started meanwhile, by a drop, has a copy of the other end.
    let mut number = || {
        let mut bytes = [0; 8];
        hear.read_exact(&mut bytes).map(|()| u64::from_ne_bytes(bytes))
    };
    let moved: std::io::Result<Vec<u64>> = number().and_then(|count| (0..count).map(|_| number()).collect());
    // Without a whole message the parent died in between: better to keep an end too many than to lose one.
    let moved = moved.ok();
    for end in all(Kind::End) {
        match moved {
            Some(ref moved) if !moved.contains(&end.id) => end.give_up(),
            _ => end.adopt(),
        }
    }
}
