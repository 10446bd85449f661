//! What the scenes of pipes and queues share.

#![allow(dead_code, reason = "each program uses its own part")]

pub(crate) mod zeroed;

use std::fmt::Debug;
use std::thread::sleep;
use std::time::{Duration, Instant};

use checks::scenes::{PATIENCE, Scene, play, state_of, until};
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use procession::{Child, Error, exitcode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// Plays the scene named by the first argument.
pub(crate) fn main(scenes: &[Scene]) {
    play(scenes, &std::env::args().nth(1).expect("which scene?"));
}

/// Waits until a process sleeps inside this system call.
#[track_caller]
pub(crate) fn until_inside(child: &Child, call: libc::c_long) {
    let pid = child.pid();
    until(&format!("process {pid} sleeps in system call {call}"), || {
        let inside = std::fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
        state_of(pid) == Some('S') && inside.split(' ').next() == Some(&call.to_string())
    });
}

/// Sends a signal. SIGSTOP has done its work when this returns.
#[track_caller]
pub(crate) fn send(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.pid() as i32), signal).expect("a process to signal");
    if signal == Signal::SIGSTOP {
        until("it is stopped", || state_of(child.pid()) == Some('T'));
    }
}

/// Waits for the end of a child that must have found no fault.
#[track_caller]
pub(crate) fn well_ended(child: &Child) {
    let status = child.join().expect("a child to wait for");
    assert!(status.success(), "{} ended with {}", child.name(), exitcode(status));
}

/// Kills a child for sure.
pub(crate) fn kill_dead(child: &Child) {
    child.kill().expect("a child to kill");
    child.join().expect("a child to wait for");
}

/// Ends this process as `kill -9` does.
pub(crate) fn die() -> ! {
    let _ = nix::sys::signal::raise(Signal::SIGKILL);
    unreachable!("nobody survives that")
}

/// The call gives up when the time is over: not before, and not much later than a busy machine makes it.
#[track_caller]
pub(crate) fn gives_up_after<T: Debug>(timeout: Duration, call: impl FnOnce() -> Result<T, Error>) -> Error {
    let started = Instant::now();
    let answer = call();
    let took = started.elapsed();
    assert!(took >= timeout, "gave up after {took:?}, before {timeout:?} were over");
    assert!(took < timeout + PATIENCE / 2, "gave up only after {took:?} instead of {timeout:?}");
    answer.expect_err("it should have given up")
}

/// The value is like this pattern.
#[macro_export]
macro_rules! is {
    ($value:expr, $($pattern:tt)+) => {
        match $value {
            $($pattern)+ => {}
            other => panic!("{}: it is {other:?}, not {}", stringify!($value), stringify!($($pattern)+)),
        }
    };
}

/// Goes out as any JSON, and comes in only if it is a number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Picky(pub(crate) Value);

impl Serialize for Picky {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl<'a> Deserialize<'a> for Picky {
    fn deserialize<D: Deserializer<'a>>(from: D) -> Result<Picky, D::Error> {
        u64::deserialize(from).map(|number| Picky(number.into()))
    }
}

/// Cannot be written as JSON unless it is empty; it fails only when a part is written already.
pub(crate) type Unwritable = std::collections::BTreeMap<Vec<u8>, u8>;

pub(crate) fn unwritable() -> Unwritable {
    Unwritable::from([(vec![1], 1)])
}

/// A string that has this many bytes as JSON.
pub(crate) fn json_of(size: usize) -> String {
    let text: String = ('a'..='z').cycle().take(size - 2).collect();
    assert_eq!(serde_json::to_string(&text).expect("a string").len(), size);
    text
}

/// All kinds of JSON that could suffer on the way.
pub(crate) fn kinds() -> Vec<Value> {
    let texts =
        ["", "\0", "line\nline\r\n\t", "\"quoted\\\"", "λ 🦀 \u{10ffff} e\u{301}", "\u{7f}\u{1}\u{2028}"];
    let mut kinds: Vec<Value> = texts.iter().map(|text| (*text).into()).collect();
    kinds.extend([Value::Null, true.into(), u64::MAX.into(), i64::MIN.into(), 0.into(), 0.1.into()]);
    kinds.extend(["[]", "{}", r#"{"":{"a":[null,[[]],{"b":-1.5e300}]}}"#, "5e-324", "1e308"].map(parsed));
    kinds.push((0..100).fold(Value::Null, |inner, _| Value::Array(vec![inner])));
    kinds
}

fn parsed<T: DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).expect("JSON")
}

/// Pseudo-random numbers: the same for the same seed, everywhere.
#[derive(Debug, Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

pub(crate) fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Sleeps for as long as the dice say, a few milliseconds at the most.
pub(crate) fn dawdle(dice: &mut Dice) {
    sleep(Duration::from_micros(dice.below(3000)));
}
