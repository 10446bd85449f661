//! Scenes of queues: `queue_scenes <scene>`.

mod bounds;
#[path = "../common/mod.rs"]
mod common;
mod crowds;
mod items;
mod large;
mod limits;
mod model;
mod scarce;
mod strange;

fn main() {
    common::main(checks::scenes! {
        bounds {
            maxsize_is_exact, never_one_too_many, the_largest_maxsize, full_and_empty_at_once, timeouts, visible_at_once,
            visible_at_once_in_another_process, timeouts_in_traffic, room_is_seen_in_traffic, putters_are_woken, stopped_getter,
            full_without_a_bound, long_and_endless_timeouts,
        }
        crowds {
            each_item_once_and_in_order, each_item_once_and_in_order_bounded, a_hundred_processes,
            threads_and_clones, killed_getters, killed_putters, a_large_item_among_many_small_ones,
        }
        items {
            sizes, kinds, put_encodes_at_once, encode_error, decode_error, not_a_number, large_and_small_in_order,
        }
        large {
            no_folder_without_need, slots_are_used_again, no_slot_behind_the_limit, modes, modes_umask_000, modes_umask_077, no_tmpdir, folder_is_refused, main_returns_first,
            folder_and_getter_elsewhere, make_and_wait, make_and_end, orphan_keeps_the_folder, cleared_after_deaths, slots_after_deaths,
            a_slow_putter_keeps_its_item,
        }
        limits { too_large, encode_error_at_the_end, no_memory_left, no_process_left, no_pipe_pages_left }
        model { as_the_model }
        scarce {
            file_size_limit, disk_full, no_descriptor_left, no_descriptor_to_get_with, few_descriptors, little_memory,
        }
        strange {
            made_in_a_child, made_after_a_fork_of_others, moved_into_the_closure, dropped_in_the_parent, nested, a_child_in_another_namespace, shown,
        }
    });
}
