//! In which order the lines came.

use crate::{Outcome, Verdict, captures};

impl Outcome {
    /// Both lines occur, and the first `earlier` comes before the first `later`.
    pub fn before(&self, earlier: &str, later: &str) -> Verdict {
        let (first, second) = (self.position(earlier, 0)?, self.position(later, 0)?);
        if first < second {
            return Ok(());
        }
        self.complain(format!(
            "expected `{earlier}` before `{later}`; it came after it, as line {} of {}",
            first + 1,
            self.lines.len()
        ))
    }

    /// Every line like one of `earlier` comes before every line like one of `later`.
    pub fn all_before(&self, earlier: &[&str], later: &[&str]) -> Verdict {
        let is =
            |patterns: &[&str], text: &str| patterns.iter().any(|pattern| captures(pattern, text).is_some());
        let Some(first_later) = self.lines.iter().position(|line| is(later, &line.text)) else {
            return Ok(());
        };
        match self.lines[first_later..].iter().find(|line| is(earlier, &line.text)) {
            None => Ok(()),
            Some(late) => self.complain(format!(
                "expected `{}` before `{}`; it came after it",
                late.text, self.lines[first_later].text
            )),
        }
    }

    /// These lines occur in this order; others may come between them.
    pub fn in_order<P: AsRef<str>>(&self, patterns: &[P]) -> Verdict {
        let mut from = 0;
        for (at, pattern) in patterns.iter().map(AsRef::as_ref).enumerate() {
            self.position(pattern, 0)?;
            match self.position(pattern, from) {
                Ok(found) => from = found + 1,
                Err(_) => {
                    let earlier = patterns[at - 1].as_ref();
                    return self
                        .complain(format!("expected `{pattern}` after `{earlier}`; it came before it"));
                }
            }
        }
        Ok(())
    }

    /// The two lines occur, the second straight after the first.
    pub fn straight_after(&self, first: &str, second: &str) -> Verdict {
        let at = self.position(first, 0)?;
        match self.lines.get(at + 1) {
            Some(line) if captures(second, &line.text).is_some() => Ok(()),
            Some(line) => {
                self.complain(format!("expected `{second}` straight after `{first}`; found `{}`", line.text))
            }
            None => self.complain(format!("expected `{second}` straight after `{first}`; nothing came")),
        }
    }

    /// Where the first line like this one is, from line `from` on.
    fn position(&self, pattern: &str, from: usize) -> Verdict<usize> {
        let found = self.lines.iter().skip(from).position(|line| captures(pattern, &line.text).is_some());
        match found {
            Some(at) => Ok(from + at),
            None => self.complain(format!("expected the line `{pattern}`; it did not come")),
        }
    }
}
