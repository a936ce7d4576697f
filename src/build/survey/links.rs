//! Where a visitor can go from a page: links, forms, addresses for other programs.

use super::Survey;
use crate::build::shelf::Linked;
use crate::build::stores::with_campaign;
use crate::diag::{Code, Diagnostic};
use crate::html::Address;
use crate::html::Id;

impl Survey<'_, '_> {
    /// A link: to a page by its clean URL, or to a file.
    pub(super) fn link(&mut self, id: Id, attribute: &str) {
        let Some(written) = self.draft.tree.get(id, attribute).map(str::to_owned) else { return };
        let (path, tail) = match Address::parse(&written, "") {
            Address::Script => return self.script_url(&written),
            Address::Local { path, tail } => (path, tail),
            Address::Remote(_) => {
                let published = with_campaign(&written, &self.shop.settings.stores);
                return self.draft.tree.set(id, attribute, &published);
            }
            Address::Here | Address::Data | Address::Other(_) => return,
        };
        if path.is_empty() {
            return;
        }
        let target = match self.shop.shelf.link(self.author.page, &path) {
            Ok(Linked::Page(url)) => Ok(format!("{url}{tail}")),
            Ok(Linked::File(found)) => self.publish(found).map(|(url, key)| {
                self.draft.refs.insert(key);
                format!("{url}{tail}")
            }),
            Err(err) => Err(err),
        };
        match target {
            Ok(url) => self.draft.tree.set(id, attribute, &url),
            Err(err) => self.complain(err, &written),
        }
    }

    /// Where a form is sent. It may be a path that this site does not publish: another program can answer there.
    pub(super) fn form(&mut self, id: Id, attribute: &str) {
        let Some(written) = self.draft.tree.get(id, attribute).map(str::to_owned) else {
            if attribute == "action" {
                self.draft.sources.allow("form-action", "'self'");
            }
            return;
        };
        match Address::parse(&written, &self.shop.settings.site.url) {
            Address::Script => self.script_url(&written),
            Address::Remote(origin) => self.draft.sources.allow("form-action", &origin),
            Address::Other(scheme) => self.draft.sources.allow("form-action", &format!("{scheme}:")),
            Address::Here | Address::Local { .. } | Address::Data => self.draft.sources.allow("form-action", "'self'"),
        }
    }

    pub(super) fn script_url(&mut self, written: &str) {
        let message = format!("`{written}` is an inline script, which the page's own policy blocks");
        let hint = "use a button and `addEventListener` in a `<script>`";
        self.complain(Diagnostic::new(Code::InlineHandler, message).hint(hint), written);
    }
}
