//! What goes in comes out.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::sys::resource::{UsageWho, getrusage};
use procession::{Error, Pipe, Process};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use crate::common::{Dice, Picky, Unwritable, until_inside, unwritable, well_ended};
use crate::is;

/// Sends them to a child and has it send them back.
fn there_and_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(messages: &[T]) {
    let there = Pipe::<T>::new().expect("a pipe");
    let back = Pipe::<T>::new().expect("a pipe");
    let (receiver, sender) = (there.receiver, back.sender);
    let child = Process::new(move || {
        receiver.iter().try_for_each(|message| sender.send(&message?)) //
    });
    let child = child.start().expect("a child");
    for message in messages {
        there.sender.send(message).expect("a receiver");
        let returned = back.receiver.recv().expect("a message");
        assert!(returned == *message, "another message has come back");
    }
    drop(there.sender);
    is!(back.receiver.recv(), Err(Error::Eof));
    well_ended(&child);
}

/// The borders are those of the pipe, of its pages, and of what is read at a time.
pub(crate) fn sizes() {
    there_and_back(&[(), ()]);
    there_and_back::<Vec<u8>>(&[vec![]]);
    let borders =
        [0, 1, 4096, 65536, 1 << 20].iter().flat_map(|size: &usize| size.saturating_sub(7)..size + 2);
    let texts: Vec<String> = borders.chain([10_000_000]).map(|size| "x".repeat(size)).collect();
    there_and_back(&texts);
}

pub(crate) fn kinds() {
    there_and_back(&crate::common::kinds());
}

/// Numbers that JSON libraries are known to get wrong.
pub(crate) fn arrays_and_numbers() {
    there_and_back(&[u64::MAX, 0]);
    there_and_back(&[i128::MIN, i128::MAX]);
    there_and_back(&[('\0', -0.5f32, Some(vec![1u8, 255]), "\u{0}\n🦀".to_string())]);
    there_and_back(&[Ok(1), Err("no".to_string())]);
    there_and_back(&[Some(0.1f32), None]);
    there_and_back(&[json!({ "a": [1, 2.5, null], "": {} })]);
}

/// Any finite float comes back with every bit of it.
pub(crate) fn floats() {
    let Pipe { sender, receiver } = Pipe::<Vec<f64>>::new().expect("a pipe");
    let floats = || {
        let mut dice = Dice(14);
        let random = std::iter::repeat_with(move || f64::from_bits(dice.next())).filter(|f| f.is_finite());
        [-0.0, 0.1, 5e-324, f64::MIN_POSITIVE, f64::MAX].into_iter().chain(random.take(100_000))
    };
    let child = Process::new(move || {
        let floats: Vec<f64> = floats().collect();
        floats.chunks(1000).try_for_each(|some| sender.send(&some.to_vec()))
    });
    let child = child.start().expect("a child");
    let came = receiver.iter().flat_map(|some| some.expect("floats")).map(f64::to_bits);
    assert!(came.eq(floats().map(f64::to_bits)), "a bit was lost");
    well_ended(&child);
}

/// Each thread's messages come whole and in order.
pub(crate) fn threads_do_not_mix() {
    const EACH: usize = 300;
    let filler = |thread: usize, number: usize| thread.to_string().repeat(number * 7919 % 20_000);
    let Pipe { sender, receiver } = Pipe::<(usize, usize, String)>::new().expect("a pipe");
    let child = Process::new(move || {
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let sender = &sender;
                scope.spawn(move || {
                    for number in 0..EACH {
                        sender.send(&(thread, number, filler(thread, number))).expect("a receiver");
                    }
                });
            }
        });
    });
    let child = child.start().expect("a child");
    let mut next = [0; 4];
    for message in receiver.iter() {
        let (thread, number, text) = message.expect("a message");
        assert_eq!(number, next[thread]);
        assert!(text == filler(thread, number), "two messages are mixed");
        next[thread] += 1;
    }
    assert_eq!(next, [EACH; 4]);
    well_ended(&child);
}

/// Measured in time of the processor, which is the same on a busy machine: ten times of what it is.
pub(crate) fn a_million_small_ones() {
    const MANY: u32 = 1_000_000;
    let Pipe { sender, receiver } = Pipe::<u32>::new().expect("a pipe");
    let child = Process::new(move || (0..MANY).try_for_each(|number| sender.send(&number)));
    let child = child.start().expect("a child");
    let mut next = 0;
    for message in receiver.iter() {
        assert_eq!(message.expect("a message"), next);
        next += 1;
        // Thousands of them are there at once.
        if next % 5000 == 0 && next < MANY - 20_000 {
            until_inside(&child, nix::libc::SYS_write);
        }
    }
    assert_eq!(next, MANY);
    well_ended(&child);
    let used = getrusage(UsageWho::RUSAGE_SELF).expect("an answer");
    let seconds = used.user_time().tv_sec() + used.system_time().tv_sec();
    assert!(seconds < 10, "to receive a million small messages took {seconds} s");
}

pub(crate) fn decode_error() {
    let Pipe { sender, receiver } = Pipe::new().expect("a pipe");
    for message in [json!(1), json!("two"), json!([3]), json!(4)] {
        sender.send(&Picky(message)).expect("a receiver");
    }
    is!(receiver.recv(), Ok(Picky(Value::Number(_))));
    is!(receiver.recv(), Err(Error::Decode(_)));
    is!(receiver.recv_timeout(crate::common::millis(1)), Err(Error::Decode(_)));
    assert_eq!(receiver.recv().expect("a number"), Picky(json!(4)));
    drop(sender);
    is!(receiver.recv(), Err(Error::Eof));
}

pub(crate) fn encode_error() {
    let Pipe { sender, receiver } = Pipe::<Unwritable>::new().expect("a pipe");
    is!(sender.send(&unwritable()), Err(Error::Encode(_)));
    is!(receiver.poll(crate::common::millis(10)), Ok(false));
    sender.send(&Unwritable::new()).expect("a receiver");
    drop(sender);
    is!(receiver.recv(), Ok(empty) if empty.is_empty());
    is!(receiver.recv(), Err(Error::Eof));
}

/// Code of the user's that panics while it makes the message consumes it as an error does.
pub(crate) fn deserializing_may_panic() {
    #[derive(Debug, Serialize)]
    struct Touchy(u32);
    impl<'a> Deserialize<'a> for Touchy {
        fn deserialize<D: Deserializer<'a>>(from: D) -> Result<Touchy, D::Error> {
            let number = u32::deserialize(from)?;
            assert_ne!(number, 1, "not that one");
            Ok(Touchy(number))
        }
    }
    std::panic::set_hook(Box::new(|_| {}));
    let Pipe { sender, receiver } = Pipe::new().expect("a pipe");
    (1..=2).for_each(|number| sender.send(&Touchy(number)).expect("a receiver"));
    let panicked = catch_unwind(AssertUnwindSafe(|| receiver.recv()));
    let _ = std::panic::take_hook();
    assert!(panicked.is_err());
    assert_eq!(receiver.recv().expect("a message").0, 2);
}
