//! Space isolation between processes.

use super::common::{
    QUICK, at, case, ends_when_cut_off, explains, of_the_lesson, refuses, refuses_bad_paces,
    refuses_unknown_arguments,
};
use crate::{Case, Pace, Program, Verdict};

const CHILD: &str = "n in the child is 0";
const LORD: &str = "n in the Lord is 100";
const ADDRESS_IN_CHILD: &str = "the address in the child is <hex>";
const ADDRESS_IN_LORD: &str = "the address in the Lord is <hex>";

/// Lesson 04.
pub const LESSON_04: &[Case] = &[
    case("as_in_the_tutorial", |program| each_has_its_own(program, Pace::TUTORIAL)),
    case("quickly", |program| each_has_its_own(program, QUICK)),
    case("without_any_sleep", |program| each_has_its_own(program, Pace::NONE)),
    case("the_address_is_the_same", same_address),
    case("explains_itself", |program| explains(program, &["--address"])),
    of_the_lesson("refuses_unknown_arguments", refuses_unknown_arguments),
    of_the_lesson("refuses_a_value_for_address", |program| {
        refuses(program, &["--address", "frobnicate"], "frobnicate")
    }),
    of_the_lesson("refuses_bad_paces", refuses_bad_paces),
    of_the_lesson("ends_when_its_output_is_cut_off", |program| {
        ends_when_cut_off(program.run().arg("--address"))
    }),
];

fn each_has_its_own(program: &Program, pace: Pace) -> Verdict {
    let it = at(program, pace).finish()?;
    it.succeeds()?;
    it.prints(&[CHILD, LORD])?;
    it.before(CHILD, LORD)?;
    it.by_children(&[CHILD])?;
    it.by_main(&[LORD])
}

fn same_address(program: &Program) -> Verdict {
    let it = program.run().arg("--address").finish()?;
    it.succeeds()?;
    it.prints(&[CHILD, ADDRESS_IN_CHILD, LORD, ADDRESS_IN_LORD])?;
    it.in_order(&[CHILD, ADDRESS_IN_CHILD, LORD, ADDRESS_IN_LORD])?;
    it.by_children(&[CHILD, ADDRESS_IN_CHILD])?;
    it.by_main(&[LORD, ADDRESS_IN_LORD])?;
    let (child, lord) = (it.one(ADDRESS_IN_CHILD)?, it.one(ADDRESS_IN_LORD)?);
    if child != lord {
        return it.complain("expected the same address in both: fork copies the memory, addresses included");
    }
    Ok(())
}
