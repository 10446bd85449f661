//! Text with placeholders: `<pid> is running` matches `4711 is running` and captures `4711`.

/// Whether a placeholder can stand for a text.
type Accepts = fn(&str) -> bool;

/// What a placeholder stands for. Any other word in angle brackets is literal text.
fn accepts(name: &str) -> Option<Accepts> {
    match name {
        "pid" | "ppid" | "number" => Some(|text| text.bytes().all(|b| b.is_ascii_digit())),
        "seconds" => {
            Some(|text| text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && text.parse::<f64>().is_ok())
        }
        "hex" => Some(|text| text.strip_prefix("0x").is_some_and(|hex| u64::from_str_radix(hex, 16).is_ok())),
        "text" => Some(|_| true),
        _ => None,
    }
}

/// The texts that the placeholders of `pattern` stand for in `line`, in their order; `None` if it does not match.
///
/// `<pid>`, `<ppid>` and `<number>` are digits, `<seconds>` a decimal number, `<hex>` an address such as `0x7f01`,
/// `<text>` anything; none of them is empty.
pub fn captures<'line>(pattern: &str, line: &'line str) -> Option<Vec<&'line str>> {
    let Some((literal, accepts, rest)) = first_placeholder(pattern) else {
        return (pattern == line).then(Vec::new);
    };
    let line = line.strip_prefix(literal)?;
    let ends = line.char_indices().map(|(at, c)| at + c.len_utf8());
    ends.filter(|&end| accepts(&line[..end])).find_map(|end| {
        let mut found = captures(rest, &line[end..])?;
        found.insert(0, &line[..end]);
        Some(found)
    })
}

/// The literal text before the first placeholder, what the placeholder accepts, and the pattern after it.
fn first_placeholder(pattern: &str) -> Option<(&str, Accepts, &str)> {
    pattern.match_indices('<').find_map(|(open, _)| {
        let (name, rest) = pattern[open + 1..].split_once('>')?;
        Some((&pattern[..open], accepts(name)?, rest))
    })
}

/// How much of a pattern is literal: when lines are dealt out to patterns, the exact ones choose first.
pub(crate) fn literal_length(pattern: &str) -> usize {
    match first_placeholder(pattern) {
        Some((literal, _, rest)) => literal.len() + literal_length(rest),
        None => pattern.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::{captures, literal_length};

    #[test]
    fn placeholders_capture_what_they_stand_for() {
        assert_eq!(captures("Lord", "Lord"), Some(vec![]));
        assert_eq!(captures("Lord", "Lord "), None);
        assert_eq!(
            captures("<pid> is running Dad is <pid>", "12 is running Dad is 7"),
            Some(vec!["12", "7"])
        );
        assert_eq!(captures("<pid> is running", "1x is running"), None);
        assert_eq!(captures("Lord <seconds>", "Lord 3.0041"), Some(vec!["3.0041"]));
        assert_eq!(captures("Lord <seconds>", "Lord 3.0.1"), None);
        assert_eq!(captures("Lord <seconds>", "Lord nan"), None);
        assert_eq!(captures("at <hex>", "at 0x7fFe"), Some(vec!["0x7fFe"]));
        assert_eq!(captures("Eat<text> ate<text>", "EatDai ateBun0"), Some(vec!["Dai", "Bun0"]));
        assert_eq!(captures("<text>!", "żółw!"), Some(vec!["żółw"]));
        assert_eq!(captures("<way>: <text>", "<way>: x"), Some(vec!["x"]), "an unknown name is literal");
        assert_eq!(captures("x<text>", "x"), None, "no placeholder is empty");
        assert_eq!(literal_length("a<pid>bc<text>"), 3);
    }
}
