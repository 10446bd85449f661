//! `make docs-update` and `make docs-verify`.

use std::fs;
use std::process::ExitCode;

use book::{Lie, pages, root, update, verify};

fn main() -> ExitCode {
    let what = std::env::args().nth(1).unwrap_or_default();
    let root = root();
    let lies: Result<Vec<Lie>, String> = pages(&root).and_then(|pages| match what.as_str() {
        "update" => {
            let mut lies = Vec::new();
            for page in &pages {
                match update(page, &root) {
                    Ok(text) if text != page.text => fs::write(root.join(&page.path), text)
                        .map_err(|why| format!("cannot write {}: {why}", page.path.display()))?,
                    Ok(_) => {}
                    Err(found) => lies.extend(found),
                }
            }
            Ok(lies)
        }
        "verify" => Ok(pages.iter().flat_map(|page| verify(page, &root)).collect()),
        _ => Err("usage: book update | verify".to_owned()),
    });
    match lies {
        Ok(lies) if lies.is_empty() => ExitCode::SUCCESS,
        Ok(lies) => {
            lies.iter().for_each(|lie| eprintln!("{lie}"));
            ExitCode::FAILURE
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}
