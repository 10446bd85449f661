//! The system refuses what it has always done, at the worst moment.

use checks::host::refuse;
use nix::errno::Errno;
use nix::libc;
use procession::Process;

use crate::common::well_ended;
use crate::victim::{SIZES, State, Under, item};

/// The pipe has run low, so that a record which was appended behind it is followed by a move; and that is refused.
pub(crate) fn refused_after_the_append() {
    for under in [0, 2].map(Under::one_of) {
        for size in SIZES {
            let mut items = under.fill(State::Low, 1);
            items.push(item(size, usize::MAX));
            let put = || {
                refuse(libc::SYS_splice, Errno::EPERM).expect("a filter");
                items.last().map_or(Ok(()), |item| under.put(item))
            };
            well_ended(&Process::new(put).start().expect("a child"));
            assert_eq!(under.drain(), items);
            assert_eq!(under.lost(), 0);
        }
    }
}
