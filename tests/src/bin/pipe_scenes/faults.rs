//! Deaths, stops, signals and timeouts.

use std::sync::atomic::{AtomicU32, Ordering};

use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use procession::{Child, Error, Pipe, Process, Receiver};

use crate::common::{die, gives_up_after, kill_dead, millis, send, until_inside, well_ended};
use crate::is;

const BIG: usize = 10_000_000;

/// A child that has sent "first" and is in the middle of a message of 10 MB.
fn halfway() -> (Receiver<String>, Child) {
    let Pipe { sender, receiver } = Pipe::<String>::new().expect("a pipe");
    let child = Process::new(move || {
        sender.send(&"first".to_string())?;
        sender.send(&"y".repeat(BIG))
    });
    let child = child.start().expect("a child");
    until_inside(&child, libc::SYS_write);
    (receiver, child)
}

pub(crate) fn killed_in_the_middle_of_a_message() {
    let (receiver, child) = halfway();
    kill_dead(&child);
    assert_eq!(receiver.recv().expect("a message"), "first");
    is!(receiver.poll(millis(0)), Ok(true));
    is!(receiver.recv(), Err(Error::Truncated { got: 60_000..66_000 }));
    is!(receiver.poll(millis(0)), Ok(true));
    is!(receiver.recv(), Err(Error::Eof));
    assert!(receiver.iter().next().is_none());

    // The same by a call with an end, when some of it was fetched before.
    let (receiver, child) = halfway();
    send(&child, Signal::SIGSTOP);
    assert_eq!(receiver.recv().expect("a message"), "first");
    is!(receiver.poll(millis(0)), Ok(false));
    kill_dead(&child);
    is!(receiver.recv_timeout(millis(5000)), Err(Error::Truncated { .. }));
    is!(receiver.recv_timeout(millis(5000)), Err(Error::Eof));
}

pub(crate) fn messages_outlive_the_sender() {
    let Pipe { sender, receiver } = Pipe::<u32>::new().expect("a pipe");
    let child = Process::new(move || {
        (1..=3).try_for_each(|number| sender.send(&number)).expect("a receiver");
        die()
    });
    let child = child.start().expect("a child");
    assert!(!child.join().expect("a child").success());
    let came: Result<Vec<u32>, Error> = receiver.iter().collect();
    assert_eq!(came.expect("messages"), [1, 2, 3]);
    is!(receiver.recv(), Err(Error::Eof));
}

/// The sender is in the middle of a message when the receiver dies: it gets an error, and no signal.
pub(crate) fn killed_receiver() {
    let Pipe { sender, receiver } = Pipe::<String>::new().expect("a pipe");
    let sends = Process::new(move || is!(sender.send(&"y".repeat(BIG)), Err(Error::BrokenPipe)));
    let keeps = Process::new(move || {
        let _receiver = receiver;
        loop {
            std::thread::park();
        }
    });
    let keeps = keeps.start().expect("a child");
    let sends = sends.start().expect("a child");
    until_inside(&sends, libc::SYS_write);
    kill_dead(&keeps);
    well_ended(&sends);
}

pub(crate) fn poll() {
    let Pipe { sender, receiver } = Pipe::<u32>::new().expect("a pipe");
    is!(receiver.poll(millis(0)), Ok(false));
    sender.send(&1).expect("a receiver");
    sender.send(&2).expect("a receiver");
    is!(receiver.poll(millis(0)), Ok(true));
    is!(receiver.poll(millis(100_000)), Ok(true));
    assert_eq!(receiver.recv().expect("a message"), 1);
    is!(receiver.poll(millis(0)), Ok(true));
    assert_eq!(receiver.recv().expect("a message"), 2);
    is!(receiver.poll(millis(0)), Ok(false));
    let child = Process::new(move || sender.send(&3)).start().expect("a child");
    is!(receiver.poll(millis(100_000)), Ok(true));
    assert_eq!(receiver.recv().expect("a message"), 3);
    is!(receiver.poll(millis(100_000)), Ok(true));
    is!(receiver.recv(), Err(Error::Eof));
    well_ended(&child);
}

pub(crate) fn timeouts() {
    let Pipe { sender, receiver } = Pipe::<u32>::new().expect("a pipe");
    let late = millis(1000);
    is!(gives_up_after(late, || receiver.recv_timeout(late)), Error::Timeout);
    is!(gives_up_after(millis(0), || receiver.recv_timeout(millis(0))), Error::Timeout);
    sender.send(&1).expect("a receiver");
    is!(receiver.recv_timeout(millis(0)), Ok(1));
    sender.send(&2).expect("a receiver");
    is!(receiver.recv_timeout(std::time::Duration::MAX), Ok(2));
}

/// The sender is stopped half-way: the time is kept all the same, and nothing of the message is lost by it.
pub(crate) fn timeout_in_the_middle_of_a_message() {
    let (receiver, child) = halfway();
    send(&child, Signal::SIGSTOP);
    let late = millis(1000);
    is!(receiver.recv_timeout(late), Ok(first) if first == "first");
    is!(gives_up_after(late, || receiver.recv_timeout(late)), Error::Timeout);
    is!(receiver.poll(millis(0)), Ok(false));
    is!(gives_up_after(millis(0), || receiver.recv_timeout(millis(0))), Error::Timeout);
    send(&child, Signal::SIGCONT);
    let message = receiver.recv().expect("a message");
    assert!(message.len() == BIG && message.bytes().all(|byte| byte == b'y'));
    is!(receiver.recv(), Err(Error::Eof));
    well_ended(&child);
}

/// How often this process was interrupted.
static TICKS: AtomicU32 = AtomicU32::new(0);

extern "C" fn count(_: libc::c_int) {
    TICKS.fetch_add(1, Ordering::Relaxed);
}

/// From now on a signal interrupts this process every millisecond, and its system calls with it.
fn interrupt_all_the_time() {
    let action = SigAction::new(SigHandler::Handler(count), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler only adds to an atomic.
    unsafe { sigaction(Signal::SIGALRM, &action) }.expect("a handler");
    let every = libc::timeval { tv_sec: 0, tv_usec: 1000 };
    let timer = libc::itimerval { it_interval: every, it_value: every };
    // SAFETY: the timer is valid during the call, and the old one is not asked for.
    let answer = unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) };
    assert_eq!(answer, 0);
}

pub(crate) fn interrupted_by_signals() {
    let Pipe { sender, receiver } = Pipe::<String>::new().expect("a pipe");
    let child = Process::new(move || {
        interrupt_all_the_time();
        for letter in ["a", "b", "c"] {
            sender.send(&letter.repeat(BIG)).expect("a receiver");
        }
        assert!(TICKS.load(Ordering::Relaxed) > 0);
        // And while it waits for the receiver: nothing is taken out of the pipe until the parent has been told.
        sender.send(&"d".repeat(BIG)).expect("a receiver");
    });
    let child = child.start().expect("a child");
    interrupt_all_the_time();
    for letter in ["a", "b", "c", "d"] {
        if letter == "d" {
            // A pause for the sender to be interrupted in its waiting; nothing rests on its length.
            std::thread::sleep(millis(20));
        }
        assert!(receiver.recv().expect("a message") == letter.repeat(BIG), "not the message that was sent");
    }
    let late = millis(1000);
    let rest = receiver.recv_timeout(late);
    assert!(matches!(rest, Err(Error::Eof)), "{rest:?}");
    assert!(TICKS.load(Ordering::Relaxed) > 0);
    well_ended(&child);
}
