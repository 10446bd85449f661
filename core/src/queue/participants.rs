//! The processes that take part in a queue: what each is in the middle of, so that its death can be told from its being
//! slow.
//!
//! A participant has a *place*, a number, as long as it holds the record lock on the byte of that number. Such a lock is
//! not inherited, is kept while the process is stopped, and is gone with the process, zombie or not. So the kernel says who
//! lives, and a place whose owner is gone can be another's.

use std::fs::File;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use crate::error::Error;
use crate::queue::state::{Participant, Shared, State};
use crate::sys::lock;
use crate::sys::step::step;
use crate::sys::this_process::generation;

fn pack(lost: u32, in_hand: u32) -> u64 {
    u64::from(lost) << 32 | u64::from(in_hand)
}

fn unpack(tasks: u64) -> (u32, u32) {
    ((tasks >> 32) as u32, tasks as u32)
}

impl Participant {
    /// How many tasks former owners of this place have lost, and how many its owner has in hand.
    pub(crate) fn tasks(&self) -> (u32, u32) {
        unpack(self.tasks.load(SeqCst))
    }

    /// Notes that a task is done, and answers how many it had in hand, unless it had none.
    pub(crate) fn one_less(&self) -> Option<u32> {
        let less = |tasks| match unpack(tasks) {
            (_, 0) => None,
            (lost, in_hand) => Some(pack(lost, in_hand - 1)),
        };
        self.tasks.fetch_update(SeqCst, SeqCst, less).ok().map(|before| unpack(before).1)
    }

    /// Notes that there is one more task in its hands, which held so many.
    pub(crate) fn one_more(&self, in_hand: u32) {
        let (lost, _) = self.tasks();
        self.tasks.store(pack(lost, in_hand + 1), SeqCst);
    }

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

/// "The participant at this place, with so many tasks in hand, is about to take one of so many." One word, so that it is
/// there or is not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Intent {
    pub(crate) place: u32,
    pub(crate) in_hand: u32,
    /// The last nine bits of how many tasks waited: enough to see whether it is one less.
    pub(crate) waiting: u64,
}

impl Intent {
    const MASK: u64 = 0x1ff;

    pub(crate) fn pack(self) -> u64 {
        1 << 63 | u64::from(self.place) << 41 | (self.waiting & Intent::MASK) << 32 | u64::from(self.in_hand)
    }

    /// The one that is stored, if there is one.
    pub(crate) fn of(state: &State) -> Option<Intent> {
        let word = state.intent.load(SeqCst);
        let place = (word >> 41) as u32 & ((1 << 22) - 1);
        (word != 0).then_some(Intent { place, in_hand: word as u32, waiting: word >> 32 & Intent::MASK })
    }

    /// Whether the task was taken, now that so many wait.
    pub(crate) fn is_done(self, waiting: u64) -> bool {
        waiting & Intent::MASK != self.waiting
    }
}

/// This process's part in a queue.
pub(crate) struct Participation {
    pub(crate) shared: Arc<Shared>,
    /// The file whose bytes are locked.
    file: Arc<File>,
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
    participation: &'a Participation,
    pub(crate) place: u32,
}

/// How many places a newcomer looks at before it takes a new one.
const LOOKS: u32 = 8;

impl Participation {
    pub(crate) fn new(shared: Arc<Shared>, file: Arc<File>) -> Participation {
        Participation { shared, file, mine: Mutex::new(Mine::none()) }
    }

    fn at(&self, place: u32) -> &Participant {
        &self.shared.participants()[place as usize]
    }

    /// The place of this process, if it has one.
    pub(crate) fn known_place(&self) -> Option<u32> {
        let mine = lock(&self.mine);
        if mine.generation == generation() { mine.place } else { None }
    }

    /// The place of this process; takes one at the first call.
    pub(crate) fn place(&self) -> Result<u32, Error> {
        self.place_in(&mut lock(&self.mine))
    }

    fn place_in(&self, mine: &mut Mine) -> Result<u32, Error> {
        if mine.generation != generation() {
            *mine = Mine::none();
        }
        if let Some(place) = mine.place {
            return Ok(place);
        }
        let place = self.take_place()?;
        mine.place = Some(place);
        Ok(place)
    }

    /// Shows the others that this process is getting an item, until the answer is dropped.
    pub(crate) fn getting(&self) -> Result<Getting<'_>, Error> {
        let mut mine = lock(&self.mine);
        let place = self.place_in(&mut mine)?;
        if mine.getting == 0 {
            self.at(place).getting.store(self.shared.large_taken.load(SeqCst) + 1, SeqCst);
        }
        mine.getting += 1;
        Ok(Getting { participation: self, place })
    }

    /// Whether the owner of this place lives. The kernel shows no process its own locks.
    pub(crate) fn is_alive(&self, place: u32) -> Result<bool, Error> {
        if self.known_place() == Some(place) {
            return Ok(true);
        }
        let mut found = record_lock(place, libc::F_WRLCK);
        fcntl(&*self.file, FcntlArg::F_GETLK(&mut found)).map_err(Error::io("asking who uses a queue"))?;
        Ok(found.l_type != libc::F_UNLCK as i16)
    }

    /// Whether the process with this pid, which was at this place, is there no more.
    pub(crate) fn is_gone(&self, place: u32, pid: u32) -> Result<bool, Error> {
        Ok(!self.is_alive(place)? || self.at(place).pid.load(SeqCst) != pid)
    }

    /// Takes a place: one whose owner is gone, if there is one among the next few, or a new one. So the number of places soon
    /// is about twice that of the living processes, however many come and go.
    fn take_place(&self) -> Result<u32, Error> {
        let used = self.shared.places_used.load(SeqCst);
        for _ in 0..LOOKS.min(used) {
            let place = self.shared.next_look.fetch_add(1, SeqCst) % used;
            if self.try_place(place)? {
                return Ok(place);
            }
        }
        let most = self.shared.participants().len() as u32;
        loop {
            let more = |used| (used < most).then_some(used + 1);
            let Ok(place) = self.shared.places_used.fetch_update(SeqCst, SeqCst, more) else { break };
            if self.try_place(place)? {
                return Ok(place);
            }
        }
        for place in 0..most {
            if self.try_place(place)? {
                return Ok(place);
            }
        }
        Err(Error::io("taking part in a queue")(Errno::ENOMEM))
    }

    /// Takes this place, if nobody alive has it: the kernel gives it to one process only.
    fn try_place(&self, place: u32) -> Result<bool, Error> {
        let failed = |e| Error::io("taking part in a queue")(e);
        match fcntl(&*self.file, FcntlArg::F_SETLK(&record_lock(place, libc::F_WRLCK))) {
            Ok(_) => {}
            Err(Errno::EAGAIN | Errno::EACCES | Errno::EINTR) => return Ok(false),
            Err(e) => return Err(failed(e)),
        }
        if Intent::of(&self.shared).is_some_and(|open| open.place == place) {
            // Whoever settles it next will count at this place what its former owner took: it is not free before that.
            fcntl(&*self.file, FcntlArg::F_SETLK(&record_lock(place, libc::F_UNLCK))).map_err(failed)?;
            return Ok(false);
        }
        step!("place: taken");
        let participant = self.at(place);
        self.shared.mutex.abandon(place);
        participant.count_lost();
        step!("place: cleared");
        participant.getting.store(0, SeqCst);
        participant.pid.store(std::process::id(), SeqCst);
        Ok(true)
    }
}

impl Drop for Getting<'_> {
    fn drop(&mut self) {
        let mut mine = lock(&self.participation.mine);
        if mine.generation != generation() {
            // A fork behind our back, in the middle of get: the place is the parent's.
            return;
        }
        mine.getting -= 1;
        if mine.getting == 0 {
            self.participation.at(self.place).getting.store(0, SeqCst);
        }
    }
}

fn record_lock(place: u32, kind: i32) -> libc::flock {
    libc::flock {
        l_type: kind as i16,
        l_whence: libc::SEEK_SET as i16,
        l_start: place.into(),
        l_len: 1,
        l_pid: 0,
    }
}
