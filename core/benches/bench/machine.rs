//! What machine it was.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

/// One line.
pub(crate) fn describe() -> String {
    let cores = available_parallelism().map_or("?".into(), |cores| cores.to_string());
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown CPU");
    let machine = if cpuinfo.contains(" hypervisor") { ", in a virtual machine" } else { "" };
    let governor = match read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") {
        Some(governor) => format!(", governor {governor}"),
        None => String::new(),
    };
    let kernel = read("/proc/sys/kernel/osrelease").unwrap_or_default();
    // Not the whole name: what a vendor adds to it says where it was built, not what it is.
    let kernel = kernel.split('-').next().unwrap_or_default();
    let (rustc, python) = (version("rustc"), version("python3"));
    format!("{cores} cores, {model}{machine}{governor}; Linux {kernel}; {rustc}; {python}")
}

fn read(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

/// "rustc 1.95.0", without the rest.
fn version(program: &str) -> String {
    let output = Command::new(program).arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().take(2).collect();
    if words.is_empty() { format!("no {program}") } else { words.join(" ") }
}

/// Processor time since the machine was started, in ticks of the clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticks {
    /// Of all processors, idle or not.
    all: u64,
    /// In which somebody worked, be it another machine on the same processors.
    busy: u64,
    /// In which we did, and those whom we have waited for.
    own: u64,
}

impl Ticks {
    pub(crate) fn now() -> Option<Ticks> {
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

    /// Which part of the processors others have taken since then, in percent.
    pub(crate) fn taken_by_others_since(self, then: Ticks) -> u64 {
        let others = (self.busy - then.busy).saturating_sub(self.own - then.own);
        (others * 100).div_ceil((self.all - then.all).max(1))
    }
}
