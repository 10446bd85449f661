//! Runs a program as a black box and judges what it did.
