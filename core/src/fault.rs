//! A place to die at, for the tests: every step of an operation that a death could fall between has a name.
//!
//! Without the feature `fault` a step is nothing at all.

/// Names a step. Armed with that name, the process ends here as by `kill -9`.
macro_rules! step {
    ($name:literal) => {
        #[cfg(feature = "fault")]
        $crate::fault::pass($name);
    };
}
pub(crate) use step;

#[cfg(feature = "fault")]
mod armed {
    use std::sync::Mutex;

    use crate::fork::lock;

    static ARMED: Mutex<Option<(String, i32)>> = Mutex::new(None);

    /// From now on this process sends itself `signal` when it passes the step `name`, once.
    pub fn arm(name: &str, signal: i32) {
        *lock(&ARMED) = Some((name.to_owned(), signal));
    }

    pub(crate) fn pass(name: &str) {
        let mut armed = lock(&ARMED);
        let Some(signal) = armed.take_if(|(at, _)| at == name).map(|(_, signal)| signal) else { return };
        drop(armed);
        // SAFETY: raise takes a number.
        unsafe { nix::libc::raise(signal) };
    }
}
#[cfg(feature = "fault")]
pub use armed::arm;
#[cfg(feature = "fault")]
pub(crate) use armed::pass;
