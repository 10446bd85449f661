//! Figures in prose: each carries the command that measures it.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Lie;
use crate::page::Page;

/// Runs the commands of `<!-- figure: COMMAND => LOW..HIGH -->`, and compares the last number that each prints.
pub fn verify(page: &Page, root: &Path) -> Vec<Lie> {
    let figures =
        page.comments.iter().filter_map(|(line, text)| Some((*line, text.strip_prefix("figure: ")?)));
    figures
        .filter_map(|(line, figure)| measure(figure, root).err().map(|what| page.lie(line, what)))
        .collect()
}

fn measure(figure: &str, root: &Path) -> Result<(), String> {
    let form = "a figure is `COMMAND => LOW..HIGH`";
    let (command, claim) = figure.rsplit_once(" => ").ok_or(form)?;
    let (low, high) = claim.trim().split_once("..").ok_or(form)?;
    let (low, high): (f64, f64) = low.parse().ok().zip(high.parse().ok()).ok_or(form)?;
    println!("{command}");
    let mut bash = Command::new("bash");
    let out = bash.args(["-c", command]).current_dir(root).stdin(Stdio::null()).output();
    let out = out.map_err(|why| format!("bash could not be run: {why}"))?;
    let text = String::from_utf8_lossy(&out.stdout);
    let number = text.split_whitespace().rev().find_map(|word| word.parse::<f64>().ok());
    let number = number.ok_or_else(|| format!("`{command}` printed no number"))?;
    if (low..=high).contains(&number) {
        return Ok(());
    }
    Err(format!("the page claims {low} to {high}; `{command}` measured {number}"))
}
