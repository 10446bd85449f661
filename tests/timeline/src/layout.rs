//! Where texts go that want to stand at a certain place and must not overlap.

/// Where a text goes.
pub(crate) struct Placed {
    pub(crate) begin: f64,
    pub(crate) row: usize,
    /// It ends where it wanted to begin.
    pub(crate) before: bool,
}

/// Each text wants to begin somewhere, and is so wide. Answers where each goes, and how many rows there are.
pub(crate) fn rows(texts: impl Iterator<Item = (f64, f64)>, left: f64, right: f64) -> (Vec<Placed>, usize) {
    let mut ends: Vec<f64> = Vec::new();
    let mut placed = Vec::new();
    for (at, wide) in texts {
        let before = at + wide > right && at - wide >= left;
        let begin = if before { at - wide } else { at.min(right - wide).max(left) };
        let row = ends.iter().position(|end| *end <= begin).unwrap_or(ends.len());
        if row == ends.len() {
            ends.push(0.0);
        }
        ends[row] = begin + wide;
        placed.push(Placed { begin, row, before });
    }
    (placed, ends.len())
}

/// A text of at most so many characters.
pub(crate) fn fits(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}
