//! Has all buyers stand between reading and writing at the same moment.

use procession::{Error, Pipe, Receiver, Sender};

/// The host's ends of two pipes for each guest.
#[derive(Default)]
pub(crate) struct Meeting {
    guests: Vec<(Receiver<()>, Sender<()>)>,
}

/// A guest's ends.
pub(crate) struct Invitation {
    here: Sender<()>,
    go_on: Receiver<()>,
}

impl Meeting {
    pub(crate) fn invite(&mut self) -> Result<Invitation, Error> {
        let (here, go_on) = (Pipe::new()?, Pipe::new()?);
        self.guests.push((here.receiver, go_on.sender));
        Ok(Invitation { here: here.sender, go_on: go_on.receiver })
    }

    /// Waits until every guest is here, or has died: both close his end. Then closes its own ends: go on!
    pub(crate) fn hold(self) {
        for (here, _) in &self.guests {
            let _ = here.recv();
        }
    }
}

impl Invitation {
    pub(crate) fn meet(self) {
        drop(self.here);
        let _ = self.go_on.recv();
    }
}
