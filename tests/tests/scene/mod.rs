//! Runs scenes: what they are is told in `checks::scenes`.

/// A test for each scene that checks itself. The sentence above it says what it shows.
macro_rules! plays {
    ($program:literal: $($(#[$sentence:meta])* $name:ident)*) => {
        $($(#[$sentence])* #[test] fn $name() {
            checks::OrFail::or_fail(checks::plays(env!(concat!("CARGO_BIN_EXE_", $program)), stringify!($name)));
        })*
    };
}
