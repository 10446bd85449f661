//! Blocks of output: each is fed to the specification of its lesson as a run.

use std::path::Path;

use checks::Program;
use checks::lessons::LESSONS;

use crate::Lie;
use crate::page::Page;

/// What a page shows of a run.
#[derive(Debug, Clone)]
pub struct Block {
    /// The number of the lesson, and the case that judges.
    pub judge: Option<(String, String)>,
    /// Why nobody does.
    pub excuse: Option<String>,
    /// The line of the block.
    pub line: usize,
    /// What was printed.
    pub output: Vec<String>,
}

/// All blocks of a page that show a run.
pub fn blocks(page: &Page) -> Vec<Block> {
    let shown = page.blocks.iter().filter(|block| block.language == "console");
    let block = |block: &crate::page::Code| {
        let origin = block.origin.as_deref().unwrap_or_default();
        let judge = origin.strip_prefix("judged by: ").and_then(|judge| judge.split_once(' '));
        let mut lines = block.body.lines().skip_while(|line| !line.starts_with("$ ")).skip(1);
        let output: Vec<String> =
            lines.by_ref().take_while(|line| !line.starts_with("$ ")).map(str::to_owned).collect();
        Block {
            judge: judge.map(|(number, case)| (number.to_owned(), case.to_owned())),
            excuse: origin.strip_prefix("not run: ").map(str::to_owned),
            line: block.line,
            output,
        }
    };
    let shows_output = |block: &Block| !block.output.is_empty();
    shown.map(block).filter(shows_output).collect()
}

/// Whether the block can be a run of this lesson; its programs are in a folder.
pub fn judge(page: &Page, block: &Block, programs: &Path) -> Option<Lie> {
    let Some((number, case)) = &block.judge else {
        let what = "no comment above this output says who judges it, `<!-- judged by: NN case -->`";
        return block.excuse.is_none().then(|| page.lie(block.line, what));
    };
    let lesson = LESSONS.iter().find(|(slug, _)| slug.starts_with(&format!("{number}-")));
    let cases = lesson.map_or(&[][..], |(_, cases)| cases);
    let Some(case) = cases.iter().find(|one| one.name == case) else {
        return Some(page.lie(block.line, format!("lesson {number} has no case `{case}`")));
    };
    let program = Program::binary(programs.join(format!("lesson-{number}")));
    let complaint = (case.check)(&program.as_shown(&block.output)).err()?;
    Some(page.lie(block.line, format!("this cannot be a run of lesson {number}: {}", complaint.message())))
}
