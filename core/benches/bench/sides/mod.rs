//! The measurements: ours, and the same by plain system calls. Each is a function that answers one figure.

mod alone;
mod backlog;
mod lessons;
mod locks;
mod needs;
mod queues;
mod raw_queues;
mod start;
mod tickets;
mod wakeups;

use crate::Result;
use crate::items::{Purchase, Text};

/// Measures one side of a row. The work is what `rows.rs` says.
pub(crate) fn measure(side: &str, work: &[&str]) -> Result<f64> {
    let number = |at: usize| -> Result<u64> { Ok(work.get(at).ok_or("a number is missing")?.parse()?) };
    match (side, work) {
        ("ours", ["start", ..]) => start::ours(number(1)?),
        ("raw", ["start", ..]) => start::raw(number(1)?),
        ("ours", ["lock", _, place]) => locks::ours(number(1)?, place),
        ("raw", ["lock", _, place]) => locks::raw(number(1)?, place),
        ("ours", ["queue", "64", _]) => queues::pass::<Text<64>>(None, number(2)?),
        ("ours", ["queue", "json", _]) => queues::pass::<Purchase>(None, number(2)?),
        ("ours", ["queue", "64k", _]) => queues::pass::<Text<{ 64 << 10 }>>(None, number(2)?),
        ("ours", ["queue", "1m", _]) => queues::pass::<Text<{ 1 << 20 }>>(None, number(2)?),
        ("ours", ["bounded", "json", _]) => queues::pass::<Purchase>(Some(1000), number(2)?),
        ("ours", ["joinable", "json", _]) => queues::all_done::<Purchase>(number(2)?),
        ("raw", ["queue", "64", "1"]) => raw_queues::stream(64),
        ("raw", ["queue", "64k", "1"]) => raw_queues::serde_json_alone::<Text<{ 64 << 10 }>>(),
        ("raw", ["queue", "1m", "1"]) => raw_queues::serde_json_alone::<Text<{ 1 << 20 }>>(),
        ("raw", ["queue", "json", "1"]) => raw_queues::stream_of_json(),
        ("raw", ["queue", "64", _]) => raw_queues::records(number(2)?),
        ("raw", ["queue", "json", _]) => raw_queues::records_of_json(number(2)?),
        ("ours", ["million", "64"]) => backlog::put_then_get::<Text<64>>(),
        ("ours", ["lagging", "64"]) => backlog::lagging::<Text<64>>(),
        ("ours", ["beside", _]) => backlog::beside_others(number(1)?),
        ("ours", ["latency"]) => queues::one_way(),
        ("raw", ["latency"]) => raw_queues::one_way(),
        ("ours", ["wakeups"]) => wakeups::ours(),
        ("raw", ["wakeups"]) => wakeups::raw(),
        ("ours", ["memory"]) => needs::memory(),
        ("ours", ["descriptors"]) => needs::descriptors(),
        ("ours", ["waiting"]) => needs::waiting(),
        ("ours", ["gone"]) => needs::gone(),
        ("ours", ["behind", "64k", _]) => alone::behind_others::<Text<{ 64 << 10 }>>(number(2)?),
        ("ours", ["after", "64", _]) => alone::after::<Text<64>>(number(2)?),
        ("ours", ["after", "64k", _]) => alone::after::<Text<{ 64 << 10 }>>(number(2)?),
        ("ours", ["maxsize", _]) => alone::half_full(number(1)? as usize),
        ("ours", ["tickets"]) => tickets::ours(),
        ("raw", ["tickets"]) => tickets::raw(),
        ("ours", ["lesson", number]) => lessons::rust(number),
        ("python", ["lesson", number]) => lessons::python(number),
        _ => Err(format!("nobody knows how to measure {side} {work:?}").into()),
    }
}
