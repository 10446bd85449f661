//! Mutants that are the same program in other words: who has been looked at, and why it is right.

use std::path::PathBuf;

/// The list.
#[derive(Debug)]
pub(crate) struct Equal {
    /// The exercise, and what was changed.
    listed: Vec<(String, String)>,
}

impl Equal {
    /// Reads the file. A line is `NN | what | why`; empty lines and lines that begin with `#` are nothing.
    pub(crate) fn read() -> Result<Equal, String> {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("equal.txt");
        let text = std::fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
        let mut listed = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut parts = line.split(" | ").map(str::trim);
            match (parts.next(), parts.next(), parts.next()) {
                (Some(number), Some(what), Some(_)) => listed.push((number.to_owned(), what.to_owned())),
                _ => return Err(format!("{}: no `NN | what | why`: {line}", path.display())),
            }
        }
        Ok(Equal { listed })
    }

    /// What is listed of an exercise.
    pub(crate) fn of(&self, number: &str) -> impl Iterator<Item = &String> {
        self.listed.iter().filter(move |(exercise, _)| exercise == number).map(|(_, what)| what)
    }

    pub(crate) fn lists(&self, number: &str, what: &str) -> bool {
        self.of(number).any(|listed| listed == what)
    }
}
