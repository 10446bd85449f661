//! Has all buyers stand between reading and writing at the same moment, in the way in which nothing else keeps order.

use procession::{Error, Pipe, Receiver, Sender};

/// The host's ends of two pipes for each guest.
pub(crate) struct Meeting {
    takes_place: bool,
    guests: Vec<(Receiver<()>, Sender<()>)>,
}

/// A guest's ends, if the meeting takes place.
pub(crate) struct Invitation(Option<(Sender<()>, Receiver<()>)>);

impl Meeting {
    pub(crate) fn new(takes_place: bool) -> Meeting {
        Meeting { takes_place, guests: vec![] }
    }

    pub(crate) fn invite(&mut self) -> Result<Invitation, Error> {
        if !self.takes_place {
            return Ok(Invitation(None));
        }
        let (here, go_on) = (Pipe::new()?, Pipe::new()?);
        self.guests.push((here.receiver, go_on.sender));
        Ok(Invitation(Some((here.sender, go_on.receiver))))
    }

    /// Waits until every guest is here, or has died: either way its end is closed. Then closes its own ends: go on!
    pub(crate) fn hold(self) {
        for (here, _) in &self.guests {
            let _ = here.recv();
        }
    }
}

impl Invitation {
    pub(crate) fn meet(self) {
        if let Some((here, go_on)) = self.0 {
            drop(here);
            let _ = go_on.recv();
        }
    }
}
