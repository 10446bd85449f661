//! What the samples say.

use crate::rows::{Against, Column, Row, Target, Unit};
use crate::run::Answer;

/// The middle one, and the smallest and the largest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Spread> {
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median =
            if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 };
        Some(Spread { median, least, most })
    }
}

/// A row, and what its sides answered in each round.
pub(crate) struct Found {
    pub(crate) row: Row,
    answers: Vec<Vec<Answer>>,
}

impl Found {
    pub(crate) fn new(row: Row, answers: Vec<Vec<Answer>>) -> Found {
        Found { row, answers }
    }

    fn answers(&self, column: Column) -> Option<&[Answer]> {
        let at = self.row.sides.iter().position(|side| side.column == column)?;
        Some(&self.answers[at])
    }

    /// The figures of a side, as it printed them.
    pub(crate) fn figures(&self, column: Column) -> Option<Spread> {
        Spread::of(self.answers(column)?.iter().filter_map(|answer| answer.as_ref().ok().copied()).collect())
    }

    /// Why a side has no figure.
    pub(crate) fn failure(&self, column: Column) -> Option<&str> {
        self.answers(column)?.iter().find_map(|answer| answer.as_ref().err()).map(String::as_str)
    }

    /// How many times faster (or smaller) we are than this side, round by round.
    pub(crate) fn faster(&self, than: Column) -> Option<Spread> {
        self.ratio(than, Column::Ours)
    }

    /// Ours to this side, in the way in which the row is told: as speeds if it is about speed, as costs if not.
    pub(crate) fn quotient(&self, with: Column) -> Option<Spread> {
        match self.row.unit {
            Unit::Rate => self.ratio(with, Column::Ours),
            _ => self.ratio(Column::Ours, with),
        }
    }

    fn ratio(&self, over: Column, under: Column) -> Option<Spread> {
        let rounds = self.answers(over)?.iter().zip(self.answers(under)?);
        let ratios = rounds.filter_map(|round| match round {
            (Ok(over), Ok(under)) => Some(over / under),
            _ => None,
        });
        Spread::of(ratios.collect())
    }

    /// What the target is about, as measured. Rounded as it is shown, so that nobody sees "1.10, at most 1.1: no".
    pub(crate) fn reached(&self, target: &Target) -> Option<f64> {
        let found = match target.against {
            Against::Itself => self.figures(Column::Ours),
            Against::Raw => self.quotient(Column::Raw),
            Against::Python => self.faster(Column::Python),
            Against::Peer(name) => self.faster(Column::Peer(name)),
        };
        let divisor =
            if let (Against::Itself, Unit::Bytes) = (target.against, self.row.unit) { 1024.0 } else { 1.0 };
        found.map(|found| (found.median / divisor * 100.0).round() / 100.0)
    }
}
