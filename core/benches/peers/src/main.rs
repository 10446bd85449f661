//! The crates' side of `make bench`: `peers CRATE WORK...` does the work with that crate, and prints one figure:
//! nanoseconds per operation.
//!
//! - `ipc-channel`: a channel over Unix sockets. Many may send and one receives, so only 1x1 can be compared; there is
//!   no bound, and no way to try with a deadline on the sending side.
//! - `ipmpsc`: a ring in shared memory under a mutex. Many may send and one receives; the ring has bytes, not items. A
//!   process killed at the wrong moment leaves the mutex taken.
//! - `procspawn`: starts the program anew and sends it a function to run, so only start and join can be compared. It has
//!   no channels.
//!
//! None of them has a lock, a queue with several consumers, or one that can be joined. `crossmist`, which would be here
//! for start and join, too, cannot run even its own first example when it is built by Rust 1.95.

#[path = "../../bench/items.rs"]
mod items;
#[path = "../../bench/sample.rs"]
mod sample;

use std::error::Error;
use std::hint::black_box;
use std::io::{Read, Write, pipe};
use std::time::{Duration, Instant};

use ipc_channel::ipc;
use ipmpsc::{Receiver, Sender, SharedRingBuffer};

use items::{Item, Purchase, Text};
use sample::{sample, sample_alone};

pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn main() {
    procspawn::init();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let figure = match words[..] {
        ["procspawn", "start", mebibytes] => start(mebibytes),
        ["ipc-channel", "latency"] => one_way(ipc_pair),
        ["ipmpsc", "latency"] => one_way(ring_pair),
        [name, "queue", "64", "1"] => pass::<Text<64>>(name),
        [name, "queue", "json", "1"] => pass::<Purchase>(name),
        [name, "queue", "64k", "1"] => pass::<Text<{ 64 << 10 }>>(name),
        [name, "queue", "1m", "1"] => pass::<Text<{ 1 << 20 }>>(name),
        _ => Err(format!("nobody knows how to measure {words:?}").into()),
    };
    match figure {
        Ok(figure) => println!("{figure}"),
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}

fn start(mebibytes: &str) -> Result<f64> {
    let _memory = black_box(vec![1_u8; mebibytes.parse::<usize>()? << 20]);
    sample_alone(5, || Ok(procspawn::spawn((), |()| ()).join()?))
}

type Put<T> = Box<dyn Fn(&T) -> Result>;
type Get<T> = Box<dyn Fn() -> Result<T>>;

fn ipc_pair<T: Item + 'static>() -> Result<(Put<T>, Get<T>)> {
    let (sender, receiver) = ipc::channel::<T>()?;
    // It wants an item of its own.
    Ok((
        Box::new(move |item| Ok(sender.send(item.clone())?)),
        Box::new(move || Ok(receiver.recv().map_err(|e| format!("{e:?}"))?)),
    ))
}

fn ring_pair<T: Item + 'static>() -> Result<(Put<T>, Get<T>)> {
    // Our pipe holds 1 MiB, too; a large item must fit, and then a second one while the first is read.
    let (_path, ring) = SharedRingBuffer::create_temp(4 << 20)?;
    let (sender, receiver) = (Sender::new(ring.clone()), Receiver::new(ring));
    Ok((Box::new(move |item| Ok(sender.send(item)?)), Box::new(move || Ok(receiver.recv()?))))
}

fn pass<T: Item + 'static>(name: &str) -> Result<f64> {
    sample(10, |count| {
        let (put, get) = match name {
            "ipc-channel" => ipc_pair::<T>()?,
            "ipmpsc" => ring_pair::<T>()?,
            _ => return Err(format!("{name} has no queue here").into()),
        };
        together(
            || {
                let mut item = T::new();
                for number in 0..count {
                    item.set(number);
                    put(&item)?;
                }
                Ok(())
            },
            || {
                let mut sum = 0;
                for _ in 0..count {
                    sum += get()?.number();
                }
                all_below(count, sum)
            },
        )
    })
}

/// Half of the way there and back.
fn one_way(pair: impl Fn() -> Result<(Put<Text<64>>, Get<Text<64>>)>) -> Result<f64> {
    let there_and_back = sample(100, |count| {
        let ((ask, hear), (answer, back)) = (pair()?, pair()?);
        together(
            || {
                for _ in 0..count {
                    answer(&hear()?)?;
                }
                Ok(())
            },
            || {
                let (mut item, mut sum) = (Text::new(), 0);
                for number in 0..count {
                    item.set(number);
                    ask(&item)?;
                    sum += back()?.number();
                }
                all_below(count, sum)
            },
        )
    })?;
    Ok(there_and_back / 2.0)
}

fn all_below(count: u64, sum: u64) -> Result {
    if sum == count * (count - 1) / 2 { Ok(()) } else { Err("something was lost, doubled or changed".into()) }
}

/// One in a new process, and the other here: how long the other took from the moment when both were there.
fn together(one: impl FnOnce() -> Result, other: impl FnOnce() -> Result) -> Result<Duration> {
    let (mut here, mut ready) = pipe()?;
    // SAFETY: none of these crates starts a thread for a plain channel, and the child ends without unwinding.
    match unsafe { libc::fork() } {
        -1 => Err(std::io::Error::last_os_error().into()),
        0 => {
            let done = ready.write_all(b".").map_err(Into::into).and_then(|()| one());
            if let Err(error) = &done {
                eprintln!("{error}");
            }
            // SAFETY: it can be called at any time.
            unsafe { libc::_exit(done.is_err().into()) }
        }
        child => {
            here.read_exact(&mut [0])?;
            let start = Instant::now();
            other()?;
            let took = start.elapsed();
            let mut status = 0;
            // SAFETY: our own child, and a variable of the right type.
            unsafe { libc::waitpid(child, &mut status, 0) };
            if status == 0 { Ok(took) } else { Err("the other process failed".into()) }
        }
    }
}
