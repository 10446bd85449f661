//! Scenes of queues: `queue_scenes <scene>`.

mod backlog;
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
        backlog {
            never_full_without_a_bound, bounds_beyond_the_pipe, a_child_puts_much_and_ends, a_million_items_wait,
            a_reader_that_lags, killed_at_a_backlog, killed_at_a_million, file_size_limit,
        }
        bounds {
            maxsize_is_exact, never_one_too_many, the_largest_maxsize, full_and_empty_at_once, timeouts, visible_at_once,
            visible_at_once_in_another_process, timeouts_in_traffic, room_is_seen_in_traffic, putters_are_woken, stopped_getter,
            room_is_seen_on_a_busy_machine, long_and_endless_timeouts,
        }
        crowds {
            each_item_once_and_in_order, each_item_once_and_in_order_bounded, a_hundred_processes,
            threads_and_clones, killed_getters, killed_putters, five_thousand_processes,
        }
        items {
            sizes, kinds, put_encodes_at_once, encode_error, decode_error, not_a_number, large_and_small_in_order,
        }
        large {
            slots_are_used_again, no_room_for_large_items, memory_of_a_large_backlog, nothing_lies_in_a_folder, no_dev_shm,
            main_returns_first, an_orphan_goes_on, a_slow_putter_keeps_its_item, slots_after_deaths, slots_of_the_dead,
            a_panic_in_serde, put_and_get_within_serde,
        }
        limits { too_large, encode_error_at_the_end, no_memory_left, no_process_left, no_pipe_pages_left, three_hundred_queues }
        model { as_the_model }
        scarce {
            no_descriptor_left, few_descriptors, little_memory,
        }
        strange {
            made_in_a_child, made_after_a_fork_of_others, moved_into_the_closure, dropped_in_the_parent, nested, a_child_in_another_namespace, shown,
        }
    });
}
