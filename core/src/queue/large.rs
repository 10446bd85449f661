//! Large items, which do not fit into a record: they wait in a slot, or in a file if there is no slot for them.

use crate::error::Error;
use crate::pipe::records::Content;
use crate::queue::board::Board;
use crate::queue::slots::Slot;
use crate::queue::spill::{Spill, Written};
use crate::sys::shared::Shared;

/// A large item that is written and not yet put. Dropping it removes it.
pub(crate) struct Large<'a> {
    size: u64,
    place: Place<'a>,
}

enum Place<'a> {
    Slot(Slot<'a>),
    File(&'a Spill, Written),
}

impl<'a> Large<'a> {
    pub(crate) fn write(
        board: &'a Shared<Board>,
        spill: &'a Spill,
        seat: usize,
        item: &[u8],
    ) -> Result<Large<'a>, Error> {
        let place = match board.slots.write(board.file(), seat, item) {
            Some(slot) => Place::Slot(slot),
            None => Place::File(spill, spill.write(seat, item)?),
        };
        Ok(Large { size: item.len() as u64, place })
    }

    /// Gives the item its number, and says what the record about it is.
    pub(crate) fn number(&mut self, number: u64) -> Result<Content<'static>, Error> {
        match &mut self.place {
            Place::Slot(slot) => {
                slot.number(number);
                Ok(Content::Slot { index: slot.index as u64, number, size: self.size })
            }
            Place::File(spill, file) => {
                spill.number(file, number)?;
                Ok(Content::File(number))
            }
        }
    }

    /// Takes the number back from an item that could not be put.
    pub(crate) fn unnumber(&mut self, seat: usize) -> Result<(), Error> {
        match &mut self.place {
            Place::Slot(slot) => slot.unnumber(),
            Place::File(spill, file) => spill.unnumber(file, seat)?,
        }
        Ok(())
    }

    /// The record is in the pipe: the item belongs to whoever gets it.
    pub(crate) fn keep(self) {
        match self.place {
            Place::Slot(slot) => slot.keep(),
            Place::File(_, file) => file.keep(),
        }
    }
}
