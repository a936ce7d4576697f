//! Where the rules write down what they find. Knows the page that is looked at, so that a rule says what and the place is found.

use super::page::Page;
use super::site::Site;
use super::{Finding, Rule};
use crate::html::Id;
use crate::model::Settings;

/// The findings about one page, or about the site as a whole.
pub struct Notes<'n> {
    site: &'n Site<'n>,
    page: Option<&'n Page<'n>>,
    pub(super) found: Vec<Finding>,
}

/// A file and a line in it.
pub(super) type Spot = (String, Option<usize>);

impl<'n> Notes<'n> {
    pub(super) fn new(site: &'n Site<'n>, page: Option<&'n Page<'n>>) -> Self {
        Self { site, page, found: Vec::new() }
    }

    /// About an element of the page: at the place where it was written.
    pub(super) fn element(&mut self, rule: &Rule, id: Id, seen: impl Into<String>, remedy: impl Into<String>) {
        let page = self.page.expect("elements stand on a page");
        self.spot(rule, self.site.locator.element(page, id), seen, remedy);
    }

    /// About some words of the page: at the place where they were written.
    pub(super) fn words(&mut self, rule: &Rule, words: &str, seen: impl Into<String>, remedy: impl Into<String>) {
        let page = self.page.expect("words stand on a page");
        let spot = self.site.locator.words(page, words).unwrap_or_else(|| (page.file(), None));
        self.spot(rule, spot, seen, remedy);
    }

    /// About the page: at its front matter's key when it has it, else the file as a whole.
    pub(super) fn page(&mut self, rule: &Rule, key: &str, seen: impl Into<String>, remedy: impl Into<String>) {
        let page = self.page.expect("a page is looked at");
        self.spot(rule, (page.file(), self.site.locator.front(page, key)), seen, remedy);
    }

    /// About a setting, such as `site.lang`.
    pub(super) fn setting(&mut self, rule: &Rule, key: &str, seen: impl Into<String>, remedy: impl Into<String>) {
        let spot = (Settings::FILE.to_owned(), self.site.locator.setting(key));
        self.spot(rule, spot, seen, remedy);
    }

    /// About a file and perhaps a line in it.
    pub(super) fn spot(&mut self, rule: &Rule, spot: Spot, seen: impl Into<String>, remedy: impl Into<String>) {
        let (file, line) = spot;
        self.found.push(Finding {
            check: rule.id,
            file: Some(file),
            line,
            url: self.page.map(|page| page.url.clone()),
            verdict: rule.verdict,
            seen: seen.into(),
            remedy: remedy.into(),
            waiver: None,
        });
    }
}
