//! What travels through the queues. Every item carries a number, so that it can be told whether each arrived once.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
///
/// With each number a large one lies at another place of its page: a copy to the same place of another page may take
/// twice as long, and it should not be luck what is measured.
#[derive(Debug)]
pub(crate) struct Text<const SIZE: usize> {
    memory: String,
    start: usize,
}

const PAGE: usize = 4096;

/// As far apart as memory from the heap may be, and it takes long until it is at the same place again.
const SHIFT: usize = 336;

impl<const SIZE: usize> Text<SIZE> {
    const IS_LARGE: bool = SIZE > PAGE;

    fn text(&self) -> &str {
        &self.memory[self.start..self.start + SIZE - 2]
    }

    fn write(&mut self, digits: &[u8; DIGITS]) {
        // In place, with no memory from the heap: the queue is to be measured, not this.
        let digits = std::str::from_utf8(digits).unwrap_or_default();
        self.memory.replace_range(self.start..self.start + DIGITS, digits);
    }
}

impl<const SIZE: usize> Clone for Text<SIZE> {
    fn clone(&self) -> Text<SIZE> {
        Text { memory: self.text().to_owned(), start: 0 }
    }
}

impl<const SIZE: usize> Serialize for Text<SIZE> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

impl<'de, const SIZE: usize> Deserialize<'de> for Text<SIZE> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text<SIZE>, D::Error> {
        String::deserialize(deserializer).map(|memory| Text { memory, start: 0 })
    }
}

impl<const SIZE: usize> Item for Text<SIZE> {
    fn new() -> Text<SIZE> {
        Text { memory: "x".repeat(SIZE - 2 + if Self::IS_LARGE { PAGE } else { 0 }), start: 0 }
    }

    fn set(&mut self, number: u64) {
        if Self::IS_LARGE {
            self.write(&[b'x'; DIGITS]);
            self.start = (self.start + SHIFT) % PAGE;
        }
        self.write(&digits(number));
    }

    fn number(&self) -> u64 {
        assert_eq!(self.memory.len(), SIZE - 2);
        number(self.memory.as_bytes())
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
