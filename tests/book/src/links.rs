//! Links: into files, headings of pages, and the library's documentation.

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
