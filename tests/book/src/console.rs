//! Blocks of output: each is fed to the specification of its lesson as a run.

use std::path::{Path, PathBuf};

use checks::lessons::LESSONS;
use checks::{Program, Run};

use crate::Lie;
use crate::page::Page;

/// What a page shows of a run.
#[derive(Debug, Clone)]
pub struct Block {
    /// The number of the lesson, and the case that judges.
    pub judge: Option<(String, String)>,
    /// Or the example that prints exactly this, and its argument.
    pub printer: Option<(String, String)>,
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
        let pair = |by: &str| {
            let (first, second) = origin.strip_prefix(by)?.split_once(' ')?;
            Some((first.to_owned(), second.to_owned()))
        };
        let mut lines = block.body.lines().skip_while(|line| !line.starts_with("$ ")).skip(1);
        let output: Vec<String> =
            lines.by_ref().take_while(|line| !line.starts_with("$ ")).map(str::to_owned).collect();
        Block {
            judge: pair("judged by: "),
            printer: pair("printed by: "),
            excuse: origin.strip_prefix("not run: ").map(str::to_owned),
            line: block.line,
            output,
        }
    };
    let shows_output = |block: &Block| !block.output.is_empty();
    shown.map(block).filter(shows_output).collect()
}

impl Block {
    /// The program that it is about; all programs are in this folder.
    pub fn program(&self, programs: &Path) -> Option<PathBuf> {
        let lesson = self.judge.as_ref().map(|(number, _)| programs.join(format!("lesson-{number}")));
        lesson.or_else(|| self.printer.as_ref().map(|(name, _)| programs.join("examples").join(name)))
    }
}

/// Whether the block is what this example prints.
fn compare(page: &Page, block: &Block, run: Run) -> Option<Lie> {
    let it = match run.stdin("hello\n").finish() {
        Ok(it) => it,
        Err(why) => return Some(page.lie(block.line, why.to_string())),
    };
    let printed: Vec<&str> = it.lines.iter().map(|line| line.text.as_str()).collect();
    (printed != block.output)
        .then(|| page.lie(block.line, format!("the program does not print this, but {printed:?}")))
}

/// Whether the block can be a run of this lesson; its programs are in a folder.
pub fn judge(page: &Page, block: &Block, programs: &Path) -> Option<Lie> {
    if let (Some((_, argument)), Some(program)) = (&block.printer, block.program(programs)) {
        return compare(page, block, Run::new(program).arg(argument));
    }
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
