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
