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
const HOSTS: &str = env!("CARGO_BIN_EXE_host_scenes");
const PROCESSES: &str = env!("CARGO_BIN_EXE_process_scenes");

fn main() -> ExitCode {
    let root = Uid::effective().is_root();
    let pages_are_rationed =
        number_in("/proc/sys/fs/pipe-user-pages-soft", "").is_some_and(|pages| pages > 0);
    let memory = number_in("/proc/meminfo", "MemAvailable:").is_some_and(|kib| kib > 3 << 20);
    let (own_view, own_pids) = (
        has_a_world_of_its_own(CloneFlags::CLONE_NEWNS),
        has_a_world_of_its_own(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWPID),
    );
    judge(vec![
        // Without /proc processes and locks on a path work, and a lock without one says what is missing.
        scene(HOSTS, "without_proc", own_view),
        // Without /dev/null a child's stdin is empty all the same.
        scene(HOSTS, "without_dev", own_view),
        // What may only be read can be locked; what is not there cannot be made.
        scene(HOSTS, "a_file_system_to_read_only", own_view),
        // Where there is no room for a lock's file the error says so, and later it works.
        scene(HOSTS, "a_full_file_system", own_view),
        // The first process of a container can do what any process can.
        scene(HOSTS, "the_first_process", own_pids),
        // Also with a /proc that shows other processes.
        scene(HOSTS, "a_proc_of_other_processes", own_pids),
        // A child in a PID namespace of its own is locked out, lives as a daemon, and dies with its parent.
        scene(HOSTS, "a_child_that_is_the_first_process", own_pids),
        // A process that becomes another user's keeps its locks; a daemon that cannot be ended keeps nobody waiting.
        scene(HOSTS, "another_user_later", root),
        // A process whose /proc belongs to root has locks and children.
        scene(HOSTS, "not_to_be_looked_at", root),
        // Locks work where memory must not be executed.
        scene(HOSTS, "memfds_only_without_execution", own_pids),
        // The pid of a reaped child is not signalled when it is a stranger's.
        scene(PROCESSES, "a_reaped_pid_is_never_signalled", chooses_pids()),
        // A reaped child is not taken for a later one with the same pid.
        scene(PROCESSES, "a_reaped_pid_may_come_back_as_a_child", chooses_pids()),
        // A child in another network namespace uses the queue as any other.
        scene(QUEUES, "a_child_in_another_namespace", has_a_world_of_its_own(CloneFlags::CLONE_NEWNET)),
        // A small /dev/shm that nobody may write to is nothing to a queue.
        scene(QUEUES, "no_dev_shm", has_a_world_of_its_own(CloneFlags::CLONE_NEWNS)),
        // What has more than 1 GiB as JSON is refused, and nothing is put; so it is with a pipe.
        scene(QUEUES, "too_large", memory),
        // When no process can be started, queues are none the worse for it.
        scene(QUEUES, "no_process_left", root),
        // 200 queues in one program of an ordinary user and 100 in another are without a limit, each of them.
        scene(QUEUES, "three_hundred_queues", root && pages_are_rationed),
        // 5000 processes at one queue, of which each fifth is killed.
        scene(QUEUES, "five_thousand_processes", memory && root),
        // A million items, four getters, and one of these killed each few milliseconds.
        scene(QUEUES, "killed_at_a_million", memory),
        // When a user's pipe pages are used up, a queue holds what it promises.
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
