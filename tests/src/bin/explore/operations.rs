//! The operations of each object, with the library's answers in the words of a history.

use std::time::Duration;

use procession::{Error, FileLock, FileLockGuard, JoinableQueue, Lock, LockGuard, Queue};

use crate::history::{Answer, Kind, Op, TIMEOUT};
use crate::object::Share;

const TIME: Duration = Duration::from_nanos(TIMEOUT);

const SMALL: usize = 20;
/// Does not fit in a record of a queue.
const LARGE: usize = 5000;
/// Does not fit in a pipe.
const LARGE_MESSAGE: usize = 100_000;

/// The item of this number, as text.
pub(crate) fn small(item: u32) -> String {
    sized(item, SMALL)
}

fn sized(item: u32, size: usize) -> String {
    format!("{item}:{}", "x".repeat(size))
}

/// The number of the item, if the text is whole.
fn got(text: String) -> Answer {
    let is_whole = |rest: &str| {
        [SMALL, LARGE, LARGE_MESSAGE].contains(&rest.len()) && rest.bytes().all(|byte| byte == b'x')
    };
    match text.split_once(':').map(|(number, rest)| (number.parse(), is_whole(rest))) {
        Some((Ok(number), true)) => (Kind::Got, number),
        _ => (Kind::Wrong, 0),
    }
}

fn done(_: ()) -> Answer {
    (Kind::Done, 0)
}

fn is(answer: bool) -> Answer {
    (Kind::Is, answer.into())
}

/// Holds a lock until it is dropped.
#[expect(dead_code, reason = "held, and not looked at")]
pub(crate) enum Guard<'a> {
    Family(LockGuard<'a>),
    Path(FileLockGuard<'a>),
}

/// Carries out an operation, with this item if it needs one. A lock that it takes goes into `guard`.
pub(crate) fn carry_out<'a>(
    share: &'a Share,
    op: Op,
    item: u32,
    guard: &mut Option<Guard<'a>>,
) -> Result<Answer, Error> {
    match (share, op) {
        (Share::Queue(queue), _) => queue_op(queue, op, item),
        (Share::Joinable(queue), _) => joinable_op(queue, op, item),
        (Share::Lock(_) | Share::FileLock(_), Op::Release) => {
            *guard = None;
            Ok((Kind::Done, 0))
        }
        (Share::Lock(lock), _) => {
            let taken = lock_op(lock, op)?;
            let died = taken.as_ref().is_some_and(|guard| guard.owner_died());
            *guard = taken.map(Guard::Family);
            Ok(guard.as_ref().map_or((Kind::TimeIsOver, 0), |_| (Kind::Taken, died.into())))
        }
        (Share::FileLock(lock), _) => {
            *guard = file_lock_op(lock, op)?.map(Guard::Path);
            Ok(guard.as_ref().map_or((Kind::TimeIsOver, 0), |_| (Kind::Taken, 0)))
        }
        (Share::Naive(lock), Op::Release) => {
            lock.release();
            Ok((Kind::Done, 0))
        }
        (Share::Naive(lock), Op::TryAcquire) if lock.try_acquire() => Ok((Kind::Taken, 0)),
        (Share::Naive(_), Op::TryAcquire) => Ok((Kind::TimeIsOver, 0)),
        (Share::Sender(sender), Op::Send) => sender.send(&small(item)).map(done),
        (Share::Sender(sender), Op::SendLarge) => sender.send(&sized(item, LARGE_MESSAGE)).map(done),
        (Share::Receiver(receiver), Op::Recv) => receiver.recv().map(got),
        (Share::Receiver(receiver), Op::RecvTimeout) => receiver.recv_timeout(TIME).map(got),
        _ => panic!("{share:?} cannot {op}"),
    }
}

/// What both kinds of queues can do.
macro_rules! queue_op {
    ($queue:ident, $op:ident, $item:ident) => {
        match $op {
            Op::Put => $queue.put(&small($item)).map(done),
            Op::PutLarge => $queue.put(&sized($item, LARGE)).map(done),
            Op::TryPut => $queue.try_put(&small($item)).map(done),
            Op::PutTimeout => $queue.put_timeout(&small($item), TIME).map(done),
            Op::Get => $queue.get().map(got),
            Op::TryGet => $queue.try_get().map(got),
            Op::GetTimeout => $queue.get_timeout(TIME).map(got),
            Op::Len => $queue.len().map(|length| (Kind::Number, length as u32)),
            Op::IsEmpty => $queue.is_empty().map(is),
            Op::IsFull => $queue.is_full().map(is),
            _ => panic!("a queue cannot {}", $op),
        }
    };
}

fn queue_op(queue: &Queue<String>, op: Op, item: u32) -> Result<Answer, Error> {
    queue_op!(queue, op, item)
}

fn joinable_op(queue: &JoinableQueue<String>, op: Op, item: u32) -> Result<Answer, Error> {
    let in_time = |in_time| if in_time { (Kind::Done, 0) } else { (Kind::TimeIsOver, 0) };
    match op {
        Op::TaskDone => queue.task_done().map(done),
        Op::Join => queue.join().map(done),
        Op::JoinTimeout => queue.join_timeout(TIME).map(in_time),
        _ => queue_op!(queue, op, item),
    }
}

/// What both kinds of locks can do.
macro_rules! lock_op {
    ($lock:ident, $op:ident) => {
        match $op {
            Op::Acquire => $lock.acquire().map(Some),
            Op::TryAcquire => $lock.try_acquire(),
            Op::AcquireTimeout => $lock.acquire_timeout(TIME),
            _ => panic!("a lock cannot {}", $op),
        }
    };
}

fn lock_op(lock: &Lock, op: Op) -> Result<Option<LockGuard<'_>>, Error> {
    lock_op!(lock, op)
}

fn file_lock_op(lock: &FileLock, op: Op) -> Result<Option<FileLockGuard<'_>>, Error> {
    lock_op!(lock, op)
}
