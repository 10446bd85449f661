//! What lesson 12 and its exercise stand on: a kitchen that programs on many machines share, and a server to try it on.

mod kitchen;
mod link;
mod server;

pub use kitchen::{Dish, Kitchen};
pub use link::{Address, Link};
pub use server::{Server, end_with_us};
