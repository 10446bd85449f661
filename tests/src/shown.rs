//! What a page shows of a run, put in the place of what was printed.

use crate::{Line, Outcome};

impl Outcome {
    /// The same run, had it printed this: each line by the process that printed it, or the one most like it. So a
    /// specification can be asked whether what a page shows can be a run.
    pub(crate) fn showing(mut self, shown: &[String]) -> Outcome {
        let mut left = std::mem::take(&mut self.lines);
        let mut times: Vec<_> = left.iter().map(|line| line.at).collect();
        times.resize(shown.len().max(times.len()), self.took);
        let real = left.clone();
        for (text, at) in shown.iter().zip(times) {
            let same = left.iter().position(|line| line.text == *text);
            let alike = same.or_else(|| left.iter().position(|line| is_alike(&line.text, text)));
            let line = match alike {
                // With the pids and times of this run.
                Some(place) => left.remove(place),
                None => {
                    let nearest = real.iter().max_by_key(|line| common(&line.text, text));
                    let writers = nearest.map_or(vec![self.main], |line| line.writers.clone());
                    Line { text: text.clone(), writers, at, complete: true }
                }
            };
            self.lines.push(Line { at, ..line });
        }
        self
    }
}

/// The same words, but for the numbers.
fn is_alike(one: &str, other: &str) -> bool {
    let is_number = |word: &str| word.starts_with("0x") || word.parse::<f64>().is_ok();
    let (ones, others) = (one.split_whitespace(), other.split_whitespace());
    ones.clone().count() == others.clone().count()
        && ones.zip(others).all(|(one, other)| one == other || (is_number(one) && is_number(other)))
}

/// How much both have in common at their beginnings.
fn common(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count()
}
