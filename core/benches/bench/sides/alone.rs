//! One process puts and gets in turn: what does that cost, whatever has gone before, and however large the bound is?

use procession::Queue;

use crate::Result;
use crate::items::{Item, Purchase};
use crate::sample::{least, sample_alone};

/// Put and get, after so many others.
pub(crate) fn after<T: Item>(messages: u64) -> Result<f64> {
    let queue = Queue::new()?;
    let mut item = T::new();
    let mut number = 0;
    let mut pass = || -> Result {
        number += 1;
        item.set(number);
        queue.put(&item)?;
        let got: T = queue.get()?;
        if got.number() == number { Ok(()) } else { Err("something else came out".into()) }
    };
    let quick = least().as_millis() < 300;
    for _ in 0..if quick { messages / 100 } else { messages } {
        pass()?;
    }
    sample_alone(10, pass)
}

/// Put and get, while so many others wait.
pub(crate) fn behind_others<T: Item>(waiting: u64) -> Result<f64> {
    let (queue, mut item) = (Queue::new()?, T::new());
    for number in 0..waiting {
        item.set(number);
        queue.put(&item)?;
    }
    let (mut put, mut got) = (waiting, 0);
    sample_alone(10, || {
        item.set(put);
        queue.put(&item)?;
        let first: T = queue.get()?;
        (put, got) = (put + 1, got + 1);
        if first.number() == got - 1 { Ok(()) } else { Err("it is not first in, first out".into()) }
    })
}

/// Put and get, while the queue is half full.
pub(crate) fn half_full(maxsize: usize) -> Result<f64> {
    let queue = Queue::bounded(maxsize)?;
    let mut item = Purchase::new();
    for number in 0..maxsize / 2 {
        item.set(number as u64);
        queue.put(&item)?;
    }
    let (mut put, mut got) = (maxsize as u64 / 2, 0);
    sample_alone(10, || {
        item.set(put);
        queue.put(&item)?;
        let first = queue.get()?.number();
        (put, got) = (put + 1, got + 1);
        if first == got - 1 { Ok(()) } else { Err("it is not first in, first out".into()) }
    })
}
