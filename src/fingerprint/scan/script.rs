//! Names in JavaScript: what a module imports, what a script asks for by a literal, and the comment that names a source map.
//!
//! In: a script or a module. Out: spots for every name whose meaning is plain from the text; for the rest, what may be meant. Read by
//! the parser of oxc; what it refuses, or what is nested so deep that it could not read it, is searched for names as plain words.

use super::super::address::Spelling;
use super::literals::{
    binary_ends, ends, inner, is_own_address, literal, name_of, own_address_at, template_ends, undo,
};
use super::{Base, Finder, How, Loose, Revision, has_extension, is_path_from_top, loose};
use crate::text::nesting::depth;
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Argument, BinaryExpression, CallExpression, ExportAllDeclaration, ExportFromDeclaration, Expression,
    ImportDeclaration, ImportExpression, ImportMeta, NewExpression, ObjectExpression, ObjectPropertyKind,
    StaticMemberExpression, StringLiteral, TemplateElement, TemplateLiteral,
};
use oxc_ast_visit::{VisitJs, walk_js};
use oxc_parser::{ParseOptions, Parser};
use oxc_span::{GetSpan as _, SourceType, Span};
use std::collections::HashSet;

/// Where a script stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    base: Base,
    kind: SourceType,
}

impl Context {
    /// In a file of its own; whether it is a module shows.
    pub(super) fn file(base: Base) -> Self {
        Self { base, kind: SourceType::unambiguous() }
    }

    /// In a page.
    pub(super) fn inline(is_module: bool) -> Self {
        Self { base: Base::Known, kind: if is_module { SourceType::mjs() } else { SourceType::script() } }
    }
}

/// The deepest nesting that is read: each level costs the parser a piece of the stack. People and bundlers stay below a hundred.
const DEEPEST: usize = 4_000;

pub(super) fn scan(finder: &mut Finder<'_>, text: &str, context: Context) {
    source_map(finder, text);
    if depth(text) > DEEPEST {
        finder.note(0, "a script", "it is nested so deep that it is not read");
        return give_up(finder, text);
    }
    let allocator = Allocator::default();
    let options = ParseOptions { allow_return_outside_function: true, ..ParseOptions::default() };
    let parsed = Parser::new(&allocator, text, context.kind).with_options(options).parse();
    if parsed.panicked {
        finder.note(0, "a script", "it cannot be read as JavaScript");
        return give_up(finder, text);
    }
    let is_vite = text.contains("__vite__mapDeps") || text.contains("vite:preloadError");
    let mut reader = Reader { finder, text, base: context.base, is_vite, seen: HashSet::new() };
    reader.visit_program(&parsed.program);
}

/// Whatever a script that nobody understands may name stays where it is, and the script too.
fn give_up(finder: &mut Finder<'_>, text: &str) {
    finder.scan.stays = true;
    loose::scan(finder, text);
}

struct Reader<'f, 'h, 't> {
    finder: &'f mut Finder<'h>,
    text: &'t str,
    base: Base,
    /// Whether Vite made it: names relative to the top stand in it, the list of what a module needs (`__vite__mapDeps`), and what loads
    /// them asks where it stands.
    is_vite: bool,
    /// Where the literals start that were understood.
    seen: HashSet<u32>,
}

impl Reader<'_, '_, '_> {
    /// A literal that names a file for this purpose.
    fn spot(&mut self, span: Span, how: How) {
        self.seen.insert(span.start);
        let raw = &self.text[span.start as usize..span.end as usize];
        self.finder.name(raw, span.start as usize, how, undo);
    }

    /// What a module imports. A name without dots or slash is a package's: an import map says where that is.
    fn module(&mut self, span: Span) {
        let raw = &self.text[span.start as usize..span.end as usize];
        if raw.starts_with(['.', '/']) || raw.contains("://") {
            self.spot(span, How::Fetch);
        } else {
            self.seen.insert(span.start);
        }
    }

    /// A name relative to this script that is put together at run time: the script stays beside what it may mean.
    fn computed(&mut self, whole: Span, expression: &Expression<'_>) {
        let ends = ends(expression);
        if self.is_vite && ends.is_none() {
            return;
        }
        if !ends.as_ref().is_some_and(|(head, _)| head.starts_with('/') || head.contains("://")) {
            self.finder.scan.stays = true;
        }
        self.finder.scan.loose.extend(ends.and_then(|(head, tail)| Loose::ends(&head, &tail)));
        let written = &self.text[whole.start as usize..whole.end as usize];
        self.finder.note(whole.start as usize, written, "which file is meant shows at run time only");
    }

    /// The address of a worker: relative to the page, which is not known for a script in a file of its own.
    fn worker(&mut self, span: Span) {
        let raw = &self.text[span.start as usize..span.end as usize];
        if self.base == Base::Known || raw.starts_with('/') {
            return self.spot(span, How::Fetch);
        }
        self.seen.insert(span.start);
        self.finder.loose(&undo(raw));
    }

    /// A literal that is used for who knows what.
    fn mention(&mut self, span: Span) {
        if !self.seen.insert(span.start) {
            return;
        }
        let raw = &self.text[span.start as usize..span.end as usize];
        // HTML, CSS, a sentence: what reads like a name in it may be one; and all of it may be one, with a space in it.
        if raw.len() > 1_024 || raw.contains([' ', '\n', '<', '>', '{', '}', '"', '\'', ',', '(', ')', ';']) {
            if is_path_from_top(raw) {
                self.finder.name(raw, span.start as usize, How::Mention, undo);
            }
            return loose::scan(self.finder, raw);
        }
        let Some(path) = self.finder.home.path_of(raw) else { return };
        let written = undo(&raw[path.range]);
        let names_file = written.rsplit('/').next().is_some_and(has_extension);
        let is_known = self.base == Base::Known || path.spelling == Spelling::Absolute;
        let from_top = self.is_vite && path.spelling == Spelling::Relative && written.contains('/');
        if names_file && (is_known || self.is_vite && path.spelling == Spelling::Dotted) {
            self.finder.name(raw, span.start as usize, How::Mention, undo);
        } else if names_file && from_top {
            if let Some(at) = self.finder.name(raw, span.start as usize, How::Mention, undo) {
                self.finder.scan.spots[at].spelling = Spelling::Top;
            }
        } else if path.spelling == Spelling::Dotted && !names_file && !written.ends_with('/') {
            // `define(["./lib"])`: a loader adds the extension.
            self.finder.scan.loose.extend(Loose::file(&format!("{written}.js")));
        } else if written.len() > 2 {
            self.finder.scan.loose.extend(Loose::file(&written));
        }
    }

    /// `{url: "index.html", revision: "0a1b…"}`: what a service worker keeps, and of which bytes (Workbox, "precaching").
    fn revision(&mut self, object: &ObjectExpression<'_>) {
        let value = |name: &str| {
            object.properties.iter().find_map(|property| match property {
                ObjectPropertyKind::ObjectProperty(it) if it.key.is_specific_static_name(name) => literal(&it.value),
                _ => None,
            })
        };
        let (Some(url), Some(revision)) = (value("url"), value("revision")) else { return };
        let before = self.finder.scan.spots.len();
        self.mention(url);
        if self.finder.scan.spots.len() > before {
            let range = self.finder.outer(revision.start as usize)..self.finder.outer(revision.end as usize);
            self.finder.scan.revisions.push(Revision { range, spot: before });
        }
    }

    fn concatenated(&mut self, start: u32, ends: Option<(String, String)>) {
        if let Some((head, tail)) = ends
            && self.seen.insert(start)
        {
            self.finder.scan.loose.extend(Loose::ends(&head, &tail));
        }
    }

    fn arguments(&mut self, callee: &str, arguments: &[Argument<'_>], whole: Span) {
        let first = arguments.first().and_then(Argument::as_expression);
        let second = arguments.get(1).and_then(Argument::as_expression);
        match (callee, first) {
            ("URL", Some(first)) if second.is_some_and(is_own_address) => {
                self.seen.extend(second.map(|it| own_address_at(it)));
                match literal(first) {
                    Some(span) => self.spot(span, How::Fetch),
                    None => self.computed(whole, first),
                }
            }
            ("Worker" | "SharedWorker", Some(first)) => {
                if let Some(span) = literal(first) {
                    self.worker(span);
                }
            }
            ("register", Some(first)) => {
                if let Some(span) = literal(first) {
                    let raw = undo(&self.text[span.start as usize..span.end as usize]);
                    self.finder.worker(&raw);
                }
            }
            ("importScripts", _) => {
                for argument in arguments.iter().filter_map(Argument::as_expression) {
                    match literal(argument) {
                        Some(span) => self.spot(span, How::Fetch),
                        None => self.computed(whole, argument),
                    }
                }
            }
            ("resolve", Some(first)) => {
                if let Some(span) = literal(first) {
                    self.module(span);
                }
            }
            _ => {}
        }
    }
}

impl<'a> VisitJs<'a> for Reader<'_, '_, '_> {
    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        self.module(inner(it.source.span));
    }

    fn visit_export_from_declaration(&mut self, it: &ExportFromDeclaration<'a>) {
        self.module(inner(it.source.span));
    }

    fn visit_export_all_declaration(&mut self, it: &ExportAllDeclaration<'a>) {
        self.module(inner(it.source.span));
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        match literal(&it.source) {
            Some(span) => self.module(span),
            None => self.computed(it.span, &it.source),
        }
        walk_js::walk_import_expression(self, it);
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        if let Some(name) = name_of(&it.callee) {
            self.arguments(name, &it.arguments, it.span);
        }
        walk_js::walk_new_expression(self, it);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        let name = match it.callee.get_inner_expression() {
            Expression::StaticMemberExpression(member) => match member.property.name.as_str() {
                "register"
                    if self.text[member.span.start as usize..member.span.end as usize].contains("serviceWorker") =>
                {
                    Some("register")
                }
                "resolve" if matches!(member.object, Expression::ImportMeta(_)) => {
                    self.seen.insert(member.object.span().start);
                    Some("resolve")
                }
                "importScripts" => Some("importScripts"),
                _ => None,
            },
            callee => name_of(callee).filter(|name| *name == "importScripts"),
        };
        if let Some(name) = name {
            self.arguments(name, &it.arguments, it.span);
        }
        walk_js::walk_call_expression(self, it);
    }

    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        if it.property.name == "currentScript" {
            self.finder.scan.stays = true;
        }
        walk_js::walk_static_member_expression(self, it);
    }

    fn visit_import_meta(&mut self, it: &ImportMeta) {
        // Vite hands it on to what loads the files in its list, whose names are replaced.
        if !self.seen.contains(&it.span.start) && !self.is_vite && self.text[it.span.end as usize..].starts_with(".url")
        {
            self.finder.scan.stays = true;
        }
    }

    fn visit_object_expression(&mut self, it: &ObjectExpression<'a>) {
        self.revision(it);
        walk_js::walk_object_expression(self, it);
    }

    fn visit_string_literal(&mut self, it: &StringLiteral<'a>) {
        self.mention(inner(it.span));
    }

    fn visit_template_literal(&mut self, it: &TemplateLiteral<'a>) {
        if it.expressions.is_empty() {
            self.mention(inner(it.span));
        } else {
            self.concatenated(it.span.start + 1, template_ends(it));
            walk_js::walk_template_literal(self, it);
        }
    }

    fn visit_template_element(&mut self, it: &TemplateElement<'a>) {
        loose::scan(self.finder, it.value.raw.as_str());
    }

    fn visit_binary_expression(&mut self, it: &BinaryExpression<'a>) {
        self.concatenated(it.span.start + 1, binary_ends(it));
        walk_js::walk_binary_expression(self, it);
    }
}

/// `//# sourceMappingURL=a.js.map`, the last one (ECMA-426, section 11.1.2.1).
fn source_map(finder: &mut Finder<'_>, text: &str) {
    const MARK: &str = "sourceMappingURL=";
    let Some(at) = text.rfind(MARK) else { return };
    if !["//# ", "//@ ", "/*# ", "/*@ "].iter().any(|before| text[..at].ends_with(before)) {
        return;
    }
    let start = at + MARK.len();
    let name = text[start..].split([' ', '\t', '\r', '\n', '*']).next().unwrap_or_default();
    finder.plain(name, start, How::Mention);
}
