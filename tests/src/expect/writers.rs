//! Which process wrote which line.

use std::collections::BTreeSet;

use crate::{Line, Outcome, Verdict, captures};

impl Outcome {
    /// All lines like these were written by one process: its pid.
    pub fn same_writer(&self, patterns: &[&str]) -> Verdict<i32> {
        let writers = self.writers_of(patterns)?;
        match writers.first() {
            Some(&writer) if writers.len() == 1 => Ok(writer),
            _ => self.complain(format!(
                "expected {} to be written by one process; {} processes wrote them",
                listed(patterns),
                writers.len()
            )),
        }
    }

    /// No process wrote lines like two of these.
    pub fn different_writers(&self, patterns: &[&str]) -> Verdict {
        for (at, one) in patterns.iter().enumerate() {
            for other in &patterns[at + 1..] {
                let (ones, others) = (self.writers_of(&[one])?, self.writers_of(&[other])?);
                if let Some(&both) = ones.intersection(&others).next() {
                    return self.complain(format!(
                        "expected `{one}` and `{other}` to be written by different processes; process {} wrote both",
                        self.name_of(both)
                    ));
                }
            }
        }
        Ok(())
    }

    /// All lines like these were written by the program's first process.
    pub fn by_main(&self, patterns: &[&str]) -> Verdict {
        match self.lines_like(patterns)?.into_iter().find(|line| !self.is_main(line.writer())) {
            None => Ok(()),
            Some(line) => self.complain(format!(
                "expected `{}` to be written by the program's first process; process {} wrote it",
                line.text,
                line.writer()
            )),
        }
    }

    /// No line like these was written by the program's first process.
    pub fn by_children(&self, patterns: &[&str]) -> Verdict {
        match self.lines_like(patterns)?.into_iter().find(|line| self.is_main(line.writer())) {
            None => Ok(()),
            Some(line) => self.complain(format!(
                "expected `{}` to be written by a child process; the program's first process wrote it",
                line.text
            )),
        }
    }

    /// The lines of the program's first process are exactly these, in this order.
    pub fn main_prints(&self, patterns: &[&str]) -> Verdict {
        let lines: Vec<&Line> = self.lines.iter().filter(|line| self.is_main(line.writer())).collect();
        for (at, pattern) in patterns.iter().enumerate() {
            match lines.get(at) {
                Some(line) if captures(pattern, &line.text).is_some() => {}
                Some(line) => {
                    return self.complain(format!(
                        "expected `{pattern}` as line {} of the program's first process; found `{}`",
                        at + 1,
                        line.text
                    ));
                }
                None => {
                    return self.complain(format!(
                        "expected `{pattern}` from the program's first process; it did not come"
                    ));
                }
            }
        }
        match lines.get(patterns.len()) {
            None => Ok(()),
            Some(line) => self.complain(format!("the line `{}` is not expected", line.text)),
        }
    }

    /// So many different processes wrote lines like these.
    pub fn writers(&self, patterns: &[&str], count: usize) -> Verdict {
        let found = self.writers_of(patterns)?.len();
        if found == count {
            return Ok(());
        }
        self.complain(format!(
            "expected {} to be written by {count} different processes; there were {found}",
            listed(patterns)
        ))
    }

    /// The processes that wrote these lines existed at the same time: each wrote its first line before any other wrote
    /// its last.
    pub fn lived_together(&self, patterns: &[&str]) -> Verdict {
        let lives = patterns.iter().map(|pattern| {
            let writer = self.same_writer(&[pattern])?;
            let wrote = |line: &Line| line.writer() == writer;
            Ok((self.lines.iter().position(wrote), self.lines.iter().rposition(wrote), pattern))
        });
        let lives = lives.collect::<Verdict<Vec<_>>>()?;
        for (_, last, one) in &lives {
            if let Some((_, _, other)) = lives.iter().find(|(first, _, _)| first > last) {
                return self.complain(format!(
                    "expected the processes that wrote `{one}` and `{other}` to exist at the same time; the first had \
                     written its last line before the second wrote its first"
                ));
            }
        }
        Ok(())
    }

    fn writers_of(&self, patterns: &[&str]) -> Verdict<BTreeSet<i32>> {
        Ok(self.lines_like(patterns)?.into_iter().map(Line::writer).collect())
    }

    /// All lines like these; a complaint if one of the patterns has none.
    fn lines_like(&self, patterns: &[&str]) -> Verdict<Vec<&Line>> {
        let mut found = Vec::new();
        for pattern in patterns {
            let lines = self.all(pattern);
            if lines.is_empty() {
                return self.complain(format!("expected the line `{pattern}`; it did not come"));
            }
            found.extend(lines);
        }
        Ok(found)
    }
}

fn listed(patterns: &[&str]) -> String {
    let quoted: Vec<String> = patterns.iter().map(|pattern| format!("`{pattern}`")).collect();
    quoted.join(", ")
}
