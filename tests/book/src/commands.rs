//! Commands: each `make` target exists, and so does each option of a lesson.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Lie;
use crate::page::Page;

/// Where a page names a command or option that does not exist.
pub fn check(page: &Page, root: &Path) -> Result<Vec<Lie>, String> {
    let makefile = fs::read_to_string(root.join("Makefile")).map_err(|why| format!("Makefile: {why}"))?;
    let targets = targets(&makefile);
    let mut lies = Vec::new();
    for (line, code) in everything(page) {
        for (target, rest) in makes(&code) {
            if !known(&targets, root, &target) {
                lies.push(page.lie(line, format!("there is no `make {target}`")));
            }
            let lesson = target.strip_prefix("run-").or_else(|| target.strip_prefix("timeline-"));
            let number = lesson.unwrap_or_default();
            let unknown = unknown_options(root, number, &rest);
            let lie = |option| page.lie(line, format!("lesson {number} has no option `{option}`"));
            lies.extend(unknown.into_iter().map(lie));
        }
        for piece in code.split("/lesson-").skip(1) {
            let number: String = piece.chars().take_while(char::is_ascii_digit).collect();
            let rest = piece.split(['|', ';', '&', '>', ')', '#']).next().unwrap_or_default();
            lies.extend(
                unknown_options(root, &number, rest)
                    .into_iter()
                    .map(|option| page.lie(line, format!("lesson {number} has no option `{option}`"))),
            );
        }
    }
    Ok(lies)
}

/// All code of a page, in lines.
fn everything(page: &Page) -> Vec<(usize, String)> {
    let spans = page.spans.iter().map(|(line, code)| (*line, code.replace('\n', " ")));
    let blocks = page.blocks.iter().filter(|block| block.language == "console").flat_map(|block| {
        let lines = block.body.lines().enumerate().filter(|(_, text)| text.starts_with("$ "));
        lines.map(|(at, text)| (block.line + 1 + at, text.to_owned()))
    });
    spans.chain(blocks).collect()
}

/// Each `make TARGET` in a command, and what follows it.
fn makes(code: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("make ") {
        let word_before = code[..at].chars().next_back();
        if word_before.is_some_and(|c| !c.is_whitespace() && !['(', '`', ';', '&'].contains(&c)) {
            continue;
        }
        let rest = code[at + 5..].split(['|', ';', '>', '#', ')']).next().unwrap_or_default();
        let word = rest.split_whitespace().next().unwrap_or_default();
        if word.starts_with(|c: char| c.is_ascii_lowercase()) && !word.contains(['=', '.']) {
            found.push((word.to_owned(), rest.to_owned()));
        }
    }
    found
}

/// The targets of the Makefile: `run`, `run-%`.
fn targets(makefile: &str) -> BTreeSet<String> {
    let rules = makefile.lines().filter(|line| !line.starts_with(['\t', '#', ' ', '.']));
    let heads = rules.filter_map(|line| line.split_once(':')).map(|(head, _)| head);
    heads.flat_map(str::split_whitespace).map(str::to_owned).collect()
}

fn known(targets: &BTreeSet<String>, root: &Path, target: &str) -> bool {
    if targets.contains(target) && !target.ends_with('-') {
        return true;
    }
    let Some((stem, number)) = target.rsplit_once('-') else { return false };
    let is_number = number.chars().next().is_some_and(|c| c.is_ascii_digit());
    targets.contains(&format!("{stem}-%"))
        && (number == "NN" || (is_number && (!folders(root, number).is_empty() || exercise(root, number))))
}

/// The folders of a lesson.
fn folders(root: &Path, number: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.join("examples-bin")).into_iter().flatten().flatten();
    let begins = format!("{number}-");
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&begins))
        .map(|entry| entry.path())
        .collect()
}

fn exercise(root: &Path, number: &str) -> bool {
    let entries = fs::read_dir(root.join("examples-bin")).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.path().join(format!("exercise-{number}")).exists())
}

/// The options that a lesson's source does not name.
fn unknown_options(root: &Path, number: &str, command: &str) -> Vec<String> {
    let Some(folder) = folders(root, number).pop() else { return Vec::new() };
    let sources = fs::read_dir(folder.join("src")).into_iter().flatten().flatten();
    let source: String = sources.filter_map(|file| fs::read_to_string(file.path()).ok()).collect();
    let words = command.split(|c: char| c.is_whitespace() || ['\'', '"', '=', '`'].contains(&c));
    words
        .filter(|word| word.len() > 2 && word.starts_with("--") && *word != "--help")
        .filter(|word| !source.contains(&format!("{word} ")) && !source.contains(&format!("{word}]")))
        .map(str::to_owned)
        .collect()
}
