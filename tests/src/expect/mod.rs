//! The questions that can be asked of an [`Outcome`](crate::Outcome): one small method per kind, each answering with
//! `Ok` or with a [`Complaint`](crate::Complaint).

mod ends;
mod lines;
mod order;
mod writers;

/// `once`, `3 times`.
fn times(count: usize) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        many => format!("{many} times"),
    }
}
