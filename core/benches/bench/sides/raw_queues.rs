//! What a pipe can do without a queue around it. None of this is bounded, or survives a death: it is the limit.

use std::hint::black_box;
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::time::Duration;

use nix::fcntl::{FcntlArg, fcntl};

use crate::Result;
use crate::crew::{Job, Tally, run_exactly};
use crate::items::{DIGITS, Item, Purchase, digits, number};
use crate::sample::sample;

/// As large as our queue's: 1 MiB, or what this user is given.
fn large_pipe() -> Result<(PipeReader, PipeWriter)> {
    let (reader, writer) = pipe()?;
    let _ = fcntl(&writer, FcntlArg::F_SETPIPE_SZ(1 << 20));
    Ok((reader, writer))
}

/// One process writes frames, and one other reads them: a length of four bytes and the body, in one write; the length
/// in one read, the body in as many as it takes.
fn frames(
    count: u64,
    mut body: impl FnMut(u64, &mut Vec<u8>) -> Result,
    number: impl Fn(&[u8]) -> Result<u64>,
) -> Result<Duration> {
    let (mut reader, mut writer) = large_pipe()?;
    let write: Job<'_> = Box::new(|| {
        let mut frame = vec![];
        for i in 0..count {
            frame.resize(4, 0);
            body(i, &mut frame)?;
            let length = (frame.len() - 4) as u32;
            frame[..4].copy_from_slice(&length.to_le_bytes());
            writer.write_all(&frame)?;
        }
        Ok(Tally::default())
    });
    let read: Job<'_> = Box::new(|| {
        let (mut seen, mut length, mut frame) = (Tally::default(), [0; 4], vec![]);
        for _ in 0..count {
            reader.read_exact(&mut length)?;
            frame.resize(u32::from_le_bytes(length) as usize, 0);
            reader.read_exact(&mut frame)?;
            seen.add(number(&frame)?);
        }
        Ok(seen)
    });
    run_exactly(vec![write, read], count)
}

/// Frames of bytes that nobody encodes or decodes.
pub(crate) fn stream(size: usize) -> Result<f64> {
    sample(10, |count| {
        let body = |number, frame: &mut Vec<u8>| {
            frame.resize(4 + size, b'x');
            frame[4..4 + DIGITS].copy_from_slice(&digits(number));
            Ok(())
        };
        frames(count, body, |frame| Ok(number(frame)))
    })
}

/// serde_json and nothing else: one process encodes into memory of its own, and one other decodes what lies in its own.
/// Nothing goes from one to the other.
pub(crate) fn serde_json_alone<T: Item>() -> Result<f64> {
    sample(10, |count| {
        let encode: Job<'_> = Box::new(|| {
            let (mut item, mut memory) = (T::new(), vec![]);
            for number in 0..count {
                item.set(number);
                memory.clear();
                serde_json::to_writer(&mut memory, &item)?;
                black_box(&memory);
            }
            Ok(Tally::default())
        });
        let decode: Job<'_> = Box::new(|| {
            // At some places of a page, as the items are.
            let json = serde_json::to_vec(&T::new())?;
            let at = |place: usize| [&vec![b' '; place * 1040], json.as_slice()].concat();
            let (mut places, mut seen) = ([0, 1, 2, 3].map(at), Tally::default());
            for i in 0..count {
                let place = (i % 4) as usize;
                let json = &mut places[place][place * 1040..];
                json[1..=DIGITS].copy_from_slice(&digits(i));
                seen.add(serde_json::from_slice::<T>(json)?.number());
            }
            Ok(seen)
        });
        run_exactly(vec![encode, decode], count)
    })
}

/// Frames with our JSON struct, encoded and decoded by the same serde_json.
pub(crate) fn stream_of_json() -> Result<f64> {
    sample(10, |count| {
        let mut item = Purchase::new();
        let body = |number, frame: &mut Vec<u8>| {
            frame.truncate(4);
            item.set(number);
            Ok(serde_json::to_writer(frame, &item)?)
        };
        frames(count, body, |frame| Ok(serde_json::from_slice::<Purchase>(frame)?.number()))
    })
}

const RECORD: usize = 64;

/// `n` processes write records of 64 bytes, each in one write, and `n` others read them, each in one read.
fn teams(
    n: u64,
    fill: impl Fn(u64, &mut [u8; RECORD]) -> Result,
    number: impl Fn(&[u8; RECORD]) -> Result<u64>,
) -> Result<f64> {
    sample(10 * n, |count| {
        let (reader, writer) = large_pipe()?;
        let (mut reader, mut writer, fill, number) = (&reader, &writer, &fill, &number);
        let share = count / n;
        let mut jobs: Vec<Job<'_>> = vec![];
        for i in 0..n {
            jobs.push(Box::new(move || {
                let mut record = [b'x'; RECORD];
                for number in i * share..(i + 1) * share {
                    fill(number, &mut record)?;
                    writer.write_all(&record)?;
                }
                Ok(Tally::default())
            }));
            jobs.push(Box::new(move || {
                let (mut seen, mut record) = (Tally::default(), [0; RECORD]);
                for _ in 0..share {
                    reader.read_exact(&mut record)?;
                    seen.add(number(&record)?);
                }
                Ok(seen)
            }));
        }
        run_exactly(jobs, count)
    })
}

pub(crate) fn records(n: u64) -> Result<f64> {
    let fill = |number, record: &mut [u8; RECORD]| {
        record[..DIGITS].copy_from_slice(&digits(number));
        Ok(())
    };
    teams(n, fill, |record| Ok(number(record)))
}

/// Our JSON struct, which fits, and spaces behind it.
pub(crate) fn records_of_json(n: u64) -> Result<f64> {
    let fill = |number, record: &mut [u8; RECORD]| {
        let mut item = Purchase::new();
        item.set(number);
        record.fill(b' ');
        Ok(serde_json::to_writer(&mut record[..], &item)?)
    };
    teams(n, fill, |record| Ok(serde_json::from_slice::<Purchase>(record)?.number()))
}

/// There and back through two pipes, halved.
pub(crate) fn one_way() -> Result<f64> {
    let there_and_back = sample(100, |count| {
        let (mut hear, mut ask) = pipe()?;
        let (mut back, mut answer) = pipe()?;
        let asks: Job<'_> = Box::new(|| {
            let (mut seen, mut record) = (Tally::default(), [b'x'; RECORD]);
            for i in 0..count {
                record[..DIGITS].copy_from_slice(&digits(i));
                ask.write_all(&record)?;
                back.read_exact(&mut record)?;
                seen.add(number(&record));
            }
            Ok(seen)
        });
        let answers: Job<'_> = Box::new(|| {
            let mut record = [0; RECORD];
            for _ in 0..count {
                hear.read_exact(&mut record)?;
                answer.write_all(&record)?;
            }
            Ok(Tally::default())
        });
        run_exactly(vec![asks, answers], count)
    })?;
    Ok(there_and_back / 2.0)
}
