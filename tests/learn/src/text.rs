//! Text that comes from elsewhere, made fit for the screen.

use textwrap::core::display_width;
use textwrap::{Options, WordSplitter, wrap};

/// The same text with what a terminal would obey, or would not show, written out: `\u{1b}[2J`. Tabs become blanks.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => plain.push(c),
            '\t' => plain.push_str("    "),
            // They have no width, or turn the direction of what comes after them.
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
                plain.extend(c.escape_unicode());
            }
            c if c.is_control() => plain.extend(c.escape_default()),
            c => plain.push(c),
        }
    }
    plain
}

/// Its lines, none of them wider than that. What is too long goes on in the next line, as far to the right.
pub(crate) fn folded(text: &str, width: usize) -> Vec<String> {
    let fold = |line: &str| {
        let indent = &line[..line.len() - line.trim_start().len()];
        let indent = if indent.len() < width / 2 { indent } else { "" };
        let options = Options::new(width.max(1)).word_splitter(WordSplitter::NoHyphenation);
        let lines = wrap(line, options.subsequent_indent(indent));
        lines.into_iter().map(|line| line.into_owned()).collect::<Vec<_>>()
    };
    text.lines().map(str::trim_end).flat_map(fold).collect()
}

/// The same text, so wide that nothing of what was there before is seen behind it.
pub(crate) fn filled(text: &str, width: usize) -> String {
    format!("{text}{:gap$}", "", gap = width.saturating_sub(display_width(text)))
}

#[cfg(test)]
mod tests {
    use super::{folded, plain};

    /// Whatever a program prints, the terminal is given nothing to obey.
    #[test]
    fn escape_sequences_are_written_out() {
        assert_eq!(plain("\u{1b}[2Ja\r\u{7}\u{9b}\tb\nc"), "\\u{1b}[2Ja\\r\\u{7}\\u{9b}    b\nc");
        assert_eq!(plain("\u{202e}żółw"), "\\u{202e}żółw");
    }

    /// Long lines go on in the next one, and the beginning of a line stays where it is.
    #[test]
    fn no_line_is_wider() {
        let text = "  0.002 s |  Little King1 is running\n\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
        let lines = folded(text, 12);
        assert!(lines.iter().all(|line| line.chars().count() <= 12), "{lines:?}");
        assert_eq!(lines[0], "  0.002 s |");
        assert_eq!(lines.iter().filter(|line| line.is_empty()).count(), 1);
        assert_eq!(lines.concat().matches('x').count(), 30);
    }
}
