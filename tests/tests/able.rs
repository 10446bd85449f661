//! Scenes that need more than every user and every machine has: root's rights, or much memory. Where that is missing they
//! are not played, and count as ignored.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use checks::plays;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::Uid;
use trials::{Trial, judge};

const QUEUES: &str = env!("CARGO_BIN_EXE_queue_scenes");
const PROCESSES: &str = env!("CARGO_BIN_EXE_process_scenes");

fn main() -> ExitCode {
    let root = Uid::effective().is_root();
    let pages_are_rationed =
        number_in("/proc/sys/fs/pipe-user-pages-soft", "").is_some_and(|pages| pages > 0);
    let memory = number_in("/proc/meminfo", "MemAvailable:").is_some_and(|kib| kib > 3 << 20);
    judge(vec![
        // The pid of a reaped child is not signalled when it is a stranger's.
        scene(PROCESSES, "a_reaped_pid_is_never_signalled", chooses_pids()),
        // A reaped child is not taken for a later one with the same pid.
        scene(PROCESSES, "a_reaped_pid_may_come_back_as_a_child", chooses_pids()),
        // A child in another network namespace does not clear away what the family still needs.
        scene(QUEUES, "a_child_in_another_namespace", has_a_world_of_its_own(CloneFlags::CLONE_NEWNET)),
        // A large item beyond a full disk is an error; when there is room again, so there is for items.
        scene(QUEUES, "disk_full", has_a_world_of_its_own(CloneFlags::CLONE_NEWNS)),
        // What has more than 1 GiB as JSON is refused, and nothing is put; so it is with a pipe.
        scene(QUEUES, "too_large", memory),
        // When no process can be started, queues are none the worse for it.
        scene(QUEUES, "no_process_left", root),
        // When a user's pipe pages are used up, a queue holds what it promises or is refused.
        scene(QUEUES, "no_pipe_pages_left", root && pages_are_rationed),
    ])
}

fn scene(program: &'static str, name: &'static str, possible: bool) -> Trial {
    let play = move || Ok(plays(program, name).map(drop)?);
    if !possible {
        eprintln!("{name}: not possible here, and ignored");
    }
    Trial::test(name, play).with_ignored_flag(!possible)
}

/// The first number in the line that begins so.
fn number_in(file: &str, line: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|text| text.strip_prefix(line))?.split_whitespace().next()?.parse().ok()
}

/// Whether a process may have its own namespace of this kind.
fn has_a_world_of_its_own(kind: CloneFlags) -> bool {
    let mut command = Command::new("/bin/true");
    // SAFETY: one system call; nothing is allocated.
    unsafe { command.pre_exec(move || Ok(unshare(kind)?)) };
    command.status().is_ok_and(|status| status.success())
}

/// Whether this process may say which pid a new one gets: CAP_CHECKPOINT_RESTORE, or CAP_SYS_ADMIN.
fn chooses_pids() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let able = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let able = able.and_then(|able| u64::from_str_radix(able.trim(), 16).ok());
    able.is_some_and(|able| able & (1 << 40 | 1 << 21) != 0)
}
