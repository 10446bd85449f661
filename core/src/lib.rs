//! Processes, locks and queues.
mod board;
mod channel;
mod child;
mod current;
mod error;
mod exit;
#[cfg(feature = "fault")]
#[doc(hidden)]
pub mod fault;
#[cfg(not(feature = "fault"))]
mod fault;
mod flock;
mod fork;
mod joinable;
mod lock;
mod outcome;
mod pipe;
mod process;
mod queue;
mod records;
mod shared;
mod spill;
mod sys;
mod wait;
pub use child::*;
pub use current::*;
pub use error::*;
pub use joinable::*;
pub use lock::*;
pub use outcome::*;
pub use pipe::*;
pub use process::*;
pub use queue::*;
