//! Where tickets are sold: in one way after another, and how each of them went.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use lesson::Result;
use procession::{Lock, Queue};

use crate::options::{Options, WAYS};
use crate::tickets::{Tickets, beside};

/// Where tickets are sold, and how.
pub(crate) struct Shop {
    pub(crate) way: &'static str,
    pub(crate) passersby: u64,
    pub(crate) file: PathBuf,
    /// For what is not yet to be seen.
    pub(crate) folder: PathBuf,
    pub(crate) mutex: Lock,
    pub(crate) sold: Queue<String>,
}

/// A row of the closing table.
type Row = [String; 5];

/// Sells in the ways that are asked for, and closes with a table if that is all of them.
pub(crate) fn in_each_way(options: &Options, sell: fn(&Shop) -> Result) -> Result {
    let one = |way, file: &Path, folder: &Path| -> Result<Row> {
        let (file, folder) = (file.to_owned(), folder.to_owned());
        let (mutex, sold) = (Lock::new()?, Queue::new()?);
        run(&Shop { way, passersby: options.passersby, file, folder, mutex, sold }, sell)
    };
    if let Some((file, way)) = &options.file {
        let (file, folder) = beside(file)?;
        return one(way, &file, &folder).map(drop);
    }
    let folder = lesson::private_folder(None)?;
    let file = folder.join("tickets.json");
    let mut table = vec![["way", "sold", "left", "oversold", "seconds"].map(String::from)];
    for way in WAYS.into_iter().filter(|way| options.way.is_none_or(|only| only == *way)) {
        let written = fs::write(&file, format!("{{\"count\": {}}}\n", options.tickets));
        written.map_err(|e| format!("ticket file {file:?}: {e}"))?;
        table.push(one(way, &file, &folder)?);
    }
    if options.way.is_none() {
        print(&table);
    }
    Ok(())
}

/// Sells in one way, and tells how it went.
fn run(shop: &Shop, sell: fn(&Shop) -> Result) -> Result<Row> {
    let (way, before, start) = (shop.way, Tickets::read(&shop.file)?.count(), Instant::now());
    sell(shop)?;
    let seconds = format!("{:.2}", start.elapsed().as_secs_f64());
    let (sold, left) = (shop.sold.len()? as u64, Tickets::read(&shop.file)?.count());
    let oversold = (u128::from(sold) + u128::from(left)).saturating_sub(before.into());
    println!("{way}: sold {sold} of {before}, {left} left in the file, {oversold} oversold");
    Ok([way.into(), sold.to_string(), left.to_string(), oversold.to_string(), seconds])
}

fn print(table: &[Row]) {
    let width = |column: usize| table.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let [way, sold, left, oversold] = [0, 1, 2, 3].map(width);
    for [w, s, l, o, seconds] in table {
        println!("{w:<way$}  {s:<sold$}  {l:<left$}  {o:<oversold$}  {seconds}");
    }
}
