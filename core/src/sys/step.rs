//! Names for the steps of an operation, for the tests: a process can be held, stopped or killed at each of them.
//!
//! Without the feature `__fault` a step is nothing at all; with the feature `__trace` it is written down.

/// Names a step, between two things that others can see.
macro_rules! step {
    ($name:literal $(, $key:ident = $value:expr)*) => {
        #[cfg(feature = "__fault")]
        $crate::sys::step::pass($name);
        $crate::sys::step::trace!($name $(, $key = $value)*);
    };
}
pub(crate) use step;

/// Tells the trace of something that is no step of its own.
macro_rules! trace {
    ($name:literal $(, $key:ident = $value:expr)*) => {
        #[cfg(feature = "__trace")]
        $crate::sys::trace::event("i", $name, &[$((stringify!($key), &$value)),*]);
    };
}
pub(crate) use trace;

#[cfg(feature = "__fault")]
mod watched {
    use std::sync::OnceLock;

    static WATCHER: OnceLock<fn(&'static str)> = OnceLock::new();

    /// From now on `watcher` is called at each step that this process comes to, and those that it starts later.
    /// The first watcher stays.
    pub fn on_step(watcher: fn(&'static str)) {
        let _ = WATCHER.set(watcher);
    }

    pub(crate) fn pass(name: &'static str) {
        if let Some(watcher) = WATCHER.get() {
            watcher(name);
        }
    }
}
#[cfg(feature = "__fault")]
pub use watched::on_step;
#[cfg(feature = "__fault")]
pub(crate) use watched::pass;
