//! The specification of each lesson.
