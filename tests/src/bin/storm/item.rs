//! The items: every byte of one follows from its producer and its number.

use serde::{Deserialize, Serialize};

use crate::books::PRODUCERS;
use crate::common::Dice;

/// Tells a consumer to come to its end.
const STOP: u8 = u8::MAX;

/// As JSON `[producer,number,"letters"]`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Item(u8, u64, String);

impl Item {
    pub(crate) fn new(seed: u64, producer: usize, number: u64) -> Item {
        let mut dice = Dice(seed ^ (producer as u64) << 56 ^ number);
        // Most items fit into the pipe; the others wait in slots of shared memory.
        let size = match dice.below(100) {
            0..75 => 16 + dice.below(237),
            75..97 => 253 + dice.below(4000),
            _ => 8000 + dice.below(192_001),
        };
        let letter = |number: u64| (b'a' + (number % 26) as u8) as char;
        let letters: String = (0..61).map(|_| letter(dice.next())).collect();
        let around = 7 + number.to_string().len();
        let length = (size as usize).saturating_sub(around);
        let mut body = letters.repeat(length.div_ceil(letters.len()));
        body.truncate(length);
        Item(producer as u8, number, body)
    }

    pub(crate) fn stop() -> Item {
        Item(STOP, 0, String::new())
    }

    pub(crate) fn largest() -> Item {
        Item(STOP, 0, "L".repeat(200_000))
    }

    pub(crate) fn is_stop(&self) -> bool {
        self.0 == STOP
    }

    /// Whose it is and which, if it is exactly what was put.
    pub(crate) fn checked(&self, seed: u64) -> Option<(usize, u64)> {
        let producer = usize::from(self.0);
        (producer < PRODUCERS && *self == Item::new(seed, producer, self.1)).then_some((producer, self.1))
    }
}
