//! Links: into files, headings of pages, and the library's documentation.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::page::Page;
use crate::{Lie, names};

/// Where links lead nowhere. `all` are all pages.
pub fn check(page: &Page, all: &[Page], root: &Path) -> Vec<Lie> {
    let lie = |(line, to): &(usize, String)| dead(page, all, root, to).map(|what| page.lie(*line, what));
    page.links.iter().filter_map(lie).collect()
}

fn dead(page: &Page, all: &[Page], root: &Path, to: &str) -> Option<String> {
    if to.starts_with("https://") || to.starts_with("http://") {
        return None; // A test asks nobody else.
    }
    // It need not have been built: the names are in the source.
    if let Some((_, name)) = to.split_once("../target/doc/procession/") {
        return names::dead(root, name);
    }
    let (file, heading) = to.split_once('#').unwrap_or((to, ""));
    let path = match file {
        "" => page.path.clone(),
        file => plain(&page.path.parent().unwrap_or(Path::new("")).join(file)),
    };
    if !root.join(&path).exists() {
        return Some(format!("the link `{to}` leads to no file"));
    }
    if heading.is_empty() {
        return None;
    }
    let target = all.iter().find(|page| page.path == path)?;
    let known = target.headings.iter().any(|known| known == heading);
    (!known).then(|| format!("{} has no heading `#{heading}`", path.display()))
}

/// Where the library's documentation leads nowhere in the book, and which lessons it does not lead to. Its links are
/// those of `target/doc/procession/`, `../../book/09-mutex-lock.html`.
pub fn check_library(all: &[Page], root: &Path) -> Vec<Lie> {
    let mut lies = Vec::new();
    let mut linked = BTreeSet::new();
    for path in names::sources(&root.join("core/src")) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for (at, line) in text.lines().enumerate() {
            for to in line.split("](../../book/").skip(1).filter_map(|rest| rest.split(')').next()) {
                let (file, heading) = to.split_once('#').unwrap_or((to, ""));
                let page = Path::new("docs").join(file).with_extension("md");
                let found = all.iter().find(|one| one.path == page && file.ends_with(".html"));
                if !found
                    .is_some_and(|page| heading.is_empty() || page.headings.iter().any(|one| one == heading))
                {
                    let page = path.strip_prefix(root).unwrap_or(&path).to_owned();
                    lies.push(Lie { page, line: at + 1, what: format!("the book has no `{to}`") });
                }
                linked.insert(page);
            }
        }
    }
    let unlinked = all.iter().filter(|page| is_numbered(page)).filter(|page| !linked.contains(&page.path));
    lies.extend(unlinked.map(|page| page.lie(1, "the library's documentation does not lead to this page")));
    lies
}

fn is_numbered(page: &Page) -> bool {
    let name = page.path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    name.starts_with(|c: char| c.is_ascii_digit())
}

/// The path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}
