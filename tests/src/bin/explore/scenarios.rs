//! What is explored, and how far.

use crate::search::Limits;

const ALL: &[&str] = &[
    // A queue, empty, one short of full, full.
    "queue(1): put | get",
    "queue(1)+1: put | get",
    "queue(2)+1: put | put",
    "queue(2)+1: put put | get get",
    "queue(1)+1: put_timeout | get",
    "queue(1)+1: try_put | get",
    "queue(1): try_put | try_get",
    "queue(1): put | get_timeout",
    "queue(2): put_large | get",
    "queue(2)+1: put_large | put_large",
    "queue(2)+2: get | get",
    "queue(1): put len | get is_empty",
    "queue: put | get",
    "queue: put put | get get",
    "queue: put put | get_timeout try_get",
    "queue: put_large | get",
    "queue: put_large put | get get",
    "joinable(1): put | get task_done",
    "joinable(1)+1: put | get task_done",
    "joinable(1)+1: put_timeout | get task_done",
    "joinable+1: join | get task_done",
    "joinable+1: join_timeout | get task_done",
    "joinable+1: get | get",
    "joinable: put join | get task_done",
    "joinable: put | get_timeout",
    "joinable: try_put | try_get",
    "joinable: put_large | get task_done",
    "lock: acquire release | acquire release",
    "lock: acquire release | acquire_timeout release",
    "lock: acquire release | try_acquire release",
    "filelock: acquire release | acquire release",
    "filelock: acquire release | acquire_timeout release",
    "pipe: send send | recv recv",
    "pipe: send | recv_timeout recv",
    "pipe: send_large send | recv recv recv",
    // Three processes.
    "queue(1)+1: put | put | get",
    "queue(1): put | get | get",
    "queue: put | get | get",
    "joinable+1: join | get task_done | put",
    "joinable+2: get task_done | get task_done | join",
    "joinable: put | get | get",
    "lock: acquire release | acquire release | acquire release",
];

pub(crate) fn limits(text: &str, short: bool) -> Limits {
    let processes = text.split('|').count();
    match (short, processes) {
        (true, 2) => Limits { changes: 2, struck: 1 },
        (true, _) => Limits { changes: 1, struck: 0 },
        (false, 2) => Limits { changes: 3, struck: 3 },
        (false, _) => Limits { changes: 3, struck: 2 },
    }
}

pub(crate) fn all(short: bool) -> Vec<(&'static str, Limits)> {
    ALL.iter().map(|text| (*text, limits(text, short))).collect()
}
