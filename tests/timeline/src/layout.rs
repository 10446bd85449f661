//! Where texts go that want to stand at a certain place and must not overlap.

/// For each text, which wants to begin somewhere and is so wide: where it begins, and in which row. And how many rows there
/// are.
pub(crate) fn rows(
    texts: impl Iterator<Item = (f64, f64)>,
    left: f64,
    right: f64,
) -> (Vec<(f64, usize)>, usize) {
    let mut ends: Vec<f64> = Vec::new();
    let mut placed = Vec::new();
    for (at, wide) in texts {
        let begin = at.min(right - wide).max(left);
        let row = ends.iter().position(|end| *end <= begin).unwrap_or(ends.len());
        if row == ends.len() {
            ends.push(0.0);
        }
        ends[row] = begin + wide;
        placed.push((begin, row));
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
