//! Who has which end, and when the end of file comes.

use std::rc::Rc;

use checks::scenes::Bell;
use procession::{Error, Pipe, Process, Receiver};

use crate::common::well_ended;
use crate::is;

fn all(receiver: &Receiver<u32>) -> Vec<u32> {
    receiver.iter().map(|message| message.expect("a message")).collect()
}

pub(crate) fn end_when_the_sender_was_moved() {
    let Pipe { sender, receiver } = Pipe::new().expect("a pipe");
    let child = Process::new(move || sender.send(&1)).start().expect("a child");
    assert_eq!(all(&receiver), [1]);
    is!(receiver.recv(), Err(Error::Eof));
    well_ended(&child);
}

pub(crate) fn end_when_the_receiver_was_moved() {
    let Pipe { sender, receiver } = Pipe::new().expect("a pipe");
    let child = Process::new(move || assert_eq!(all(&receiver), [1, 2])).start().expect("a child");
    sender.send(&1).expect("a receiver");
    sender.send(&2).expect("a receiver");
    drop(sender);
    well_ended(&child);
}

/// A third one starts in between, and lives until the end has come.
pub(crate) fn end_between_siblings() {
    let Pipe { sender, receiver } = Pipe::new().expect("a pipe");
    let over = Bell::new();
    let before = Process::new(|| over.wait()).start().expect("a child");
    let producer = Process::new(move || sender.send(&1)).start().expect("a child");
    let between = Process::new(|| over.wait()).start().expect("a child");
    let consumer = Process::new(move || assert_eq!(all(&receiver), [1])).start().expect("a child");
    well_ended(&producer);
    well_ended(&consumer);
    over.ring();
    over.ring();
    well_ended(&before);
    well_ended(&between);
}

/// The child lives on, but the end has gone on to its child.
pub(crate) fn end_with_the_grandchild() {
    let Pipe { sender, receiver } = Pipe::new().expect("a pipe");
    let over = Bell::new();
    let child = Process::new(|| {
        let sender = sender;
        sender.send(&1).expect("a receiver");
        let grandchild = Process::new(move || sender.send(&2)).start().expect("a grandchild");
        let bystander = Process::new(|| over.wait()).start().expect("a grandchild");
        over.wait();
        well_ended(&grandchild);
        well_ended(&bystander);
    });
    let child = child.start().expect("a child");
    assert_eq!(all(&receiver), [1, 2]);
    over.ring();
    over.ring();
    well_ended(&child);
}

/// Each generation sends its number and hands the end on; all of them outlive the end of file.
pub(crate) fn end_handed_on_and_on() {
    fn hand_on(sender: procession::Sender<u32>, number: u32, over: &Bell) {
        sender.send(&number).expect("a receiver");
        if number == 4 {
            drop(sender);
            over.wait();
            return;
        }
        let next = Process::new(move || hand_on(sender, number + 1, over)).start().expect("a child");
        over.wait();
        well_ended(&next);
    }
    let Pipe { sender, receiver } = Pipe::new().expect("a pipe");
    let over = Bell::new();
    let over = &over;
    let child = Process::new(move || hand_on(sender, 1, over)).start().expect("a child");
    assert_eq!(all(&receiver), [1, 2, 3, 4]);
    (1..=4).for_each(|_| over.ring());
    well_ended(&child);
}

pub(crate) fn end_that_was_only_borrowed() {
    let Pipe { sender, receiver } = Pipe::new().expect("a pipe");
    let child = Process::new(|| {
        let errors = [sender.send(&1).unwrap_err(), receiver.recv().unwrap_err()];
        for error in errors {
            assert!(matches!(error, Error::NotMyEnd), "{error:?}");
            assert!(error.to_string().contains("move it into the closure"), "{error}");
        }
        is!(receiver.poll(std::time::Duration::ZERO), Err(Error::NotMyEnd));
        is!(receiver.iter().next(), Some(Err(Error::NotMyEnd)));
    });
    well_ended(&child.start().expect("a child"));
    // It did not hurt the parent's own ends.
    sender.send(&7).expect("a receiver");
    assert_eq!(receiver.recv().expect("a message"), 7);
}

pub(crate) fn end_that_is_shared_is_not_moved() {
    let Pipe { sender, receiver } = Pipe::new().expect("a pipe");
    let sender = Rc::new(sender);
    let other = sender.clone();
    let child = Process::new(move || is!(other.send(&1), Err(Error::NotMyEnd)));
    well_ended(&child.start().expect("a child"));
    sender.send(&7).expect("a receiver");
    drop(sender);
    assert_eq!(all(&receiver), [7]);
}

/// A start that is refused drops the closure, and with it the end.
pub(crate) fn end_with_a_start_that_failed() {
    let Pipe { sender, receiver } = Pipe::new().expect("a pipe");
    let other = std::thread::spawn(std::thread::park);
    is!(Process::new(move || sender.send(&1)).start(), Err(Error::MultiThreaded { .. }));
    assert!(all(&receiver).is_empty());
    other.thread().unpark();
    other.join().expect("a thread");
}

pub(crate) fn nobody_receives() {
    let Pipe { sender, receiver } = Pipe::<u32>::new().expect("a pipe");
    drop(receiver);
    is!(sender.send(&1), Err(Error::BrokenPipe));

    let Pipe { sender, receiver } = Pipe::<u32>::new().expect("a pipe");
    let child = Process::new(move || drop(receiver)).start().expect("a child");
    well_ended(&child);
    is!(sender.send(&1), Err(Error::BrokenPipe));
}
