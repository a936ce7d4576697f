//! Style sheets: each compiled once for all pages, then for every page only the rules that it uses.
//!
//! `compile` (with `import`, `mark` and `mend`) reads and lowers, `piece` takes apart, `select` and `matching` say what can match, `used` puts the text together, `lay`
//! puts it into the page.

mod browsers;
mod compile;
mod import;
mod lay;
mod mark;
mod matching;
mod mend;
mod piece;
mod scripts;
mod select;
mod used;

use super::survey::Target;
use crate::diag::{Diagnostic, Place};
use crate::model::Browser;
use piece::Piece;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

pub(super) use compile::Access;
pub(super) use lay::lay;
pub(super) use scripts::Scripts;

/// A style sheet ready for every page.
#[derive(Debug)]
pub(super) struct Sheet {
    /// Tells it from the others of a build.
    number: usize,
    pieces: Vec<Piece>,
    links: Vec<Link>,
    /// What could be read and may not do what was meant.
    pub(super) warnings: Vec<Diagnostic>,
}

/// A `url(…)` that waits for what each page makes of it.
#[derive(Debug)]
struct Link {
    stand_in: String,
    directive: &'static str,
    target: Target,
}

impl Sheet {
    /// Another host that it asks for something.
    pub(super) fn other_host(&self) -> Option<&str> {
        self.links.iter().find_map(|link| match &link.target {
            Target::Remote { origin, .. } => Some(crate::html::host(origin)),
            _ => None,
        })
    }
}

/// A sheet in a page: the `<style>` element it goes into.
#[derive(Clone, Debug)]
pub(super) struct Laid {
    pub(super) at: crate::html::Id,
    pub(super) sheet: Arc<Sheet>,
}

/// Where a style sheet was written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    /// Path in the project.
    pub(super) file: String,
    /// Path in the theme when it is of the theme, what relative URLs are relative to.
    pub(super) inside: String,
    pub(super) text: String,
    /// The line of the file on which the text begins, from 0; `None` when that is not known.
    pub(super) first_line: Option<usize>,
    /// The place to name when the line is not known.
    pub(super) whole: Place,
}

/// What came of a text, for whoever asks next.
type Slot = Arc<OnceLock<Compiled>>;

type Compiled = Result<Arc<Sheet>, Vec<Diagnostic>>;

/// The sheets of a build, and the texts made of them: pages of one shape share one.
#[derive(Debug, Default)]
pub(super) struct Sheets {
    compiled: Mutex<BTreeMap<(String, String), Slot>>,
    printed: Mutex<BTreeMap<lay::Shape, Arc<Vec<String>>>>,
}

impl Sheets {
    /// The sheet, compiled by whoever asks first.
    pub(super) fn get(&self, written: &Written, oldest: &[Browser], access: &Access<'_>) -> Compiled {
        let (slot, number) = {
            let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
            let number = compiled.len();
            let slot = compiled.entry((written.file.clone(), written.text.clone())).or_default();
            (Arc::clone(slot), number)
        };
        let compile = || compile::compile(written, browsers::browsers(oldest), number, access).map(Arc::new);
        slot.get_or_init(compile).clone()
    }

    /// The text of the sheets for a shape of page, made by whoever asks first.
    fn printed(&self, shape: lay::Shape, print: impl FnOnce(&lay::Shape) -> Vec<String>) -> Arc<Vec<String>> {
        let lock = || self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&shape) {
            return Arc::clone(known);
        }
        let made = Arc::new(print(&shape));
        Arc::clone(lock().entry(shape).or_insert(made))
    }
}
