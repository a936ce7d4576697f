//! Where a visitor can go from a page: links, forms, addresses for other programs.

use super::Survey;
use crate::build::shelf::Linked;
use crate::build::stores::with_campaign;
use crate::diag::{Code, Diagnostic};
use crate::html::Id;
use crate::html::{Address, host};

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
            Address::Remote(origin) => {
                let form = &self.shop.settings.form;
                let services = [&form.action, &form.fallback].into_iter().flatten();
                let known = services.map(|it| Address::parse(it, "")).any(|it| it == Address::Remote(origin.clone()));
                if !known && self.shop.allowed(host(&origin)).is_err() {
                    let host = host(&origin);
                    let message = format!("the form is sent to another host, `{host}`");
                    let hint = format!("name it in `[form]`, or add `{host}` to `third_parties` in `[check]`");
                    return self.complain(Diagnostic::new(Code::ThirdParty, message).hint(hint), &written);
                }
                self.draft.sources.allow("form-action", &origin);
            }
            Address::Other(scheme) => self.draft.sources.allow("form-action", &format!("{scheme}:")),
            Address::Here | Address::Local { .. } | Address::Data => self.draft.sources.allow("form-action", "'self'"),
        }
    }

    /// Addresses that a browser tells about a click (`ping`) or a look (`attributionsrc`), parted by spaces.
    pub(super) fn told(&mut self, attribute: &str, value: &str) {
        for written in value.split_ascii_whitespace() {
            match Address::parse(written, &self.shop.settings.site.url) {
                Address::Remote(origin) => match self.shop.allowed(host(&origin)) {
                    Ok(()) => self.draft.sources.allow("connect-src", &origin),
                    Err(err) => self.complain(err, written),
                },
                Address::Script => self.script_url(written),
                _ if attribute == "ping" => self.draft.sources.allow("connect-src", "'self'"),
                _ => {}
            }
        }
    }

    /// `<meta http-equiv=refresh content="5; url=…">` takes everybody there, asked or not.
    pub(super) fn refresh(&mut self, content: &str) {
        let lower = content.to_ascii_lowercase();
        let Some(at) = lower.find("url=") else { return };
        let url = content[at + "url=".len()..].trim().trim_matches(['\'', '"']);
        match Address::parse(url, &self.shop.settings.site.url) {
            Address::Remote(origin) => {
                if let Err(err) = self.shop.allowed(host(&origin)) {
                    self.complain(err, url);
                }
            }
            Address::Script => self.script_url(url),
            _ => {}
        }
    }

    pub(super) fn script_url(&mut self, written: &str) {
        let message = format!("`{written}` is an inline script, which the page's own policy blocks");
        let hint = "use a button and `addEventListener` in a `<script>`";
        self.complain(Diagnostic::new(Code::InlineHandler, message).hint(hint), written);
    }
}
