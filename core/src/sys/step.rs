//! A place to die at, for the tests: every step of an operation that a death could fall between has a name.
//!
//! Without the feature `__fault` a step is nothing at all.

/// Names a step. Armed with that name, the process ends here as by `kill -9`.
macro_rules! step {
    ($name:literal) => {
        #[cfg(feature = "__fault")]
        $crate::sys::step::pass($name);
    };
}
pub(crate) use step;

#[cfg(feature = "__fault")]
mod armed {
    use std::sync::Mutex;

    use crate::sys::fork::lock;

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
#[cfg(feature = "__fault")]
pub use armed::arm;
#[cfg(feature = "__fault")]
pub(crate) use armed::pass;
