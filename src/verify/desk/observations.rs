//! `Observations`: every question with what came back.

use crate::model::{Answer, Ask, Handshake, Look, Names, Observation, Sight, UrlPath, Witnessed};
use std::collections::BTreeMap;

/// Every question that was asked, with its answer or the reason why there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observations {
    answers: BTreeMap<Ask, Observation>,
    sights: BTreeMap<Look, Sight>,
    purges: BTreeMap<UrlPath, Result<(), String>>,
    witnessed: Option<Result<Witnessed, String>>,
}

impl Observations {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes what came back.
    pub fn insert(&mut self, ask: Ask, observation: Observation) {
        self.answers.insert(ask, observation);
    }

    /// What came back.
    pub fn get(&self, ask: &Ask) -> Option<&Observation> {
        self.answers.get(ask)
    }

    /// Notes what was seen.
    pub fn see(&mut self, look: Look, sight: Sight) {
        self.sights.insert(look, sight);
    }

    /// Notes what a CDN said to the purge of this URL.
    pub fn note_purge(&mut self, url: UrlPath, said: Result<(), String>) {
        self.purges.insert(url, said);
    }

    /// What a CDN said to the purge of this URL; `None` when none was asked.
    pub(in crate::verify) fn purged(&self, url: &UrlPath) -> Option<Result<(), String>> {
        Some(self.purges.get(url)?.clone().map_err(|why| super::evidence::shown(&why)))
    }

    /// Notes what the origin counted, or why that is not known.
    pub fn note_witness(&mut self, told: Result<Witnessed, String>) {
        self.witnessed = Some(told.map_err(|why| super::evidence::shown(&why)));
    }

    /// What the origin counted; `None` when nobody looked.
    pub(in crate::verify) fn witnessed(&self) -> Option<Result<&Witnessed, &str>> {
        self.witnessed.as_ref().map(|told| told.as_ref().map_err(String::as_str))
    }

    /// All that was looked at, with what was seen.
    pub fn sights(&self) -> impl Iterator<Item = (&Look, &Sight)> {
        self.sights.iter()
    }

    /// What a resolver said, or the reason why nothing is known.
    pub(in crate::verify) fn names(&self, look: &Look) -> Result<&Names, String> {
        match self.sights.get(look) {
            Some(Sight::Names(names)) => Ok(names),
            other => Err(nothing(other)),
        }
    }

    /// How a handshake ended; the inner `Err` says that the server refused it, the outer one that nothing is known.
    pub(in crate::verify) fn handshake(&self, look: &Look) -> Result<Result<&Handshake, String>, String> {
        match self.sights.get(look) {
            Some(Sight::Handshake(handshake)) => Ok(Ok(handshake)),
            Some(Sight::Refused(why)) => Ok(Err(super::evidence::shown(why))),
            other => Err(nothing(other)),
        }
    }

    /// What was seen, whatever it is; `None` when nobody looked.
    pub(in crate::verify) fn sight(&self, look: &Look) -> Option<&Sight> {
        self.sights.get(look).filter(|sight| **sight != Sight::Untried)
    }

    /// The answer, or the reason why there is none.
    ///
    /// # Errors
    /// The reason, in words.
    pub fn answer(&self, ask: &Ask) -> Result<&Answer, String> {
        match self.answers.get(ask) {
            Some(Observation::Answered(answer)) => Ok(answer),
            Some(Observation::Unreachable(why)) => Err(format!("no answer: {}", super::evidence::shown(why))),
            None => Err("it was not asked".to_owned()),
        }
    }

    /// All of them, in the order of the questions.
    pub fn iter(&self) -> impl Iterator<Item = (&Ask, &Observation)> {
        self.answers.iter()
    }

    /// All answers, without the silences.
    pub fn answers(&self) -> impl Iterator<Item = (&Ask, &Answer)> {
        self.answers.iter().filter_map(|(ask, observation)| match observation {
            Observation::Answered(answer) => Some((ask, answer)),
            Observation::Unreachable(_) => None,
        })
    }

    /// How many questions.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// Whether nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Why nothing is known, when not a single question was answered.
    pub(in crate::verify) fn silence(&self) -> Option<String> {
        let mut here = self.answers.iter().filter(|(ask, _)| ask.is_here()).map(|(_, observation)| observation);
        match here.next() {
            Some(Observation::Unreachable(why)) if here.all(|it| matches!(it, Observation::Unreachable(_))) => {
                Some(format!("no request was answered: {}", super::evidence::shown(why)))
            }
            _ => None,
        }
    }
}

fn nothing(sight: Option<&Sight>) -> String {
    match sight {
        Some(Sight::Nothing(why) | Sight::Refused(why)) => super::evidence::shown(why),
        None | Some(Sight::Untried) => "it was not looked at".to_owned(),
        Some(_) => "something else was seen".to_owned(),
    }
}

impl IntoIterator for Observations {
    type Item = (Ask, Observation);
    type IntoIter = std::collections::btree_map::IntoIter<Ask, Observation>;

    fn into_iter(self) -> Self::IntoIter {
        self.answers.into_iter()
    }
}

impl Extend<(Ask, Observation)> for Observations {
    fn extend<T: IntoIterator<Item = (Ask, Observation)>>(&mut self, more: T) {
        self.answers.extend(more);
    }
}

impl FromIterator<(Ask, Observation)> for Observations {
    fn from_iter<T: IntoIterator<Item = (Ask, Observation)>>(all: T) -> Self {
        Self { answers: all.into_iter().collect(), ..Self::default() }
    }
}
