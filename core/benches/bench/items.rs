//! What travels through the queues. Every item carries a number, so that it can be told whether each arrived once.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// An item with a number.
pub(crate) trait Item: Clone + Serialize + DeserializeOwned {
    fn new() -> Self;
    fn set(&mut self, number: u64);
    fn number(&self) -> u64;
}

/// A struct that is about 50 bytes as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Purchase {
    id: u64,
    name: String,
    count: u32,
    sold: bool,
}

impl Item for Purchase {
    fn new() -> Purchase {
        Purchase { id: 0, name: "passerby7".into(), count: 10, sold: true }
    }

    fn set(&mut self, number: u64) {
        self.id = number;
    }

    fn number(&self) -> u64 {
        assert!(self.name == "passerby7" && self.count == 10 && self.sold);
        self.id
    }
}

/// A text that is `SIZE` bytes as JSON: two quotes and what is between them, which begins with the number.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<const SIZE: usize>(String);

impl<const SIZE: usize> Item for Text<SIZE> {
    fn new() -> Text<SIZE> {
        Text("x".repeat(SIZE - 2))
    }

    fn set(&mut self, number: u64) {
        // In place, with no memory from the heap: the queue is to be measured, not this.
        let digits = digits(number);
        self.0.replace_range(..DIGITS, std::str::from_utf8(&digits).unwrap_or_default());
    }

    fn number(&self) -> u64 {
        assert_eq!(self.0.len(), SIZE - 2);
        number(self.0.as_bytes())
    }
}

pub(crate) const DIGITS: usize = 10;

pub(crate) fn digits(mut number: u64) -> [u8; DIGITS] {
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit += (number % 10) as u8;
        number /= 10;
    }
    digits
}

/// The number at the beginning of a text.
pub(crate) fn number(text: &[u8]) -> u64 {
    text[..DIGITS].iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
}
