//! What others do on this machine meanwhile.

use std::fs;
use std::time::{Duration, Instant};

/// More than this, in percent of all processors, disturbs.
const DISTURBS: f64 = 15.0;

/// How long to look whether it is quiet.
const LOOK: Duration = Duration::from_millis(300);

/// Processor time since the machine was started, in ticks of the clock.
#[derive(Debug, Clone, Copy, Default)]
struct Ticks {
    /// Of all processors, idle or not.
    all: u64,
    /// In which somebody worked, be it another machine on the same processors.
    busy: u64,
    /// In which we did, and those whom we have waited for.
    own: u64,
}

impl Ticks {
    fn now() -> Option<Ticks> {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        // cpu user nice system idle iowait irq softirq steal guest guest_nice; guests count in user and nice, too.
        let mut words = stat.lines().next()?.split_whitespace().skip(1).take(8).map(str::parse::<u64>);
        let words: Vec<u64> = words.by_ref().collect::<Result<_, _>>().ok()?;
        let all: u64 = words.iter().sum();
        let idle = words.get(3)? + words.get(4)?;
        let own = fs::read_to_string("/proc/self/stat").ok()?;
        // Behind the name, which may contain anything: state, ten more, utime, stime, cutime, cstime.
        let own = own.rsplit_once(')')?.1.split_whitespace().skip(11).take(4);
        Some(Ticks { all, busy: all - idle, own: own.filter_map(|word| word.parse::<u64>().ok()).sum() })
    }

    fn since(self, then: Ticks) -> Ticks {
        Ticks { all: self.all - then.all, busy: self.busy - then.busy, own: self.own - then.own }
    }

    /// Which part others have taken, in percent.
    fn of_others(self) -> f64 {
        self.busy.saturating_sub(self.own) as f64 * 100.0 / self.all.max(1) as f64
    }
}

/// Waits for quiet moments, as long as there is patience left, and keeps the books.
#[derive(Debug, Default)]
pub(crate) struct Others {
    patience: Duration,
    /// In the measurements that counted.
    taken: Ticks,
}

impl Others {
    /// With `BENCH_PATIENCE` seconds, by default none: then everything is measured at once, and once.
    pub(crate) fn new() -> Others {
        let seconds = std::env::var("BENCH_PATIENCE").ok().and_then(|seconds| seconds.parse().ok());
        Others { patience: Duration::from_secs(seconds.unwrap_or(0)), taken: Ticks::default() }
    }

    /// Does `work` in a quiet moment, and once more when that moment did not last. Only what others did decides that,
    /// never what was found.
    pub(crate) fn undisturbed<T>(&mut self, mut work: impl FnMut() -> T) -> T {
        loop {
            self.wait_for_quiet();
            let (start, before) = (Instant::now(), Ticks::now());
            let found = work();
            let Some(taken) = before.and_then(|before| Some(Ticks::now()?.since(before))) else {
                return found;
            };
            if taken.of_others() < DISTURBS || self.patience.is_zero() {
                let Ticks { all, busy, own } = self.taken;
                self.taken = Ticks { all: all + taken.all, busy: busy + taken.busy, own: own + taken.own };
                return found;
            }
            self.patience = self.patience.saturating_sub(start.elapsed());
        }
    }

    fn wait_for_quiet(&mut self) {
        while !self.patience.is_zero() {
            let before = Ticks::now();
            std::thread::sleep(LOOK);
            let taken = before.and_then(|before| Some(Ticks::now()?.since(before)));
            if taken.is_none_or(|taken| taken.of_others() < DISTURBS) {
                break;
            }
            self.patience = self.patience.saturating_sub(LOOK);
        }
    }

    /// Which part of the processors others took while something was measured, in percent.
    pub(crate) fn percent(&self) -> u64 {
        self.taken.of_others().ceil() as u64
    }
}
