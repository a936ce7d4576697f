//! Scripts: those of the author, small, in the page where that saves a request and else beside it under a name that carries their digest,
//! with `integrity`.

use super::{Shop, Survey};
use crate::build::csp::is_executed;
use crate::build::css::Scripts;
use crate::build::js::{Access, Import, Kind, Program, Written};
use crate::build::shelf::{Found, From};
use crate::diag::{Code, Diagnostic};
use crate::html::{Address, Id, host};
use crate::model::{Key, Media, UrlPath};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha384};

/// A script up to this size stands in the page: what a request for it would cost in headers and waiting is more.
const SCRIPT_IN_PAGE: usize = 2_048;

impl Survey<'_, '_> {
    pub(super) fn script(&mut self, id: Id) {
        let kind = match self.draft.tree.get(id, "type").map(|kind| kind.trim().to_ascii_lowercase()).as_deref() {
            Some("importmap") => return self.import_map(id),
            Some("speculationrules") => return,
            Some("module") => Kind::Module,
            other if is_executed(other) => Kind::Classic,
            _ => return,
        };
        // What a script asks for cannot be seen from here; other hosts must still be named in the settings.
        self.draft.sources.allow("connect-src", "'self'");
        for host in &self.shop.settings.check.third_parties {
            self.draft.sources.allow("connect-src", &format!("https://{host}"));
        }
        match self.draft.tree.get(id, "src").map(str::to_owned) {
            Some(src) => self.linked_script(id, &src, kind),
            None => self.inline_script(id, kind),
        }
    }

    fn import_map(&mut self, id: Id) {
        let text = self.draft.tree.text(id);
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned();
        let message = "an import map gives names to files, whose names change with their bytes";
        let hint = "name the file itself in each `import`: `import \"./menu.js\"`";
        self.complain(Diagnostic::new(Code::Script, message).hint(hint), &first);
    }

    fn linked_script(&mut self, id: Id, src: &str, kind: Kind) {
        let Some(written) = self.script_file(id, src) else { return };
        let Some(program) = self.program(&written, kind) else { return };
        let has = |name: &str| self.draft.tree.get(id, name).is_some();
        let waits = has("async") || (has("defer") && kind == Kind::Classic);
        if self.draft.alone {
            return self.script_that_stands_alone(id, src, &program, waits);
        }
        let short = program.code.len() <= SCRIPT_IN_PAGE;
        if short && program.movable && !waits && !program.code.contains("<!--") {
            return self.put_in(id, &program.code);
        }
        let (url, key) = self.draft.shelve(&written.file, program.code.clone().into(), javascript());
        self.draft.refer(&key, program.modules.iter().map(|module| module.url.as_str()));
        self.draft.refs.insert(key);
        self.draft.sources.allow("script-src", "'self'");
        self.draft.tree.set(id, "src", &url);
        self.draft.tree.set(id, "integrity", &integrity(program.code.as_bytes()));
    }

    /// The script that an address names, when it is one to work on; everything else is dealt with here.
    fn script_file(&mut self, id: Id, src: &str) -> Option<Written> {
        let Address::Local { path, .. } = Address::parse(src, &self.shop.settings.site.url) else {
            self.draft.scripts = Scripts::Unread;
            self.file(id, "src", "script-src");
            return None;
        };
        let found = match self.shop.shelf.in_theme(&path) {
            Some(found) => Ok(found),
            None => self.shop.shelf.file(From::Page(self.author.page), &path),
        };
        match found {
            Ok(Found::Asset { file, bytes }) => match crate::build::utf8(&file, &bytes) {
                Ok(text) => return Some(Written { text: text.to_owned(), file, whole: None }),
                Err(err) => self.found.push(err),
            },
            // It keeps its name, and stays as it is.
            Ok(found @ Found::Published(_)) => {
                match self.shop.read(found) {
                    Ok((bytes, _)) => self.draft.scripts.read(&String::from_utf8_lossy(&bytes)),
                    Err(_) => self.draft.scripts = Scripts::Unread,
                }
                self.file(id, "src", "script-src");
            }
            Err(err) => self.complain(err, src),
        }
        None
    }

    fn put_in(&mut self, id: Id, code: &str) {
        for name in ["src", "defer", "async"] {
            self.draft.tree.unset(id, name);
        }
        self.draft.tree.set_text(id, code);
    }

    /// A script that stands in a template or in a page.
    fn inline_script(&mut self, id: Id, kind: Kind) {
        let text = self.draft.tree.text(id);
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let whole = self.author.place(first);
        let written = Written { file: whole.file.clone(), text, whole: Some(whole) };
        if let Some(program) = self.program(&written, kind) {
            self.draft.tree.set_text(id, &program.code);
        }
    }

    /// On a page that must stand alone a script comes into the page; one that waits for the page comes to its end.
    fn script_that_stands_alone(&mut self, id: Id, src: &str, program: &Program, waits: bool) {
        let problem = if !program.modules.is_empty() || !program.movable {
            Some(format!("`{src}` imports other files, but `{}` must stand alone", self.author.page.source))
        } else if program.code.contains("<!--") {
            Some(format!("`{src}` holds `<!--`, which would hide it inside a page"))
        } else {
            None
        };
        if let Some(message) = problem {
            let hint = "show this page without it, or put all of it into one file";
            return self.complain(Diagnostic::new(Code::Script, message).hint(hint), src);
        }
        self.put_in(id, &program.code);
        if let Some(body) = self.draft.tree.find("body").filter(|_| waits) {
            self.draft.tree.append(body, id);
        }
    }

    /// The program, with everything that it imports taken into the release.
    fn program(&mut self, written: &Written, kind: Kind) -> Option<std::sync::Arc<Program>> {
        let shop = self.shop;
        let page = From::Page(self.author.page);
        let find = |from: &Written, name: &str| shop.imported_module(from, name, page);
        let url = |file: &str, bytes: &[u8]| UrlPath::of(&crate::assets::fingerprint(file, bytes)).encoded();
        let program = match shop.programs.get(written, kind, &Access { find: &find, url: &url }) {
            Ok(program) => program,
            Err(found) => {
                self.found.extend(found);
                return None;
            }
        };
        if program.origins.is_empty() {
            self.draft.scripts.read(&program.text);
        } else {
            self.draft.scripts = Scripts::Unread;
        }
        for origin in &program.origins {
            self.draft.sources.allow("script-src", origin);
        }
        if !self.draft.alone {
            for module in &program.modules {
                let (_, key) = self.draft.shelve(&module.name, module.bytes.clone(), javascript());
                self.draft.refer(&key, module.imports.iter().map(String::as_str));
                self.draft.refs.insert(key);
                self.draft.sources.allow("script-src", "'self'");
                if module.at_once {
                    self.preload_module(&module.url, &module.bytes);
                }
            }
        }
        Some(program)
    }

    /// Without it a browser learns of an import only when it has read what imports it.
    fn preload_module(&mut self, url: &str, bytes: &[u8]) {
        let tree = &mut self.draft.tree;
        let Some(head) = tree.find("head") else { return };
        let known = tree.children(head).iter().any(|id| tree.get(*id, "href") == Some(url));
        if !known {
            let attributes = [("rel", "modulepreload"), ("href", url), ("integrity", &integrity(bytes))];
            let link = tree.element("link", &attributes);
            tree.append(head, link);
        }
    }
}

impl Shop<'_> {
    /// What an `import` names. In a page it is looked for as a `src` is, in a file from where that stands.
    fn imported_module(&self, from: &Written, name: &str, page: From<'_>) -> Result<Import, Diagnostic> {
        let path = match Address::parse(name, &self.settings.site.url) {
            Address::Local { path, .. } if path.starts_with(['.', '/']) => path,
            Address::Local { .. } => {
                let message = format!("`{name}` is the name of a package, which a browser cannot resolve");
                let hint = format!("put the module into `assets/` and name the file: `import \"./{name}.js\"`");
                return Err(Diagnostic::new(Code::Script, message).hint(hint));
            }
            Address::Remote(origin) => {
                self.allowed(host(&origin))?;
                return Ok(Import::Remote(origin));
            }
            _ => {
                let message = format!("`{name}` is no address of a module");
                return Err(Diagnostic::new(Code::Script, message).hint("name a file below `assets/`"));
            }
        };
        let found = match from.whole {
            Some(_) => self.shelf.file(page, path.strip_prefix("./").unwrap_or(&path))?,
            None => self.shelf.beside(&from.file, &path)?,
        };
        match found {
            Found::Asset { file, bytes } if file.ends_with(".js") || file.ends_with(".mjs") => {
                let text = crate::build::utf8(&file, &bytes)?.to_owned();
                Ok(Import::File(Written { file, text, whole: None }))
            }
            Found::Asset { file, .. } => {
                let message = format!("`{file}` is no JavaScript");
                Err(Diagnostic::new(Code::Script, message).hint("import files whose names end in `.js`"))
            }
            Found::Published(key) => {
                let message = format!("`{key}` is published under its own name and cannot be a part of a script");
                Err(Diagnostic::new(Code::Script, message).hint("move it below `assets/`"))
            }
        }
    }
}

impl super::Draft {
    /// Notes what a published file asks for itself.
    fn refer<'u>(&mut self, key: &Key, urls: impl Iterator<Item = &'u str>) {
        let keys = urls.filter_map(|url| Key::parse(url.trim_start_matches('/')).ok());
        if let Some(artifact) = self.assets.get_mut(key) {
            artifact.refs.extend(keys);
        }
    }
}

/// The strongest digest that browsers read without a doubt (SRI 1, section 3.2); the page's own policy uses its sibling.
fn integrity(bytes: &[u8]) -> String {
    format!("sha384-{}", STANDARD.encode(Sha384::digest(bytes)))
}

fn javascript() -> Media {
    Media::of_extension("js")
}
