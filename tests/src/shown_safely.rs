//! What a program has printed, made fit to be shown: no byte of it moves the cursor, and none of it is long.

/// The text with what is no text escaped.
pub(crate) fn safe(text: &str) -> String {
    let turns_text_round =
        |c: char| matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut safe = String::new();
    for c in text.chars() {
        match c.is_control() || turns_text_round(c) {
            true => safe.extend(c.escape_default()),
            false => safe.push(c),
        }
    }
    safe
}

/// The text, or as much of it as fits into this width.
pub(crate) fn cut(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        None => text.to_owned(),
        Some(_) => text.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
    }
}
