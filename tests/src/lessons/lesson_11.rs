//! `JoinableQueue`: producers and consumers.

mod waits;

use std::collections::BTreeSet;

use super::common::{
    QUICK, case, ends_on_ctrl_c, ends_when_cut_off, explains, of_the_lesson, refuses, refuses_bad_paces,
    refuses_unknown_arguments,
};
use crate::{Case, Line, Outcome, Pace, Program, Run, Verdict, captures};

const GENERATED: &str = "Chef <text> generated <text>";
const ATE: &str = "Eat<text> ate<text>";

/// Lesson 11.
pub const LESSON_11: &[Case] = &[
    case("quickly", |program| feeds(program.run().pace(QUICK), 2, 2, 10)),
    case("without_any_sleep", |program| {
        (0..5).try_for_each(|_| feeds(program.run().pace(Pace::NONE), 2, 2, 10))
    }),
    case("one_producer_and_many_consumers", |program| feeds_with(program, 1, 5, 10)),
    case("many_producers_and_one_consumer", |program| feeds_with(program, 5, 1, 10)),
    case("many_of_both", |program| feeds_with(program, 4, 4, 25)),
    case("one_item", |program| feeds_with(program, 1, 1, 1)),
    case("two_eaters_for_one_cook", |program| feeds_with(program, 1, 2, 3)),
    case("no_items", |program| feeds_with(program, 2, 2, 0)),
    case("no_producers", |program| feeds_with(program, 0, 2, 10)),
    of_the_lesson("refuses_food_that_nobody_eats", |program| {
        refuses(program, &["--consumers", "0"], "--consumers")
    }),
    case("nobody_waits_as_a_sibling_does", waits::siblings_differ),
    case("no_run_waits_as_another_does", waits::runs_differ),
    case("a_seed_makes_the_waits_repeatable", waits::seeds_repeat),
    case("explains_itself", |program| {
        explains(program, &["--producers", "--consumers", "--items", "--seed"])
    }),
    of_the_lesson("refuses_unknown_arguments", refuses_unknown_arguments),
    of_the_lesson("refuses_bad_numbers", refuses_bad_numbers),
    of_the_lesson("refuses_bad_paces", refuses_bad_paces),
    of_the_lesson("ends_when_its_output_is_cut_off", |program| ends_when_cut_off(program.run())),
    of_the_lesson("ends_on_ctrl_c", |program| {
        // So many items that they would take minutes.
        ends_on_ctrl_c(program.run().pace(QUICK).args(["--items", "1000"]), ATE)
    }),
];

fn feeds_with(program: &Program, producers: usize, consumers: usize, items: usize) -> Verdict {
    let options = [("--producers", producers), ("--consumers", consumers), ("--items", items)];
    let args = options.into_iter().flat_map(|(option, number)| [option.to_owned(), number.to_string()]);
    feeds(program.run().pace(Pace::NONE).args(args), producers, consumers, items)
}

fn feeds(run: Run, producers: usize, consumers: usize, items: usize) -> Verdict {
    let it = run.finish()?;
    it.succeeds()?;
    for chef in 0..producers {
        generates_in_order(&it, &named(["Little King", "Cho"], "Chef", chef), items)?;
    }
    let generated = producers * items;
    it.times(GENERATED, generated)?;
    it.times(ATE, generated)?;
    if it.lines.len() > 2 * generated {
        return it
            .complain(format!("expected {generated} generated and {generated} ate lines, and no others"));
    }
    if generated > 0 {
        it.writers(&[GENERATED], producers)?;
        it.by_children(&[GENERATED, ATE])?;
        each_eater_is_one_process(&it, consumers)?;
    }
    Ok(())
}

/// The tutorial's names, and then numbered ones.
fn named(tutorial: [&str; 2], rest: &str, number: usize) -> String {
    tutorial.get(number).map_or_else(|| format!("{rest} {}", number + 1), |name| (*name).to_owned())
}

/// A chef generates his items from 0 on, and each is eaten once, after it was generated.
fn generates_in_order(it: &Outcome, chef: &str, items: usize) -> Verdict {
    if items == 0 {
        return Ok(());
    }
    let food = food_of(it, chef)?;
    let generated: Vec<String> =
        (0..items).map(|number| format!("Chef {chef} generated {food}{number}")).collect();
    for (number, generated) in generated.iter().enumerate() {
        let ate = format!("Eat<text> ate{food}{number}");
        it.times(generated, 1)?;
        it.times(&ate, 1)?;
        it.before(generated, &ate)?;
    }
    it.in_order(&generated)?;
    it.same_writer(&generated.iter().map(String::as_str).collect::<Vec<_>>()).map(drop)
}

/// What a chef makes: known for the tutorial's two, and told by the first line of any other.
fn food_of(it: &Outcome, chef: &str) -> Verdict<String> {
    let pattern = format!("Chef {chef} generated <text>");
    let first = it.lines.iter().find_map(|line| Some(captures(&pattern, &line.text)?[0]));
    match (chef, first.and_then(|item| item.strip_suffix('0'))) {
        ("Little King", _) => Ok("Bun".to_owned()),
        ("Cho", _) => Ok("Shredded potato".to_owned()),
        (_, Some(food)) => Ok(food.to_owned()),
        (_, None) => it.complain(format!("expected chef `{chef}` to generate number 0 of something first")),
    }
}

/// Whoever eats has one of the eaters' names, and all lines with that name are of one process.
fn each_eater_is_one_process(it: &Outcome, consumers: usize) -> Verdict {
    let mut eaten = 0;
    let mut pids = BTreeSet::new();
    for eater in (0..consumers).map(|number| named(["Dai", "Little Yang"], "Eater", number)) {
        let ate = format!("Eat{eater} ate<text>");
        let lines: Vec<&Line> = it.all(&ate);
        eaten += lines.len();
        if !lines.is_empty() {
            pids.insert(it.same_writer(&[&ate])?);
        }
    }
    it.times(ATE, eaten)?;
    it.writers(&[ATE], pids.len())
}

fn refuses_bad_numbers(program: &Program) -> Verdict {
    for option in ["--producers", "--consumers", "--items", "--seed"] {
        for value in ["banana", "-1", "1.5", ""] {
            refuses(program, &[option, value], option)?;
        }
        refuses(program, &[option], option)?;
    }
    Ok(())
}
