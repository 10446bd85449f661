//! Time that flies: a process whose waits are over at once, and a clock that says that they were not.
//!
//! A wait with an end where one without belongs is found out only by who holds out longer; and nobody wants to wait that
//! long for a check. The clock is read in the process itself, in a page that the kernel puts there (the vDSO), without any
//! call. So the function there is replaced by a real call, which the [gate](crate::gate) answers.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use nix::libc;
use nix::time::{ClockId, clock_gettime};
use object::{Object, ObjectSymbol};

/// `clock_gettime` as nothing but the system call.
#[cfg(target_arch = "x86_64")]
const CALL: &[u8] = &[0xb8, 228, 0, 0, 0, 0x0f, 0x05, 0xc3]; // mov eax, 228; syscall; ret
#[cfg(target_arch = "aarch64")]
const CALL: &[u8] = &[0x28, 0x0e, 0x80, 0xd2, 0x01, 0, 0, 0xd4, 0xc0, 0x03, 0x5f, 0xd6]; // mov x8, 113; svc 0; ret
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const CALL: &[u8] = &[];

/// What the function is called there: it depends on the kind of machine.
const NAMES: [&str; 2] = ["__vdso_clock_gettime", "__kernel_clock_gettime"];

/// Has a process ask for the time by a system call; and those that it starts.
pub(crate) fn ask_by_call(pid: i32) -> io::Result<()> {
    let memory = File::options().read(true).write(true).open(format!("/proc/{pid}/mem"))?;
    let maps = fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let range = maps.lines().find(|line| line.ends_with("[vdso]")).and_then(|line| line.split(' ').next());
    let ends = range.and_then(|range| {
        let (from, to) = range.split_once('-')?;
        Some((u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?))
    });
    // Without it the process calls anyway.
    let Some((from, to)) = ends else { return Ok(()) };
    let mut page = vec![0; (to - from) as usize];
    memory.read_exact_at(&mut page, from)?;
    let page = object::File::parse(&*page).map_err(io::Error::other)?;
    let ours = |symbol: &object::Symbol<'_, '_>| symbol.name().is_ok_and(|name| NAMES.contains(&name));
    match page.dynamic_symbols().find(ours) {
        Some(symbol) => memory.write_all_at(CALL, from + symbol.address()),
        None => Ok(()),
    }
}

/// What a clock says, so much ahead of what it says to us. `None` for one that does not tell the time of day, or since some
/// day: these are left alone.
pub(crate) fn ahead(clock: u64, by: Duration) -> Option<Duration> {
    let known = [libc::CLOCK_REALTIME, libc::CLOCK_MONOTONIC, libc::CLOCK_BOOTTIME];
    let clock = known.into_iter().find(|known| *known as u64 == clock)?;
    Some(Duration::from(clock_gettime(ClockId::from_raw(clock)).ok()?) + by)
}
