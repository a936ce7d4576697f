//! `Observations`: every question with what came back.

use crate::model::{Answer, Ask, Observation};
use std::collections::BTreeMap;

/// Every question that was asked, with its answer or the reason why there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observations(BTreeMap<Ask, Observation>);

impl Observations {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes what came back.
    pub fn insert(&mut self, ask: Ask, observation: Observation) {
        self.0.insert(ask, observation);
    }

    /// What came back.
    pub fn get(&self, ask: &Ask) -> Option<&Observation> {
        self.0.get(ask)
    }

    /// The answer, or the reason why there is none.
    ///
    /// # Errors
    /// The reason, in words.
    pub fn answer(&self, ask: &Ask) -> Result<&Answer, String> {
        match self.0.get(ask) {
            Some(Observation::Answered(answer)) => Ok(answer),
            Some(Observation::Unreachable(why)) => Err(format!("no answer: {}", super::evidence::shown(why))),
            None => Err("it was not asked".to_owned()),
        }
    }

    /// All of them, in the order of the questions.
    pub fn iter(&self) -> impl Iterator<Item = (&Ask, &Observation)> {
        self.0.iter()
    }

    /// All answers, without the silences.
    pub fn answers(&self) -> impl Iterator<Item = (&Ask, &Answer)> {
        self.0.iter().filter_map(|(ask, observation)| match observation {
            Observation::Answered(answer) => Some((ask, answer)),
            Observation::Unreachable(_) => None,
        })
    }

    /// How many questions.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Why nothing is known, when not a single question was answered.
    pub(in crate::verify) fn silence(&self) -> Option<String> {
        match self.0.values().next() {
            Some(Observation::Unreachable(why)) if self.answers().next().is_none() => {
                Some(format!("no request was answered: {}", super::evidence::shown(why)))
            }
            _ => None,
        }
    }
}

impl IntoIterator for Observations {
    type Item = (Ask, Observation);
    type IntoIter = std::collections::btree_map::IntoIter<Ask, Observation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Extend<(Ask, Observation)> for Observations {
    fn extend<T: IntoIterator<Item = (Ask, Observation)>>(&mut self, more: T) {
        self.0.extend(more);
    }
}

impl FromIterator<(Ask, Observation)> for Observations {
    fn from_iter<T: IntoIterator<Item = (Ask, Observation)>>(all: T) -> Self {
        Self(all.into_iter().collect())
    }
}
