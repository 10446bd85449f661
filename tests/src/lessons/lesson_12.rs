//! Beyond one machine: lesson 11's producers and consumers, with a server between them.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::common::{
    QUICK, ends_on_ctrl_c, ends_when_cut_off, explains, of_the_lesson, refuses, refuses_bad_paces,
    refuses_unknown_arguments,
};
use crate::{Case, Pace, Run, Verdict};

const GENERATED: &str = "Chef <text> generated <text>";
const WAYS: [&str; 4] = ["naive", "lease", "conditional", "fenced"];
const ATE: &str = "Eat<text> ate<text>";

/// What to say where lesson 12 cannot run.
pub const NO_SERVER: &str = "There is no redis-server: lesson 12 is left out. On Debian and Ubuntu: sudo apt-get install redis-server";

/// Whether there is a server that lesson 12 can start.
pub fn has_redis_server() -> bool {
    let mut version = Command::new("redis-server");
    version.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

/// Lesson 12.
pub const LESSON_12: &[Case] = &[
    of_the_lesson("without_any_sleep", |program| {
        (0..3).try_for_each(|_| feeds(program.run().pace(Pace::NONE), 10))
    }),
    of_the_lesson("quickly", |program| feeds(program.run().pace(QUICK), 10)),
    of_the_lesson("one_item", |program| feeds(program.run().pace(Pace::NONE).args(["--items", "1"]), 1)),
    of_the_lesson("no_items", |program| feeds(program.run().pace(Pace::NONE).args(["--items", "0"]), 0)),
    of_the_lesson("many_items", |program| {
        feeds(program.run().pace(Pace::NONE).args(["--items", "100"]), 100)
    }),
    of_the_lesson("tickets_four_ways", |program| {
        (0..2).try_for_each(|_| sells(program.run().pace(Pace::NONE), &WAYS, 10, 10))?;
        sells(program.run().pace(QUICK), &WAYS, 10, 10)?;
        sells(program.run().pace(Pace::NONE).args(["--tickets", "1"]), &WAYS, 1, 10)?;
        sells(program.run().pace(Pace::NONE).args(["--passersby", "1"]), &WAYS, 10, 1)?;
        sells(program.run().pace(Pace::NONE).args(["--tickets", "0"]), &WAYS, 0, 10)
    }),
    of_the_lesson("one_ticket_fenced", |program| {
        let run = program.run().pace(Pace::NONE).args(["fenced", "--tickets", "1", "--passersby", "2"]);
        sells(run, &["fenced"], 1, 2)
    }),
    of_the_lesson("measures", |program| measures(program.run().args(["--bench", "--rounds", "1"]))),
    of_the_lesson("explains_itself", |program| {
        explains(
            program,
            &[
                "cook",
                "eat",
                "wait",
                "tickets",
                "naive",
                "lease",
                "conditional",
                "fenced",
                "--server",
                "--kitchen",
                "--items",
                "--idle",
                "--bench",
                "--rounds",
                "--chart",
            ],
        )
    }),
    of_the_lesson("refuses_unknown_arguments", refuses_unknown_arguments),
    of_the_lesson("refuses_bad_numbers", |program| {
        for option in ["--items", "--eaters", "--first", "--idle", "--tickets", "--passersby"] {
            for value in ["banana", "-1", "1.5", ""] {
                refuses(program, &[option, value], option)?;
            }
        }
        ["banana", "0", "100", ""]
            .iter()
            .try_for_each(|value| refuses(program, &["--bench", "--rounds", value], "--rounds"))
    }),
    of_the_lesson("refuses_bad_paces", refuses_bad_paces),
    of_the_lesson("refuses_a_bad_address", |program| {
        for address in ["banana", "", "http://localhost", "redis://", "redis://localhost:99999"] {
            refuses(program, &["--server", address], "--server")?;
        }
        Ok(())
    }),
    of_the_lesson("refuses_a_part_without_a_server", |program| {
        ["cook", "eat", "wait"].iter().try_for_each(|part| refuses(program, &[part], "--server"))
    }),
    of_the_lesson("refuses_a_server_to_measure", |program| {
        refuses(program, &["--bench", "--server", "redis://localhost"], "--server")
    }),
    of_the_lesson("ends_when_its_output_is_cut_off", |program| ends_when_cut_off(program.run())),
    of_the_lesson("ends_on_ctrl_c", |program| {
        ends_on_ctrl_c(program.run().pace(QUICK).args(["--items", "1000"]), ATE)
    }),
    of_the_lesson("ends_on_ctrl_c_while_it_measures", |program| {
        ends_on_ctrl_c(program.run().arg("--bench"), "Tasks a second: <text>")
    }),
];

/// Each dish is generated once, in the order of its cook, and eaten once, afterwards.
fn feeds(run: Run, items: usize) -> Verdict {
    let it = run.finish()?;
    it.succeeds()?;
    for (chef, food) in [("Little King", "Bun"), ("Cho", "Shredded potato")] {
        let generated: Vec<String> =
            (0..items).map(|number| format!("Chef {chef} generated {food}{number}")).collect();
        it.in_order(&generated)?;
        for (number, generated) in generated.iter().enumerate() {
            let ate = format!("Eat<text> ate{food}{number}");
            it.times(generated, 1)?;
            it.times(&ate, 1)?;
            it.before(generated, &ate)?;
        }
    }
    it.times(GENERATED, 2 * items)?;
    // On a machine that stalls an eater may be silent for too long. It says so, and that is no meal.
    let late = it.all("Eat<text> was too slow: another ate <text>").len();
    it.times(ATE, 2 * items + late)
}

/// Naive and lease sell a ticket twice, every time; conditional and fenced never. In the fenced way the store refuses the one
/// that slept.
fn sells(run: Run, ways: &[&str], tickets: usize, passersby: usize) -> Verdict {
    let it = run.arg("tickets").finish()?;
    it.succeeds()?;
    it.times("<text> Viewed remaining tickets as <number>", ways.len() * passersby)?;
    let mut bought = 0;
    for &way in ways {
        let closing =
            format!("{way}: sold <number> of {tickets}, <number> left at the server, <number> oversold");
        let numbers: Vec<usize> = it.one(&closing)?.iter().filter_map(|number| number.parse().ok()).collect();
        let [sold, left, oversold] = numbers[..] else { return it.complain("the numbers are too large") };
        bought += sold;
        if sold + left != tickets + oversold {
            return it.complain(format!(
                "{way}: {sold} sold and {left} left of {tickets} are not {oversold} oversold"
            ));
        }
        let contested = tickets > 0 && passersby > 1;
        let must = ["naive", "lease"].contains(&way) && contested;
        if must != (oversold > 0) {
            return it.complain(format!("expected {way} to oversell: {must}; it oversold {oversold}"));
        }
        if way == "fenced" && contested && it.all("<text> was refused: its lease is over").is_empty() {
            return it.complain("expected the store to refuse the one that slept");
        }
    }
    it.times("<text> Ticket Purchased Successfully", bought)?;
    it.times("<text> Viewed no more tickets", ways.len() * passersby - bought)
}

/// Each way has a figure for each number of eaters.
fn measures(run: Run) -> Verdict {
    let it = run.deadline(Duration::from_secs(200)).finish()?;
    it.succeeds()?;
    for way in ["JoinableQueue", "stream, one at a time", "stream, 100 at a time", "one at a time, everysec"]
    {
        let figures = it.one(&format!("| {way}<text>"))?[0].split('|').skip(1);
        let figures: Vec<f64> =
            figures.filter_map(|cell| cell.split_whitespace().next()?.parse().ok()).collect();
        if figures.len() != 5 || figures.contains(&0.0) {
            return it.complain(format!("expected five figures of {way}, not {figures:?}"));
        }
    }
    Ok(())
}
