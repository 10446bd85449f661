//! The form of a lesson's page: it has all its parts in their order, and no line is too long to be read.

use crate::Lie;
use crate::page::Page;

/// The parts of a lesson's page in their order, and what each must hold.
const PARTS: &[(&str, &str)] = &[
    ("Predict", "<details>"),
    ("The idea", ""),
    ("Run it", "```console"),
    ("Look", "<img "),
    ("The lines that matter", "```python"),
    ("What is certain and what is luck", "| what | is |"),
    ("What the kernel did", "$ strace "),
    ("What differs from Python", ""),
    ("Break it", "```console"),
    ("Exercise", "`make check-"),
];

/// Those of lesson 12, which has no relatives, no twin and no kernel in common.
const OF_12: [&str; 9] = [
    "Predict",
    "The idea",
    "Run it",
    "The lines that matter",
    "What is certain and what is luck",
    "What the kernel did",
    "What differs from Python",
    "Break it",
    "Exercise",
];

/// How long a line of prose may be.
const LONGEST: usize = 130;

/// What is missing or in the wrong place, and what is too long.
pub fn check(page: &Page) -> Vec<Lie> {
    let name = page.path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    if !name.starts_with(|c: char| c.is_ascii_digit()) {
        return Vec::new();
    }
    if name.starts_with("12") {
        return missing(
            page,
            PARTS.iter().filter(|(part, _)| OF_12.contains(part)).map(|(part, _)| (*part, "")),
        );
    }
    too_long(page).into_iter().chain(missing(page, PARTS.iter().copied())).collect()
}

fn missing(page: &Page, parts: impl Iterator<Item = (&'static str, &'static str)>) -> Vec<Lie> {
    let mut lies = Vec::new();
    let mut before = ("", 0);
    for (part, holds) in parts {
        let Some((line, text)) = section(&page.text, part) else {
            lies.push(page.lie(1, format!("this lesson has no part `{part}`")));
            continue;
        };
        if !text.contains(holds) {
            lies.push(page.lie(line, format!("`{part}` has no `{holds}`")));
        }
        if line < before.1 {
            lies.push(page.lie(line, format!("`{part}` belongs after `{}`", before.0)));
        }
        before = (part, line);
    }
    lies
}

/// The line of a heading, and what stands under it.
fn section<'page>(text: &'page str, heading: &str) -> Option<(usize, &'page str)> {
    let from = text.find(&format!("\n## {heading}\n"))? + 1;
    let rest = &text[from..];
    let end = rest[3..].find("\n## ").map_or(rest.len(), |end| end + 3);
    Some((text[..from].matches('\n').count() + 1, &rest[..end]))
}

/// Code, tables, pictures, comments and links are as long as they are.
fn too_long(page: &Page) -> Vec<Lie> {
    let mut inside = false;
    let mut lies = Vec::new();
    for (at, line) in page.text.lines().enumerate() {
        if line.starts_with("```") {
            inside = !inside;
        }
        if line.starts_with("<!--") {
            inside = true;
        }
        let prose = !inside && !line.starts_with(['|', '<']) && !line.contains("](http");
        if prose && line.chars().count() > LONGEST {
            lies.push(page.lie(at + 1, format!("a line of {} characters", line.chars().count())));
        }
        if line.ends_with("-->") {
            inside = false;
        }
    }
    lies
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{PARTS, check};
    use crate::page::Page;

    #[test]
    fn what_is_missing_misplaced_or_too_long_is_named() {
        let whole: Vec<String> =
            PARTS.iter().map(|(part, holds)| format!("## {part}\n\n{holds}\n")).collect();
        let told = |text: &str| {
            let page = Page::of(Path::new("docs/02-x.md"), format!("# X\n\n{text}"));
            check(&page).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let whole =
            whole.join("\n").replace("```console", "```console\n```").replace("```python", "```python\n```");
        assert_eq!(told(&whole), [""; 0]);
        assert_eq!(told(&whole.replace("## Look\n", "")), ["docs/02-x.md:1: this lesson has no part `Look`"]);
        assert_eq!(told(&whole.replace("<img ", "")), ["docs/02-x.md:16: `Look` has no `<img `"]);
        let early = format!("## Exercise\n\n`make check-\n\n{whole}");
        assert_eq!(told(&early), ["docs/02-x.md:3: `Exercise` belongs after `Break it`"]);
        assert_eq!(
            told(&format!("{} x\n\n{whole}", "word ".repeat(26))),
            ["docs/02-x.md:3: a line of 132 characters"]
        );
    }
}
