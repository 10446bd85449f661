//! What goes in comes out, once.

use std::cell::RefCell;
use std::fmt::Debug;

use procession::{Error, Process, Queue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::common::{Picky, Unwritable, json_of, unwritable, well_ended};
use crate::is;

/// Puts them, has a child take them and put them back.
fn there_and_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(items: &[T]) {
    let (there, back) = (Queue::<T>::new().expect("a queue"), Queue::<T>::bounded(3).expect("a queue"));
    let child = Process::new(|| (0..items.len()).try_for_each(|_| back.put(&there.get()?)));
    let child = child.start().expect("a child");
    for item in items {
        there.put(item).expect("room");
        assert!(back.get().expect("the item") == *item, "another item has come back");
    }
    is!(there.try_get(), Err(Error::Empty));
    is!(back.try_get(), Err(Error::Empty));
    well_ended(&child);
}

/// 252 bytes are what fits into a record; more is written into shared memory.
pub(crate) fn sizes() {
    there_and_back(&[(), ()]);
    there_and_back::<Vec<u8>>(&[vec![]]);
    let sizes = [2, 3, 250, 251, 252, 253, 254, 255, 256, 257, 4095, 4096, 4097, 65536, 1 << 20];
    there_and_back(&sizes.map(json_of));
    there_and_back(&[json_of(20_000_000)]);
}

pub(crate) fn kinds() {
    there_and_back(&crate::common::kinds());
    there_and_back(&[
        json!(1),
        json!("two"),
        json!([3, null]),
        json!({ "four": "x".repeat(1000) }),
        json!(-0.0),
    ]);
    there_and_back(&[i128::MIN, i128::MAX]);
    there_and_back(&[Some(u64::MAX), None]);
    there_and_back(&[f64::from_bits(0x3fb9_9999_9999_999b)]);
}

pub(crate) fn put_encodes_at_once() {
    let queue = Queue::new().expect("a queue");
    for size in [1, 1000] {
        let item = RefCell::new(vec![1; size]);
        queue.put(&item).expect("room");
        item.borrow_mut()[0] = 2;
        assert_eq!(queue.get().expect("an item").into_inner(), vec![1; size]);
    }
}

pub(crate) fn encode_error() {
    for queue in [Queue::new(), Queue::bounded(1)] {
        let queue = queue.expect("a queue");
        is!(queue.put(&unwritable()), Err(Error::Encode(_)));
        is!(queue.try_put(&unwritable()), Err(Error::Encode(_)));
        assert_eq!(queue.len().expect("a length"), 0);
        queue.try_put(&Unwritable::new()).expect("room");
        is!(queue.try_get(), Ok(empty) if empty.is_empty());
        is!(queue.try_get(), Err(Error::Empty));
    }
}

pub(crate) fn decode_error() {
    for queue in [Queue::new(), Queue::bounded(9)] {
        let queue = queue.expect("a queue");
        let large = json!("x".repeat(1000));
        for item in [json!(1), json!("two"), large, json!(4)] {
            queue.put(&Picky(item)).expect("room");
        }
        is!(queue.get(), Ok(Picky(Value::Number(_))));
        is!(queue.get(), Err(Error::Decode(_)));
        is!(queue.try_get(), Err(Error::Decode(_)));
        assert_eq!(queue.len().expect("a length"), 1);
        assert_eq!(queue.get().expect("a number"), Picky(json!(4)));
        is!(queue.try_get(), Err(Error::Empty));
    }
}

/// JSON has no NaN and no infinity.
pub(crate) fn not_a_number() {
    for strange in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let queue = Queue::new().expect("a queue");
        queue.put(&Some(strange)).expect("room");
        is!(queue.get(), Ok(None));
        let queue = Queue::new().expect("a queue");
        queue.put(&strange).expect("room");
        is!(queue.get(), Err(Error::Decode(_)));
        is!(queue.try_get(), Err(Error::Empty));
    }
}

/// A producer's items keep their order, though some travel in the pipe and some beside it.
pub(crate) fn large_and_small_in_order() {
    const EACH: usize = 400;
    let size = |number: usize| if number.is_multiple_of(3) { number * 61 % 3000 } else { number % 100 };
    for queue in [Queue::new(), Queue::bounded(4)] {
        let queue = queue.expect("a queue");
        let produce = |producer: usize| {
            let queue = &queue;
            move || {
                (0..EACH)
                    .try_for_each(|number| queue.put(&Some((producer, number, "x".repeat(size(number))))))
            }
        };
        let got = Queue::<usize>::new().expect("a queue");
        let consume = || {
            let (mut last, mut count) = ([None; 2], 0);
            while let Some((producer, number, text)) = queue.get()? {
                assert_eq!(text.len(), size(number));
                assert!(last[producer] < Some(number), "{number} came after {:?}", last[producer]);
                last[producer] = Some(number);
                count += 1;
            }
            got.put(&count)
        };
        let consumers = [0, 1].map(|_| Process::new(consume).start().expect("a child"));
        let producers = [0, 1].map(|producer| Process::new(produce(producer)).start().expect("a child"));
        producers.iter().for_each(well_ended);
        (0..2).for_each(|_| queue.put(&None).expect("room"));
        consumers.iter().for_each(well_ended);
        assert_eq!(got.get().expect("a count") + got.get().expect("a count"), 2 * EACH);
    }
}
