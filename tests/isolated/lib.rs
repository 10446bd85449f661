//! Nothing but tests is here: see `tests/`.
