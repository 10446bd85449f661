//! What all lessons share.
