//! How much work is enough.

use std::time::{Duration, Instant};

use crate::Result;

/// How long a measurement shall take at the least.
pub(crate) fn least() -> Duration {
    let asked = std::env::var("BENCH_SAMPLE").ok().and_then(|ms| ms.parse().ok());
    Duration::from_millis(asked.unwrap_or(300))
}

/// Nanoseconds per operation. `run` does so many operations and tells how long they took; it is called with more and
/// more until that is long enough. What comes before warms up, and counts for nothing. The number is always a multiple
/// of `step`.
pub(crate) fn sample(step: u64, mut run: impl FnMut(u64) -> Result<Duration>) -> Result<f64> {
    let least = least();
    let mut count = step;
    run(count)?;
    loop {
        let took = run(count)?;
        if took >= least {
            return Ok(took.as_nanos() as f64 / count as f64);
        }
        // A bit more than it seems to need. A short run says little about a long one, so not too far at once.
        let more = 1.25 * least.as_secs_f64() / took.as_secs_f64().max(1e-9);
        count = ((count as f64 * more.clamp(1.5, 20.0)) as u64).next_multiple_of(step);
    }
}

/// The same for work that happens in this process alone.
pub(crate) fn sample_alone(step: u64, mut once: impl FnMut() -> Result) -> Result<f64> {
    sample(step, |count| {
        let start = Instant::now();
        for _ in 0..count {
            once()?;
        }
        Ok(start.elapsed())
    })
}
