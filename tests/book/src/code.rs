//! Blocks of code: each is what stands in a file.

use std::fs;
use std::path::Path;

use crate::Lie;
use crate::page::{Code, Page};

/// Languages whose blocks come from files.
const LANGUAGES: [&str; 2] = ["rust", "python"];

/// Where blocks of code are not what stands in their files.
pub fn check(page: &Page, root: &Path) -> Vec<Lie> {
    let blocks = page.blocks.iter().filter(|block| LANGUAGES.contains(&&*block.language));
    let lie = |block: &Code| match wanted(block, root) {
        Ok(None) => None,
        Err(what) => Some(page.lie(block.line, what)),
        Ok(Some(wanted)) => {
            let mut lines = block.body.lines().zip(wanted.lines()).enumerate();
            let differs = lines.find(|(_, (here, there))| here != there);
            match differs {
                Some((at, (here, there))) => Some(page.lie(
                    block.line + 1 + at,
                    format!("the file has `{there}` where the page has `{here}`: make docs-update"),
                )),
                None if block.body != wanted => Some(page.lie(
                    block.line,
                    "the block is longer or shorter than what the file has: make docs-update",
                )),
                None => None,
            }
        }
    };
    blocks.filter_map(lie).collect()
}

/// The page with what stands in the files, or what cannot be found.
pub fn update(page: &Page, root: &Path) -> Result<String, Vec<Lie>> {
    let (mut text, mut lies) = (page.text.clone(), Vec::new());
    for block in page.blocks.iter().rev().filter(|block| LANGUAGES.contains(&&*block.language)) {
        match wanted(block, root) {
            Ok(None) => {}
            Ok(Some(wanted)) => text.replace_range(block.range.clone(), &wanted),
            Err(what) => lies.push(page.lie(block.line, what)),
        }
    }
    if lies.is_empty() { Ok(text) } else { Err(lies) }
}

/// What the block should be, if it comes from a file.
fn wanted(block: &Code, root: &Path) -> Result<Option<String>, String> {
    let origin = block.origin.as_deref().unwrap_or_default();
    if origin.starts_with("no file: ") {
        return Ok(None);
    }
    let Some(origin) = origin.strip_prefix("file: ") else {
        return Err("no comment above this code says which file it is from, `<!-- file: … -->`".to_owned());
    };
    let mut pieces = origin.split(" | ");
    let path = pieces.next().unwrap_or_default().trim();
    let text = fs::read_to_string(root.join(path)).map_err(|why| format!("cannot read {path}: {why}"))?;
    let lines: Vec<&str> = text.lines().collect();
    let pieces: Vec<&str> = pieces.collect();
    if pieces.is_empty() {
        return Ok(Some(text));
    }
    let found: Result<Vec<String>, String> = pieces.iter().map(|piece| region(&lines, piece, path)).collect();
    found.map(|found| Some(found.join("\n")))
}

/// The last line of what begins here: all that is deeper, and what closes it.
fn end(lines: &[&str], first: usize) -> usize {
    let deep = |line: &str| line.len() - line.trim_start().len();
    let inside = |line: &&&str| line.trim().is_empty() || deep(line) > deep(lines[first]);
    let mut last = first + lines[first + 1..].iter().take_while(inside).count();
    if lines
        .get(last + 1)
        .is_some_and(|line| deep(line) == deep(lines[first]) && line.trim_start().starts_with('}'))
    {
        return last + 1;
    }
    while lines[last].trim().is_empty() {
        last -= 1;
    }
    last
}

/// The lines from one that begins so to one that begins so, without what all of them are indented.
fn region(lines: &[&str], piece: &str, path: &str) -> Result<String, String> {
    let (from, to) = match piece.split_once(" .. ") {
        Some((from, to)) => (from.trim(), Some(to.trim())),
        None => (piece.trim(), None),
    };
    let missing = |text: &str| format!("{path} has no line that begins with `{text}`");
    let find = |text: &str, after: usize| {
        let begins = |line: &&str| line.trim_start().starts_with(text);
        lines[after..].iter().position(begins).map(|at| at + after).ok_or_else(|| missing(text))
    };
    let first = find(from, 0)?;
    let last = match to {
        None => first,
        Some("end") => end(lines, first),
        Some(to) => find(to, first + 1)?,
    };
    let lines = &lines[first..=last];
    let indents =
        lines.iter().filter(|line| !line.trim().is_empty()).map(|line| line.len() - line.trim_start().len());
    let indent = indents.min().unwrap_or(0);
    Ok(lines.iter().map(|line| format!("{}\n", line.get(indent..).unwrap_or_default())).collect())
}
