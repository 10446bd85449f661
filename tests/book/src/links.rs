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

/// Where the library's source names a page that is not there, and which lessons it does not name. It names them by their
/// files, `docs/09-mutex-lock.md`: a link out of its documentation would be dead where that stands alone, as on docs.rs.
pub fn check_library(all: &[Page], root: &Path) -> Vec<Lie> {
    let mut lies = Vec::new();
    let mut named = BTreeSet::new();
    for path in names::sources(&root.join("core/src")) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for (at, line) in text.lines().enumerate() {
            let mut lie = |what| {
                let page = path.strip_prefix(root).unwrap_or(&path).to_owned();
                lies.push(Lie { page, line: at + 1, what });
            };
            if line.contains("](../") {
                lie("a link out of the library's documentation is dead where that stands alone".to_owned());
            }
            for file in line.split("docs/").skip(1).filter_map(|rest| rest.split_inclusive(".md").next()) {
                let page = Path::new("docs").join(file);
                if !all.iter().any(|one| one.path == page) {
                    lie(format!("the book has no `{file}`"));
                }
                named.insert(page);
            }
        }
    }
    let unnamed = all.iter().filter(|page| is_numbered(page)).filter(|page| !named.contains(&page.path));
    lies.extend(unnamed.map(|page| page.lie(1, "the library's documentation does not name this page")));
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
