//! Beyond one machine: lesson 11's producers and consumers, with a server between them.

use std::process::{Command, Stdio};

use super::common::{
    QUICK, ends_on_ctrl_c, ends_when_cut_off, explains, of_the_lesson, refuses, refuses_bad_paces,
    refuses_unknown_arguments,
};
use crate::{Case, Pace, Run, Verdict};

const GENERATED: &str = "Chef <text> generated <text>";
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
    of_the_lesson("tickets_three_ways", |program| {
        (0..2).try_for_each(|_| sells(program.run().pace(Pace::NONE), 10, 10))?;
        sells(program.run().pace(QUICK), 10, 10)?;
        sells(program.run().pace(Pace::NONE).args(["--tickets", "1"]), 1, 10)?;
        sells(program.run().pace(Pace::NONE).args(["--passersby", "1"]), 10, 1)?;
        sells(program.run().pace(Pace::NONE).args(["--tickets", "0"]), 0, 10)
    }),
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
                "--server",
                "--kitchen",
                "--items",
                "--idle",
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
        Ok(())
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
    of_the_lesson("ends_when_its_output_is_cut_off", |program| ends_when_cut_off(program.run())),
    of_the_lesson("ends_on_ctrl_c", |program| {
        ends_on_ctrl_c(program.run().pace(QUICK).args(["--items", "1000"]), ATE)
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
    it.times(ATE, 2 * items)
}

/// Naive and lease sell a ticket twice, every time; conditional never.
fn sells(run: Run, tickets: usize, passersby: usize) -> Verdict {
    let it = run.arg("tickets").finish()?;
    it.succeeds()?;
    it.times("<text> Viewed remaining tickets as <number>", 3 * passersby)?;
    let mut bought = 0;
    for way in ["naive", "lease", "conditional"] {
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
        let must = way != "conditional" && tickets > 0 && passersby > 1;
        if must != (oversold > 0) {
            return it.complain(format!("expected {way} to oversell: {must}; it oversold {oversold}"));
        }
    }
    it.times("<text> Ticket Purchased Successfully", bought)?;
    it.times("<text> Viewed no more tickets", 3 * passersby - bought)
}
