//! The process at one end of a pipe dies at a step. The other one has all that was sent, and is told.

use std::time::Duration;

use nix::libc;
use nix::sys::signal::Signal::SIGKILL;
use procession::{Error, Pipe, Process};

use crate::cases::{Cases, steps};
use crate::common::{kill_dead, until_inside};
use crate::victim::{LONG, item, soon, struck_when};

/// In one read, in several, and more than the pipe holds.
const SIZES: [usize; 3] = [20, 5000, 300_000];

/// The sender dies; so many messages were sent before.
pub(crate) fn killed_in_send() {
    let mut cases = Cases::of(&["send"]);
    for step in steps(&["send"]) {
        for (size, before) in SIZES.into_iter().flat_map(|size| [0, 1, 7].map(|before| (size, before))) {
            cases.case(&step, || {
                let Pipe { sender, receiver } = Pipe::new().expect("a pipe");
                // What was sent before was sent by this process, which then gives the end away.
                let before = if size > 60_000 / 7 { 0 } else { before };
                (0..before).for_each(|number| sender.send(&item(size, number)).expect("room"));
                let mut got = Vec::new();
                let mut end = None;
                let mut receive = |received: Result<String, Error>| match received {
                    Ok(message) => got.push(message),
                    Err(error) => end = Some(error),
                };
                let work = move || sender.send(&item(size, before));
                let died =
                    struck_when(&step, SIGKILL, work, || receive(receiver.recv_timeout(LONG))).is_some();
                while end.is_none() {
                    let received = soon("receive", || receiver.recv_timeout(LONG));
                    match received {
                        Ok(message) => got.push(message),
                        Err(error) => end = Some(error),
                    }
                }
                assert!(matches!(end, Some(Error::Eof)), "{step}: {end:?}");
                let sent = before + usize::from(step == "send: done");
                assert_eq!(got, (0..sent).map(|number| item(size, number)).collect::<Vec<_>>(), "{step}");
                died
            });
        }
    }
    cases.end();
}

/// The receiver dies: the sender is told, be it in `send` or not.
pub(crate) fn killed_in_receive() {
    let mut cases = Cases::of(&["receive"]);
    for step in steps(&["receive"]) {
        for (size, timed) in SIZES.into_iter().flat_map(|size| [true, false].map(|timed| (size, timed))) {
            cases.case(&step, || {
                let Pipe { sender, receiver } = Pipe::new().expect("a pipe");
                let work = move || match timed {
                    true => receiver.recv_timeout(LONG).map(drop),
                    false => receiver.recv().map(drop),
                };
                let send = || {
                    // The receiver may die while this is on its way.
                    let sent = soon("send", || sender.send(&item(size, 0)));
                    assert!(matches!(sent, Ok(()) | Err(Error::BrokenPipe)), "{step}: {sent:?}");
                };
                let died = struck_when(&step, SIGKILL, work, send).is_some();
                let sent = soon("send", || sender.send(&item(size, 1)));
                assert!(matches!(sent, Err(Error::BrokenPipe)), "{step}: {sent:?}");
                died
            });
        }
    }
    cases.end();
}

/// No step, but the longest time of all: the pipe is full and the message half in it.
pub(crate) fn killed_in_the_middle_of_a_message() {
    for before in [0, 1, 3] {
        let Pipe { sender, receiver } = Pipe::new().expect("a pipe");
        (0..before).for_each(|number| sender.send(&item(1000, number)).expect("room"));
        let child = Process::new(move || sender.send(&item(300_000, before))).start().expect("a child");
        until_inside(&child, libc::SYS_write);
        kill_dead(&child);
        for number in 0..before {
            assert_eq!(
                soon("receive", || receiver.recv_timeout(LONG)).expect("a message"),
                item(1000, number)
            );
        }
        let end = soon("receive", || receiver.recv_timeout(LONG));
        assert!(matches!(end, Err(Error::Truncated { .. })), "{end:?}");
        let end = receiver.recv_timeout(Duration::ZERO);
        assert!(matches!(end, Err(Error::Eof)), "{end:?}");
    }
    assert!(checks::scenes::notes().is_empty());
}
