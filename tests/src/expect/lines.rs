//! Which lines were printed, and how often.

use std::cmp::Reverse;
use std::sync::atomic::Ordering::Relaxed;

use super::{BESIDES, times};
use crate::pattern::literal_length;
use crate::{Complaint, Line, Outcome, Verdict, captures};

impl Outcome {
    /// These lines, in any order, and no others.
    pub fn prints<P: AsRef<str>>(&self, patterns: &[P]) -> Verdict {
        let mut wanted: Vec<&str> = patterns.iter().map(AsRef::as_ref).collect();
        // The exact ones choose first, so that `<text>` takes only what nothing else wants.
        wanted.sort_by_key(|pattern| Reverse(literal_length(pattern)));
        let mut left: Vec<&str> = self.lines.iter().map(|line| line.text.as_str()).collect();
        for pattern in wanted {
            match left.iter().position(|line| captures(pattern, line).is_some()) {
                Some(at) => drop(left.remove(at)),
                None => {
                    let wanted = patterns.iter().filter(|other| other.as_ref() == pattern).count();
                    return self.times(pattern, wanted);
                }
            }
        }
        match left.first() {
            None => Ok(()),
            Some(_) if BESIDES.load(Relaxed) => Ok(()),
            Some(line) => {
                let same: Vec<_> = patterns.iter().filter(|p| captures(p.as_ref(), line).is_some()).collect();
                match same.first() {
                    Some(pattern) => self.times(pattern.as_ref(), same.len()),
                    None => {
                        Err(Complaint::of_a_line_too_many(self, format!("the line `{line}` is not expected")))
                    }
                }
            }
        }
    }

    /// The line occurs exactly so many times.
    pub fn times(&self, pattern: &str, count: usize) -> Verdict {
        let found = self.all(pattern).len();
        if found == count {
            return Ok(());
        }
        let came = if found == 0 { "did not come".to_owned() } else { format!("came {}", times(found)) };
        self.complain(format!("expected the line `{pattern}` {}; it {came}", times(count)))
    }

    /// The line does not occur.
    pub fn never(&self, pattern: &str) -> Verdict {
        match self.all(pattern).first() {
            None => Ok(()),
            Some(line) => self.complain(format!(
                "`{}` must never be printed; it came at {:.2} s",
                line.text,
                line.at.as_secs_f64()
            )),
        }
    }

    /// The line occurs exactly once: what its placeholders stand for.
    pub fn one(&self, pattern: &str) -> Verdict<Vec<&str>> {
        self.times(pattern, 1)?;
        Ok(self.lines.iter().find_map(|line| captures(pattern, &line.text)).unwrap_or_default())
    }

    /// The line occurs exactly once: the number that its first placeholder stands for.
    pub fn number(&self, pattern: &str) -> Verdict<f64> {
        let found = self.one(pattern)?;
        match found.first().map(|text| text.parse()) {
            Some(Ok(number)) => Ok(number),
            _ => self.complain(format!("expected a number in the line `{pattern}`")),
        }
    }

    /// The line occurs exactly once, and its placeholder number `which`, from 0, is this pid.
    pub fn pid_is(&self, pattern: &str, which: usize, pid: i32) -> Verdict {
        let found = self.one(pattern)?;
        match found.get(which) {
            Some(&found) if found == pid.to_string() => Ok(()),
            found => {
                let (found, pid) = (found.copied().unwrap_or("nothing"), self.pid_in_words(pid));
                self.complain(format!("expected {pid} in the line `{pattern}`; found {found}"))
            }
        }
    }

    /// The last line is this one.
    pub fn last(&self, pattern: &str) -> Verdict {
        match self.lines.last() {
            None => self.complain(format!("expected the last line to be `{pattern}`; nothing was printed")),
            Some(line) if captures(pattern, &line.text).is_some() => Ok(()),
            Some(line) => {
                self.complain(format!("expected the last line to be `{pattern}`; it is `{}`", line.text))
            }
        }
    }

    /// Each line was written by one process, and ended by it with a newline.
    pub fn no_torn_lines(&self) -> Verdict {
        for line in self.lines.iter().chain(&self.stderr) {
            if line.torn() {
                let writers: Vec<String> = line.writers.iter().map(|&pid| self.name_of(pid)).collect();
                let writers = writers.join(" and ");
                return self.complain(format!(
                    "expected each line to be written whole by one process; `{}` is torn: parts of it were written by {writers}",
                    line.text
                ));
            }
            // A process that is stopped by the loss of its reader may be in the middle of a line.
            if !line.complete && !self.cut {
                return self
                    .complain(format!("expected a newline at the end of the last line, `{}`", line.text));
            }
        }
        Ok(())
    }

    /// All lines like this one.
    pub fn all(&self, pattern: &str) -> Vec<&Line> {
        self.lines.iter().filter(|line| captures(pattern, &line.text).is_some()).collect()
    }
}
