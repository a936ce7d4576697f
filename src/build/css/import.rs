//! `@import`: the other sheet in the place where it is asked for, inside its layer, its conditions and its media.
//!
//! In: the sheet that a page names and a way to load others. Out: the files it consists of, and their rules as one sheet. Refuses sheets
//! that import each other in a circle, and a tower of imports that would never end.

use super::compile::{Parsed, parse, place};
use super::{Written, mark};
use crate::diag::{Code, Diagnostic};
use lightningcss::media_query::MediaList;
use lightningcss::rules::import::ImportRule;
use lightningcss::rules::layer::LayerBlockRule;
use lightningcss::rules::media::MediaRule;
use lightningcss::rules::supports::SupportsRule;
use lightningcss::rules::{CssRule, CssRuleList};
use lightningcss::stylesheet::{ParserOptions, StyleSheet};
use std::collections::BTreeMap;

/// A sheet may be imported several times, each by several: this many times in all, and no page has ever needed a tenth.
const MOST_IMPORTS: usize = 500;

/// A file that a sheet consists of.
#[derive(Debug)]
pub(super) struct File {
    pub(super) written: Written,
    /// Its text with every URL marked by the number of the file.
    marked: String,
    /// The numbers of the files that it imports, in its order.
    imports: Vec<usize>,
}

/// The sheet and everything it imports, the sheet first; and what the parser had to say.
pub(super) fn files(
    root: &Written,
    load: &dyn Fn(&Written, &str) -> Result<Written, Diagnostic>,
) -> Result<(Vec<File>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut files = vec![File { written: root.clone(), marked: root.text.clone(), imports: Vec::new() }];
    let mut numbers = BTreeMap::from([(root.file.clone(), 0)]);
    let (mut warnings, mut found) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < files.len() {
        let written = files[at].written.clone();
        match parse(&written) {
            Ok(Parsed { sheet, warnings: heard }) => {
                warnings.extend(heard);
                for import in imports(&sheet.rules) {
                    match load(&written, &import.url) {
                        Ok(other) => {
                            let number = *numbers.entry(other.file.clone()).or_insert(files.len());
                            files[at].imports.push(number);
                            if number == files.len() {
                                let marked = mark::marked(&other.text, number);
                                files.push(File { written: other, marked, imports: Vec::new() });
                            }
                        }
                        Err(err) => found.push(err.at(place(&written, &import.url))),
                    }
                }
            }
            Err(wrong) => found.extend(wrong),
        }
        at += 1;
    }
    found.extend(circle(&files));
    if found.is_empty() { Ok((files, warnings)) } else { Err(found) }
}

fn imports<'s, 'i>(rules: &'s CssRuleList<'i>) -> impl Iterator<Item = &'s ImportRule<'i>> {
    rules.0.iter().filter_map(|rule| if let CssRule::Import(import) = rule { Some(import) } else { None })
}

/// A way that leads back to where it came from, told once.
fn circle(files: &[File]) -> Option<Diagnostic> {
    let mut done = vec![false; files.len()];
    for start in 0..files.len() {
        // Each step: a file and how many of its imports have been followed.
        let mut way = vec![(start, 0)];
        while let Some((file, next)) = way.last_mut() {
            let (file, to) = (*file, files[*file].imports.get(*next).copied());
            *next += 1;
            let Some(to) = to.filter(|_| !done[file]) else {
                done[file] = true;
                way.pop();
                continue;
            };
            if let Some(at) = way.iter().position(|(passed, _)| *passed == to) {
                let names: Vec<String> =
                    way[at..].iter().map(|(file, _)| format!("`{}`", files[*file].written.file)).collect();
                let message = if names.len() == 1 {
                    format!("{} imports itself", names[0])
                } else {
                    format!("{} import each other in a circle", names.join(", "))
                };
                let whole = files[file].written.whole.clone();
                return Some(Diagnostic::new(Code::Css, message).at(whole).hint("take one of the `@import` away"));
            }
            way.push((to, 0));
        }
    }
    None
}

/// The rules of all files as one sheet.
pub(super) fn assemble(files: &[File]) -> Result<StyleSheet<'_>, Diagnostic> {
    let names = files.iter().map(|file| file.written.file.clone()).collect();
    let rules = rules(files, 0, &mut 0)?;
    Ok(StyleSheet::new(names, CssRuleList(rules), ParserOptions::default()))
}

fn rules<'i>(files: &'i [File], number: usize, count: &mut usize) -> Result<Vec<CssRule<'i>>, Diagnostic> {
    let file = &files[number];
    let wrong = |message: String| Diagnostic::new(Code::Css, message).at(file.written.whole.clone());
    *count += 1;
    if *count > MOST_IMPORTS {
        let many = wrong(format!("more than {MOST_IMPORTS} style sheets are imported"));
        return Err(many.hint("import each sheet once"));
    }
    let source_index = u32::try_from(number).unwrap_or_default();
    let options = ParserOptions { source_index, ..ParserOptions::default() };
    let sheet = StyleSheet::parse(&file.marked, options).map_err(|err| wrong(err.kind.to_string()))?;
    let mut imports = file.imports.iter();
    let mut out = Vec::new();
    for rule in sheet.rules.0 {
        match rule {
            CssRule::Import(import) => {
                let number = imports.next().copied().unwrap_or_default();
                out.extend(wrapped(import, rules(files, number, count)?));
            }
            rule => out.push(rule),
        }
    }
    Ok(out)
}

/// CSS Cascade 5, section 2: the conditions hold around the layer.
fn wrapped<'i>(import: ImportRule<'i>, rules: Vec<CssRule<'i>>) -> Vec<CssRule<'i>> {
    let ImportRule { layer, supports, media, loc, .. } = import;
    let mut rules = rules;
    if let Some(name) = layer {
        rules = vec![CssRule::LayerBlock(LayerBlockRule { name, rules: CssRuleList(rules), loc })];
    }
    if media != MediaList::new() {
        rules = vec![CssRule::Media(MediaRule { query: media, rules: CssRuleList(rules), loc })];
    }
    if let Some(condition) = supports {
        rules = vec![CssRule::Supports(SupportsRule { condition, rules: CssRuleList(rules), loc })];
    }
    rules
}
