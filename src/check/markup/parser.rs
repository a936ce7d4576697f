//! What the parser stumbled over, in words for people. The build writes its pages anew, so that there it is said of the text that the
//! templates made (`build-warning`); here it is found in folders that other tools built.

use super::{DOCTYPE, PARSE};
use crate::check::page::shown;
use crate::check::{Notes, Page};
use std::collections::BTreeSet;

pub(super) fn look(page: &Page<'_>, notes: &mut Notes<'_>) {
    let start = page.text.trim_start_matches('\u{feff}').trim_start();
    let begins = start.get(..14).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype html"));
    if !begins {
        let seen = "the page does not begin with `<!doctype html>`: browsers show it as in 1998";
        notes.spot(&DOCTYPE, (page.file(), page.source.is_none().then_some(1)), seen, "write it first");
    }
    let mut said: BTreeSet<(usize, String)> = BTreeSet::new();
    for fault in &page.faults {
        let told = fault.what.clone();
        if (begins || !told.contains("doctype")) && said.insert((fault.line, told.clone())) {
            let line = page.text.lines().nth(fault.line.saturating_sub(1)).unwrap_or_default();
            let line = if page.text.lines().count() > 1 { format!(": `{}`", shown(line, 60)) } else { String::new() };
            let spot = (page.file(), page.source.is_none().then_some(fault.line));
            notes.spot(&PARSE, spot, format!("{told}{line}"), "mend the tag");
        }
    }
}
