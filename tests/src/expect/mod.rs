//! The questions that can be asked of an [`Outcome`](crate::Outcome): one small method per kind, each answering with
//! `Ok` or with a [`Complaint`](crate::Complaint).

use std::sync::atomic::AtomicBool;

mod ends;
mod lines;
mod order;
mod writers;

/// Whether lines that are printed besides those that are asked for are let pass: to see whether all else is right.
pub(crate) static BESIDES: AtomicBool = AtomicBool::new(false);

/// `once`, `3 times`.
fn times(count: usize) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        many => format!("{many} times"),
    }
}
