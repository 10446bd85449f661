//! Reads the pages, and tells where they are not true: each complaint names the page and the line.
//!
//! A comment above a block says where it comes from:
//!
//! - `<!-- file: PATH | FROM .. TO | FROM -->` above code: it is these pieces of the file, with an empty line between
//!   them. A piece goes from the first line that begins with FROM to the next one that begins with TO, or is one line.
//!   The TO `end` is the end of what begins with FROM.
//! - `<!-- judged by: 02 as_in_the_tutorial -->` above what was printed: it is fed to that case of the lesson's
//!   specification as a run, and must be one that can happen.
//! - `<!-- printed by: questions zombies -->` above what was printed: the example prints exactly this.
//! - `<!-- typed -->` or `<!-- typed, with: ps, python3 -->` above what was printed: the commands are typed into a shell,
//!   each when what is shown above it has come. Where those programs are not, the block is not checked. After these,
//!   `; alike: NAME, NAME` are names that are given out by luck, and `; any: 1` a number that may be another.
//! - `<!-- asked of: 02 case | case …` above a table of what is certain, likely or free: a line for each row tells what
//!   breaks it. A run with this change must be refused by the case if the row is certain, and accepted if it is free.
//! - `<!-- not run: WHY -->` above what was printed, `<!-- no file: WHY -->` above code: it is not checked, and counted.
//! - `<!-- figure: COMMAND -->` before a sentence with figures: `make docs-verify` runs it.

mod code;
mod commands;
mod console;
mod edits;
mod figures;
mod links;
mod names;
mod page;
mod parts;
mod session;
mod tables;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

pub use code::{check as code, update};
pub use commands::check as commands;
pub use console::{Block, blocks, judge};
pub use figures::verify;
pub use links::{check as links, check_library as library};
pub use names::check as names;
pub use page::Page;
pub use parts::check as parts;
pub use tables::{Certainty, ask, tables};

/// Something that is not true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lie {
    /// The page.
    pub page: PathBuf,
    /// The line of it.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Lie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.page.display(), self.line, self.what)
    }
}

/// The folder that everything is in.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// All pages of a folder that holds `README.md` and `docs`.
pub fn pages(root: &Path) -> Result<Vec<Page>, String> {
    let mut paths = vec![PathBuf::from("README.md")];
    let unable = |why| format!("cannot read {}: {why}", root.join("docs").display());
    for entry in fs::read_dir(root.join("docs")).map_err(unable)? {
        let path = Path::new("docs").join(entry.map_err(unable)?.file_name());
        if path.extension().is_some_and(|end| end == "md") {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().map(|path| Page::read(root, path)).collect()
}
