//! What is explored: an object in some state, and what each process does with it. One line of text: `queue(2)+1: put put |
//! get` is a queue with a bound of 2 and one item in it, and two processes; `queue[16]+20` is one without a bound that has
//! a pipe for 16 records, and 20 items; `queue[16]+20-17` one into which 20 were put and out of which 17 were taken.

use std::fmt;

use crate::history::Op;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Object {
    Queue,
    Joinable,
    Lock,
    FileLock,
    Pipe,
    /// See [`crate::naive`].
    Naive,
}

const OBJECTS: [(&str, Object); 6] = [
    ("queue", Object::Queue),
    ("joinable", Object::Joinable),
    ("lock", Object::Lock),
    ("filelock", Object::FileLock),
    ("pipe", Object::Pipe),
    ("naive", Object::Naive),
];

#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    text: String,
    pub(crate) object: Object,
    pub(crate) maxsize: Option<usize>,
    /// So many records the pipe of a queue can hold; 0 for as many as usual.
    pub(crate) pipe: u32,
    /// So many items are in it at the beginning.
    pub(crate) items: usize,
    /// And so many before them have been put and taken out again.
    pub(crate) taken: usize,
    pub(crate) scripts: Vec<Vec<Op>>,
}

impl Scenario {
    pub(crate) fn parse(text: &str) -> Result<Scenario, String> {
        let wrong = |what: &str| format!("{text:?}: {what}; a scenario is like `queue(2)+1: put put | get`");
        let (object, scripts) = text.split_once(':').ok_or_else(|| wrong("there is no colon"))?;
        let number =
            |number: &str| number.trim().parse().map_err(|_| wrong(&format!("{number:?} is no number")));
        let (object, items) = object.split_once('+').unwrap_or((object, "0"));
        let (items, taken) = items.split_once('-').unwrap_or((items, "0"));
        let (items, taken): (usize, usize) = (number(items)?, number(taken)?);
        let items = items.checked_sub(taken).ok_or_else(|| wrong("more are taken than put"))?;
        let (object, maxsize) = split_brackets(object.trim(), '(', ')');
        let (object, pipe) = split_brackets(object, '[', ']');
        let (maxsize, pipe) = (maxsize.map(number).transpose()?, pipe.map_or(Ok(0), number)? as u32);
        let known = OBJECTS.iter().find(|(name, _)| *name == object);
        let object = known.ok_or_else(|| wrong(&format!("{object:?} is nothing known")))?.1;
        let op = |word: &str| Op::named(word).ok_or_else(|| wrong(&format!("{word:?} is no operation")));
        let script = |script: &str| script.split_whitespace().map(op).collect::<Result<Vec<_>, _>>();
        let scripts = scripts.split('|').map(script).collect::<Result<Vec<_>, _>>()?;
        if !(1..=3).contains(&scripts.len()) {
            return Err(wrong("there can be one to three processes"));
        }
        Ok(Scenario { text: text.trim().to_owned(), object, maxsize, pipe, items, taken, scripts })
    }
}

/// Splits what is in brackets from what is before them.
fn split_brackets(text: &str, open: char, close: char) -> (&str, Option<&str>) {
    let split = text.strip_suffix(close).and_then(|text| text.split_once(open));
    split.map_or((text, None), |(before, inside)| (before, Some(inside)))
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
