//! The mutual exclusion lock: ten passersby, ten tickets, three ways to sell them.

mod file;
mod ways;

use super::common::{
    QUICK, case, ends_on_ctrl_c, ends_when_cut_off, explains, of_the_lesson, refuses, refuses_bad_paces,
    refuses_unknown_arguments,
};
use crate::{Case, Pace, Program, Verdict};
use ways::{Way, judge_all, judge_one};

const VIEW: &str = "<text> Viewed remaining tickets as <number>";

/// Lesson 09.
pub const LESSON_09: &[Case] = &[
    case("all_three_ways", |program| judge_all(&program.run().pace(QUICK), 10, 10)),
    case("all_three_ways_without_any_sleep", |program| judge_all(&program.run().pace(Pace::NONE), 10, 10)),
    case("unlocked_oversells_every_time", |program| {
        (0..5).try_for_each(|_| judge_one(&program.run().pace(Pace::NONE), Way::Unlocked, 10, 10))?;
        judge_one(&program.run().pace(QUICK), Way::Unlocked, 10, 10)
    }),
    case("locked_never_oversells", |program| {
        (0..5).try_for_each(|_| judge_one(&program.run().pace(Pace::NONE), Way::Locked, 10, 10))
    }),
    case("fewer_tickets_than_passersby", |program| every_way(program, 3, 10)),
    case("fewer_passersby_than_tickets", |program| every_way(program, 10, 3)),
    case("no_tickets", |program| every_way(program, 0, 3)),
    case("no_passersby", |program| every_way(program, 10, 0)),
    case("one_passerby_cannot_oversell", |program| every_way(program, 2, 1)),
    case("one_ticket_for_two", |program| every_way(program, 1, 2)),
    of_the_lesson("a_death_under_the_lock_stops_nobody", ways::a_death_under_the_lock),
    case("two_tickets_for_three", |program| two_for_three(program, Way::Locked)),
    case("two_tickets_for_three_joined", |program| two_for_three(program, Way::Joined)),
    case("uses_the_given_file", file::uses_the_given_file),
    of_the_lesson("refuses_a_bad_file", file::refuses_bad_files),
    of_the_lesson("refuses_a_file_it_may_not_read", file::refuses_an_unreadable_file),
    of_the_lesson("refuses_a_folder_it_may_not_write", file::refuses_a_read_only_folder),
    of_the_lesson("refuses_a_file_without_a_way", |program| {
        refuses(program, &["--file", "tickets.json"], "--file")
    }),
    of_the_lesson("refuses_a_file_and_a_number_of_tickets", |program| {
        refuses(program, &["locked", "--file", "tickets.json", "--tickets", "3"], "--tickets")
    }),
    case("explains_itself", |program| {
        explains(program, &["unlocked", "joined", "locked", "--tickets", "--passersby", "--file"])
    }),
    of_the_lesson("refuses_unknown_arguments", refuses_unknown_arguments),
    of_the_lesson("refuses_two_ways", |program| refuses(program, &["locked", "joined"], "joined")),
    of_the_lesson("refuses_bad_numbers", refuses_bad_numbers),
    of_the_lesson("refuses_bad_paces", refuses_bad_paces),
    of_the_lesson("ends_when_its_output_is_cut_off", |program| ends_when_cut_off(program.run())),
    of_the_lesson("ends_on_ctrl_c", |program| {
        // So many passersby that they would take minutes.
        ends_on_ctrl_c(program.run().args(["joined", "--passersby", "1000"]), VIEW)
    }),
    of_the_lesson("ends_on_ctrl_c_when_many_wait_for_the_lock", |program| {
        ends_on_ctrl_c(program.run().args(["locked", "--passersby", "300"]), VIEW)
    }),
];

fn two_for_three(program: &Program, way: Way) -> Verdict {
    judge_one(&program.run().pace(QUICK).args(["--tickets", "2", "--passersby", "3"]), way, 2, 3)
}

fn every_way(program: &Program, tickets: usize, passersby: usize) -> Verdict {
    let run = program.run().pace(Pace::NONE);
    let run = run.args(["--tickets", &tickets.to_string(), "--passersby", &passersby.to_string()]);
    for way in [Way::Unlocked, Way::Joined, Way::Locked] {
        judge_one(&run, way, tickets, passersby)?;
    }
    judge_all(&run, tickets, passersby)
}

fn refuses_bad_numbers(program: &Program) -> Verdict {
    for option in ["--tickets", "--passersby"] {
        for value in ["banana", "-1", "1.5", ""] {
            refuses(program, &[option, value], option)?;
        }
        refuses(program, &[option], option)?;
    }
    refuses(program, &["locked", "--file"], "--file")
}
