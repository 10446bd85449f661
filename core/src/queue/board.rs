//! What the processes that use one queue tell each other, in shared memory.
//!
//! Nothing here says how many items there are: that is read off the pipe. It says who is at work, so that the
//! death of one can be told from its being slow.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use crate::error::Error;
use crate::pipe::records::Record;
use crate::queue::gate::Gate;
use crate::queue::slots::Slots;
use crate::sys;
use crate::sys::fork::{generation, lock};
use crate::sys::shared::{Shareable, Shared};
use crate::sys::step::step;

/// How many processes may take from a queue, or put large items into it, at the same time.
pub(crate) const SEATS: usize = 1024;

/// The shared memory.
#[repr(C)]
pub(crate) struct Board {
    /// Who passes it may put, and take tasks.
    pub(crate) gate: Gate,
    /// Rung when there is room again.
    pub(crate) room: Bell,
    /// Rung when there is an item (by a joinable queue; a plain one waits in the pipe itself).
    pub(crate) item: Bell,
    /// Rung when a task is done.
    pub(crate) done: Bell,
    /// What the one inside is about to take: an [`Intent`], or 0.
    pub(crate) intent: AtomicU64,
    /// The number of the last large item put, and the highest one taken.
    pub(crate) large_put: AtomicU64,
    pub(crate) large_taken: AtomicU64,
    /// Whose the slots for large items are, which lie behind the board.
    pub(crate) slots: Slots,
    pub(crate) seats: [Seat; SEATS],
}

/// One process. Its seat is its own as long as it holds the record lock on the byte of that number: such a lock
/// is not inherited, is kept while the process is stopped, and is gone with the process, zombie or not.
#[repr(C)]
pub(crate) struct Seat {
    pub(crate) pid: AtomicU32,
    /// The pid of the last one who died here with tasks in its hands.
    pub(crate) victim: AtomicU32,
    /// Two numbers in one word, so that they change together: tasks lost by former holders of this seat, and
    /// tasks in the hands of the present one.
    pub(crate) tasks: AtomicU64,
    /// 0, or one more than `large_taken` was when the process began to get an item.
    pub(crate) getting: AtomicU64,
}

// SAFETY: atomics, and arrays and structs of them.
unsafe impl Shareable for Board {}

pub(crate) fn pack(lost: u32, held: u32) -> u64 {
    u64::from(lost) << 32 | u64::from(held)
}

pub(crate) fn unpack(tasks: u64) -> (u32, u32) {
    ((tasks >> 32) as u32, tasks as u32)
}

/// "The process on this seat, with so many tasks in its hands, is about to take one of so many." One word, so
/// that it is there or is not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Intent {
    pub(crate) seat: usize,
    pub(crate) held: u32,
    pub(crate) there: usize,
}

impl Intent {
    pub(crate) fn pack(self) -> u64 {
        1 << 63 | (self.seat as u64) << 48 | (self.there as u64) << 32 | u64::from(self.held)
    }

    /// 0 is no intent.
    pub(crate) fn unpack(word: u64) -> Option<Intent> {
        let seat = (word >> 48) as usize & 0x7fff;
        (word != 0).then_some(Intent { seat, there: (word >> 32) as usize & 0xffff, held: word as u32 })
    }
}

/// A bell that one process sleeps by and others ring. A ring can get lost when a sleeper dies with it, so nobody
/// sleeps longer than a tick without looking for himself.
#[repr(C)]
pub(crate) struct Bell {
    rings: AtomicU32,
    asleep: AtomicU32,
}

impl Bell {
    /// Says that somebody is about to sleep. Look once more after this, then `sleep`.
    pub(crate) fn set(&self) -> u32 {
        self.asleep.store(1, SeqCst);
        self.rings.load(SeqCst)
    }

    /// Sleeps until it rings, unless it has rung since `set`.
    pub(crate) fn sleep(&self, set: u32, nap: Duration) {
        sys::futex_wait(&self.rings, set, nap);
    }

    pub(crate) fn somebody_sleeps(&self) -> bool {
        self.asleep.load(SeqCst) != 0
    }

    /// Wakes at most that many. Costs nothing but a look when nobody sleeps.
    pub(crate) fn ring(&self, sleepers: i32) {
        if self.somebody_sleeps() {
            self.rings.fetch_add(1, SeqCst);
            if sys::futex_wake(&self.rings, sleepers) == 0 {
                self.asleep.store(0, SeqCst);
            }
        }
    }
}

/// This process's place at the board.
pub(crate) struct Member {
    mine: Mutex<Mine>,
}

struct Mine {
    generation: u64,
    seat: Option<usize>,
    /// How many threads are getting an item just now, and how many items could not be fetched yet.
    getting: usize,
    /// These.
    late: Vec<Record>,
}

/// Shows the others that this process is getting an item; dropped when it has it whole.
pub(crate) struct Getting<'a> {
    board: &'a Board,
    member: &'a Member,
    seat: usize,
}

impl Member {
    pub(crate) fn new() -> Member {
        Member {
            mine: Mutex::new(Mine { generation: generation(), seat: None, getting: 0, late: Vec::new() }),
        }
    }

    /// The number of this process's seat, if it has one.
    pub(crate) fn seated(&self) -> Option<usize> {
        let mine = lock(&self.mine);
        if mine.generation == generation() { mine.seat } else { None }
    }

    /// The number of this process's seat; takes one at the first call.
    pub(crate) fn seat(&self, board: &Shared<Board>) -> Result<usize, Error> {
        self.at(&mut lock(&self.mine), board)
    }

    fn at(&self, mine: &mut Mine, board: &Shared<Board>) -> Result<usize, Error> {
        if mine.generation != generation() {
            *mine = Mine { generation: generation(), seat: None, getting: 0, late: Vec::new() };
        }
        match mine.seat {
            Some(seat) => Ok(seat),
            None => {
                let seat = claim(board)?;
                mine.seat = Some(seat);
                Ok(seat)
            }
        }
    }

    pub(crate) fn getting<'a>(&'a self, board: &'a Shared<Board>) -> Result<Getting<'a>, Error> {
        let mut mine = lock(&self.mine);
        let seat = self.at(&mut mine, board)?;
        if mine.getting == 0 {
            board.seats[seat].getting.store(board.large_taken.load(SeqCst) + 1, SeqCst);
        }
        mine.getting += 1;
        Ok(Getting { board, member: self, seat })
    }

    /// Keeps an item that could not be fetched for the next try. Until then this process is seen to be getting it.
    pub(crate) fn put_off(&self, record: Record, getting: Getting<'_>) {
        std::mem::forget(getting);
        lock(&self.mine).late.push(record);
    }

    /// The first of the items that were put off, if there are any.
    pub(crate) fn resume<'a>(&'a self, board: &'a Board) -> Option<(Record, Getting<'a>)> {
        let mut mine = lock(&self.mine);
        let seat = mine.seat.filter(|_| mine.generation == generation() && !mine.late.is_empty())?;
        Some((mine.late.remove(0), Getting { board, member: self, seat }))
    }

    /// Whether the process on this seat lives. The kernel shows nobody his own locks.
    pub(crate) fn is_alive(&self, board: &Shared<Board>, seat: usize) -> Result<bool, Error> {
        if self.seated() == Some(seat) {
            return Ok(true);
        }
        let mut found = byte(seat, libc::F_WRLCK);
        fcntl(board.file(), FcntlArg::F_GETLK(&mut found)).map_err(Error::io("asking who uses a queue"))?;
        Ok(found.l_type != libc::F_UNLCK as i16)
    }

    /// Whether the process with this pid, which was on this seat, is there no more.
    pub(crate) fn is_gone(&self, board: &Shared<Board>, seat: usize, pid: u32) -> Result<bool, Error> {
        Ok(!self.is_alive(board, seat)? || board.seats[seat].pid.load(SeqCst) != pid)
    }

    /// The number up to which every large item that was put is certainly not in the pipe any more, nor about to
    /// be read by anybody alive. A process that began to get when `n` was taken can only get what is behind it.
    pub(crate) fn large_gone(&self, board: &Shared<Board>) -> Result<u64, Error> {
        let mut gone = board.large_taken.load(SeqCst);
        for (number, seat) in board.seats.iter().enumerate() {
            let getting = seat.getting.load(SeqCst);
            if getting != 0 && getting <= gone && self.is_alive(board, number)? {
                gone = getting - 1;
            }
        }
        Ok(gone)
    }
}

impl Drop for Getting<'_> {
    fn drop(&mut self) {
        let mut mine = lock(&self.member.mine);
        if mine.generation != generation() {
            // A fork behind our back, in the middle of get: the seat is the parent's.
            return;
        }
        mine.getting -= 1;
        if mine.getting == 0 {
            self.board.seats[self.seat].getting.store(0, SeqCst);
        }
    }
}

fn byte(seat: usize, lock: i32) -> libc::flock {
    libc::flock {
        l_type: lock as i16,
        l_whence: libc::SEEK_SET as i16,
        l_start: seat as i64,
        l_len: 1,
        l_pid: 0,
    }
}

/// Takes a free seat. The kernel gives each to one process only.
fn claim(board: &Shared<Board>) -> Result<usize, Error> {
    for (number, seat) in board.seats.iter().enumerate() {
        match fcntl(board.file(), FcntlArg::F_SETLK(&byte(number, libc::F_WRLCK))) {
            // Whoever settles it next will count at this seat what its former holder took: it is not free before that.
            Ok(_) if Intent::unpack(board.intent.load(SeqCst)).is_some_and(|open| open.seat == number) => {
                fcntl(board.file(), FcntlArg::F_SETLK(&byte(number, libc::F_UNLCK)))
                    .map_err(Error::io("taking part in a queue"))?;
            }
            Ok(_) => {
                step!("seat: taken");
                board.gate.forget(number);
                bury(seat);
                step!("seat: cleared");
                seat.getting.store(0, SeqCst);
                seat.pid.store(std::process::id(), SeqCst);
                return Ok(number);
            }
            Err(Errno::EAGAIN | Errno::EACCES | Errno::EINTR) => continue,
            Err(e) => return Err(Error::io("taking part in a queue")(e)),
        }
    }
    Err(Error::TooManyProcesses { limit: SEATS })
}

/// Counts the tasks that the dead holder of a seat had in its hands as lost, if nobody else has.
pub(crate) fn bury(seat: &Seat) {
    // The pid first: a new holder buries before it writes down its own, so a task that is still there is this one's.
    let pid = seat.pid.load(SeqCst);
    let tasks = seat.tasks.load(SeqCst);
    let (lost, held) = unpack(tasks);
    if held > 0 {
        seat.victim.store(pid, SeqCst);
        // One store for both numbers. It fails only if another process has just done the same.
        let _ = seat.tasks.compare_exchange(tasks, pack(lost.saturating_add(held), 0), SeqCst, SeqCst);
    }
}
