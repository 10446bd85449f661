//! The processes that take part in a queue: what each is in the middle of, so that its death can be told from its being
//! slow.
//!
//! A participant has a *place*, a number, as long as it holds the record lock on the byte of that number. Such a lock is
//! not inherited, is kept while the process is stopped, and is gone with the process, zombie or not. So the kernel says who
//! lives, and a place whose owner is gone can be another's.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use crate::error::Error;
use crate::queue::channel::Channel;
use crate::queue::joinable::Intent;
use crate::sys::fork::{generation, lock};
use crate::sys::step::step;

/// What a participant shows to the others.
#[repr(C)]
pub(crate) struct Participant {
    pub(crate) pid: AtomicU32,
    /// The pid of the last one who died at this place with tasks in hand.
    pub(crate) victim: AtomicU32,
    /// Two numbers in one word, so that they change together: tasks lost by former owners of this place, and tasks in
    /// the hands of the present one. See [`pack`].
    pub(crate) tasks: AtomicU64,
    /// 0, or one more than the highest number of a large item taken when it began to get an item.
    pub(crate) getting: AtomicU64,
}

pub(crate) fn pack(lost: u32, in_hand: u32) -> u64 {
    u64::from(lost) << 32 | u64::from(in_hand)
}

/// The tasks lost, and those in hand.
pub(crate) fn unpack(tasks: u64) -> (u32, u32) {
    ((tasks >> 32) as u32, tasks as u32)
}

impl Participant {
    /// Counts the tasks that the dead owner of this place had in hand as lost, if nobody else has.
    pub(crate) fn count_lost(&self) {
        // The pid first: a new owner does this before it writes down its own, so a task that is still there is this one's.
        let pid = self.pid.load(SeqCst);
        let tasks = self.tasks.load(SeqCst);
        let (lost, in_hand) = unpack(tasks);
        if in_hand > 0 {
            self.victim.store(pid, SeqCst);
            // One store for both numbers. It fails only if another process has just done the same.
            let _ = self.tasks.compare_exchange(tasks, pack(lost.saturating_add(in_hand), 0), SeqCst, SeqCst);
        }
    }
}

/// This process's part in a queue.
pub(crate) struct Participation {
    mine: Mutex<Mine>,
}

struct Mine {
    generation: u64,
    place: Option<u32>,
    /// How many threads are getting an item just now.
    getting: usize,
}

impl Mine {
    fn none() -> Mine {
        Mine { generation: generation(), place: None, getting: 0 }
    }
}

/// Shows the others that this process is getting an item; dropped when it has it whole.
pub(crate) struct Getting<'a> {
    channel: &'a Channel,
    pub(crate) place: u32,
}

/// How many places a newcomer looks at before it takes a fresh one.
const LOOKS: u32 = 8;

impl Participation {
    pub(crate) fn new() -> Participation {
        Participation { mine: Mutex::new(Mine::none()) }
    }

    /// The place of this process, if it has one.
    pub(crate) fn known(&self) -> Option<u32> {
        let mine = lock(&self.mine);
        if mine.generation == generation() { mine.place } else { None }
    }

    /// The place of this process; takes one at the first call.
    pub(crate) fn place(&self, of: &Channel) -> Result<u32, Error> {
        self.placed(&mut lock(&self.mine), of)
    }

    fn placed(&self, mine: &mut Mine, of: &Channel) -> Result<u32, Error> {
        if mine.generation != generation() {
            *mine = Mine::none();
        }
        if let Some(place) = mine.place {
            return Ok(place);
        }
        let place = take_place(of)?;
        mine.place = Some(place);
        Ok(place)
    }

    pub(crate) fn getting<'a>(&'a self, of: &'a Channel) -> Result<Getting<'a>, Error> {
        let mut mine = lock(&self.mine);
        let place = self.placed(&mut mine, of)?;
        if mine.getting == 0 {
            let taken = of.shared.large_taken.load(SeqCst);
            of.shared.participants()[place as usize].getting.store(taken + 1, SeqCst);
        }
        mine.getting += 1;
        Ok(Getting { channel: of, place })
    }

    /// Whether the owner of this place lives. The kernel shows no process its own locks.
    pub(crate) fn is_alive(&self, of: &Channel, place: u32) -> Result<bool, Error> {
        if self.known() == Some(place) {
            return Ok(true);
        }
        let mut found = byte(place, libc::F_WRLCK);
        fcntl(of.records.file(), FcntlArg::F_GETLK(&mut found))
            .map_err(Error::io("asking who uses a queue"))?;
        Ok(found.l_type != libc::F_UNLCK as i16)
    }

    /// Whether the process with this pid, which was at this place, is there no more.
    pub(crate) fn is_gone(&self, of: &Channel, place: u32, pid: u32) -> Result<bool, Error> {
        Ok(!self.is_alive(of, place)? || of.shared.participants()[place as usize].pid.load(SeqCst) != pid)
    }
}

impl Drop for Getting<'_> {
    fn drop(&mut self) {
        let mut mine = lock(&self.channel.participation.mine);
        if mine.generation != generation() {
            // A fork behind our back, in the middle of get: the place is the parent's.
            return;
        }
        mine.getting -= 1;
        if mine.getting == 0 {
            self.channel.shared.participants()[self.place as usize].getting.store(0, SeqCst);
        }
    }
}

fn byte(place: u32, lock: i32) -> libc::flock {
    libc::flock {
        l_type: lock as i16,
        l_whence: libc::SEEK_SET as i16,
        l_start: place.into(),
        l_len: 1,
        l_pid: 0,
    }
}

/// Takes a place: one whose owner is gone, if there is one among the next few, or a fresh one. So there are soon as many
/// places as twice the processes that live, however many come and go.
fn take_place(of: &Channel) -> Result<u32, Error> {
    let used = of.shared.fresh.load(SeqCst);
    for _ in 0..LOOKS.min(used) {
        let place = of.shared.hand.fetch_add(1, SeqCst) % used;
        if try_place(of, place)? {
            return Ok(place);
        }
    }
    let most = of.shared.participants().len() as u32;
    loop {
        let more = |fresh| (fresh < most).then_some(fresh + 1);
        let Ok(place) = of.shared.fresh.fetch_update(SeqCst, SeqCst, more) else { break };
        if try_place(of, place)? {
            return Ok(place);
        }
    }
    for place in 0..most {
        if try_place(of, place)? {
            return Ok(place);
        }
    }
    Err(Error::io("taking part in a queue")(Errno::ENOMEM))
}

/// Takes this place, if nobody alive has it: the kernel gives it to one process only.
fn try_place(of: &Channel, place: u32) -> Result<bool, Error> {
    let failed = |e| Error::io("taking part in a queue")(e);
    match fcntl(of.records.file(), FcntlArg::F_SETLK(&byte(place, libc::F_WRLCK))) {
        Ok(_) => {}
        Err(Errno::EAGAIN | Errno::EACCES | Errno::EINTR) => return Ok(false),
        Err(e) => return Err(failed(e)),
    }
    if Intent::of(&of.shared).is_some_and(|open| open.place == place) {
        // Whoever settles it next will count at this place what its former owner took: it is not free before that.
        fcntl(of.records.file(), FcntlArg::F_SETLK(&byte(place, libc::F_UNLCK))).map_err(failed)?;
        return Ok(false);
    }
    step!("place: taken");
    let participant = &of.shared.participants()[place as usize];
    of.shared.mutex.abandon(place);
    participant.count_lost();
    step!("place: cleared");
    participant.getting.store(0, SeqCst);
    participant.pid.store(std::process::id(), SeqCst);
    Ok(true)
}
