//! Runs a program as a black box and judges what it did.
//!
//! A [`Run`] starts a program with a deadline, in an empty folder of its own, and reads its output line by line, each
//! line with the process that wrote it and the time it came. What is left when it ends is an [`Outcome`]: questions
//! are asked of it (`outcome.before(a, b)`, `outcome.no_survivors()`, …), and each answers with `Ok` or with a
//! [`Complaint`] in words, followed by everything that was printed.
//!
//! A lesson's specification is a list of [`Case`]s. The same list judges the Rust lesson and its Python twin; the package
//! `trials` makes tests of it.
//!
//! ## Caveats
//!
//! - A process belongs to the run if it is in the run's process group or has the run's mark in its environment. One
//!   that leaves the group *and* starts a new program with an empty environment is not found.
//! - stdout and stderr are sockets, because the kernel names the writer of data in a socket and not in a pipe. A
//!   program that opens `/dev/stdout` anew fails here.
//! - When the test program itself is killed, the programs it runs are killed a moment later: see [`guard`].

pub mod answer;
mod call;
pub mod cargo;
mod cases;
mod clock;
mod complaint;
pub mod exercise;
mod expect;
mod family;
mod folder;
mod gate;
mod held;
mod hold;
pub mod host;
mod inherited;
pub mod lessons;
mod limits;
mod outcome;
mod pace;
mod pattern;
mod program;
mod redis_server;
mod report;
mod run;
mod running;
pub mod scenes;
mod shown;
mod shown_safely;
mod stream;
pub mod timeline;
mod waiting;

pub use call::Call;
pub use cases::{Case, plays};
pub use complaint::{Complaint, OrFail, Verdict};
pub use folder::folder;
pub use inherited::heed_signals;
pub use nix::sys::signal::Signal;
pub use outcome::{End, Line, Mark, Outcome, Survivor};
pub use pace::Pace;
pub use pattern::captures;
pub use program::{Made, Program, python_version};
pub use redis_server::RedisServer;
pub use run::Run;
pub use running::Running;
pub use waiting::Waiting;
