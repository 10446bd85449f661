//! The public names of the library, as its source has them: who comes from Python finds each of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Lie;
use crate::page::Page;

/// The page that has them all.
const PAGE: &str = "docs/coming-from-python.md";

/// The names that the page does not mention.
pub fn check(pages: &[Page], root: &Path) -> Vec<Lie> {
    let Some(page) = pages.iter().find(|page| page.path == Path::new(PAGE)) else { return Vec::new() };
    let code: String = page.spans.iter().flat_map(|(_, code)| [code.as_str(), " "]).collect();
    let words: BTreeSet<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let all = public(root);
    let unknown = all.iter().filter(|name| !words.contains(name.rsplit("::").next().unwrap_or(name)));
    unknown
        .map(|name| page.lie(1, format!("the library has `{name}`, and this page does not say so")))
        .collect()
}

/// What is wrong with a link into the library's documentation, `struct.Queue.html#method.put`.
pub(crate) fn dead(root: &Path, link: &str) -> Option<String> {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    if file == "index.html" {
        return None;
    }
    let item = file.strip_suffix(".html").and_then(|file| file.split_once('.')).map_or("", |(_, item)| item);
    let name = match anchor.split_once('.') {
        Some((_, part)) => format!("{item}::{part}"),
        None => item.to_owned(),
    };
    (!public(root).contains(&name)).then(|| format!("the library has no `{name}`"))
}

/// `Queue`, `Queue::put`, `Error::Full`, …
fn public(root: &Path) -> BTreeSet<String> {
    let read = |path: PathBuf| fs::read_to_string(path).unwrap_or_default();
    let library = read(root.join("core/src/lib.rs"));
    let mut items = BTreeSet::new();
    for list in library.split("\npub use ").skip(1) {
        let list = list.split(';').next().unwrap_or_default();
        let list = list.rsplit_once('{').map_or(list, |(_, list)| list);
        let names = list.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty());
        items.extend(names.filter(|name| list.contains(',') || list.ends_with(name)).map(str::to_owned));
    }
    items.remove("Returns"); // Hidden in the documentation.
    let mut all = items.clone();
    for file in sources(&root.join("core/src")) {
        let text = read(file);
        let mut owner = String::new();
        for line in text.lines() {
            if line.starts_with("impl") || line.starts_with("pub enum ") {
                owner = items.iter().find(|item| names_it(line, item)).cloned().unwrap_or_default();
                if line.contains(" for ") {
                    owner.clear();
                }
            }
            let variant = line.strip_prefix("    ").filter(|_| owner == "Error");
            let variant = variant.filter(|rest| rest.starts_with(char::is_uppercase));
            let name = line.strip_prefix("    pub fn ").or(variant).map(|rest| {
                rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
            });
            if let Some(name) = name.filter(|_| !owner.is_empty()) {
                all.insert(format!("{owner}::{name}"));
            }
            if line == "}" {
                owner.clear();
            }
        }
    }
    all
}

/// Whether `impl<T> Queue<T>` is about `Queue`.
fn names_it(head: &str, item: &str) -> bool {
    let mut words = head.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| word == item)
}

pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    paths.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}
