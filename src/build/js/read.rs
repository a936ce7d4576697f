//! JavaScript read and made small (oxc).
//!
//! In: the text of a script or a module. Out: what it imports, or the same program in fewer bytes. Refuses what is no JavaScript, each
//! mistake with its place. Comments go, but for those that keep a licence (`/*!`, `@license`); nothing says where a source map is.

use super::Kind;
use crate::diag::{Code, Diagnostic, Place};
use crate::text::nesting::depth;
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    ExportAllDeclaration, ExportFromDeclaration, Expression, ImportDeclaration, ImportExpression, ImportMeta,
    StringLiteral,
};
use oxc_ast_visit::{VisitJs, walk_js};
use oxc_codegen::{Codegen, CodegenOptions, CommentOptions};
use oxc_minifier::{Minifier, MinifierOptions};
use oxc_parser::Parser;
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;
use std::ops::Range;

/// The deepest nesting that is read: each level costs the parser a piece of the stack.
const DEEPEST: usize = 1_000;

/// What a program asks for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) names: Vec<Name>,
    /// Whether it depends on its own address: `import.meta`, an `import()` whose name is made at run time.
    pub(super) knows_its_place: bool,
}

/// A name that stands in an `import`.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) written: String,
    /// The literal, with its quotes.
    pub(super) at: Range<usize>,
    /// Whether it is asked for when the program gets there, by `import()`.
    pub(super) later: bool,
}

/// Reads a program; `place` says where a range of it stands.
pub(super) fn asked(text: &str, kind: Kind, place: &dyn Fn(Range<usize>) -> Place) -> Result<Asked, Vec<Diagnostic>> {
    if depth(text) > DEEPEST {
        let deep = Diagnostic::new(Code::Script, "the script is nested too deeply to be read");
        return Err(vec![deep.at(place(0..0)).hint("break it up into functions")]);
    }
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, source_type(kind)).parse();
    let checked = SemanticBuilder::new().with_check_syntax_error(true).build(&parsed.program);
    let said = if parsed.diagnostics.is_empty() { &checked.diagnostics } else { &parsed.diagnostics };
    let wrong: Vec<Diagnostic> = said
        .iter()
        .map(|it| {
            let at = it.labels.first().map_or(0..0, |label| {
                let start = label.offset() as usize;
                start..start + label.len() as usize
            });
            Diagnostic::new(Code::Script, sentence(&it.message)).at(place(at))
        })
        .collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut reader = Reader(Asked::default());
    reader.visit_program(&parsed.program);
    Ok(reader.0)
}

/// The program in fewer bytes. It must have been read before.
pub(super) fn small(text: &str, kind: Kind) -> String {
    let allocator = Allocator::default();
    let mut program = Parser::new(&allocator, text, source_type(kind)).parse().program;
    let made = Minifier::new(MinifierOptions::default()).minify(&allocator, &mut program);
    let comments = CommentOptions { normal: false, jsdoc: false, annotation: false, ..CommentOptions::default() };
    let options = CodegenOptions { comments, ..CodegenOptions::minify() };
    let printed = Codegen::new().with_options(options).with_source_text(text).with_scoping(made.scoping);
    let printed = printed.with_private_member_mappings(made.class_private_mappings).build(&program);
    let code = printed.code.trim_end().trim_end_matches(';').to_owned();
    // What stands in a page must not end there.
    if code.len() < text.len() { code } else { text.trim().to_owned() }
}

fn source_type(kind: Kind) -> SourceType {
    match kind {
        Kind::Module => SourceType::mjs(),
        Kind::Classic => SourceType::script(),
    }
}

/// As the rest of our complaints are written.
fn sentence(message: &str) -> String {
    let mut chars = message.trim_end_matches('.').chars();
    chars.next().into_iter().flat_map(char::to_lowercase).chain(chars).collect()
}

struct Reader(Asked);

impl Reader {
    fn name(&mut self, literal: &StringLiteral<'_>, later: bool) {
        let at = literal.span.start as usize..literal.span.end as usize;
        self.0.names.push(Name { written: literal.value.to_string(), at, later });
    }
}

impl<'a> VisitJs<'a> for Reader {
    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        self.name(&it.source, false);
    }

    fn visit_export_all_declaration(&mut self, it: &ExportAllDeclaration<'a>) {
        self.name(&it.source, false);
    }

    fn visit_export_from_declaration(&mut self, it: &ExportFromDeclaration<'a>) {
        self.name(&it.source, false);
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        match &it.source {
            Expression::StringLiteral(literal) => self.name(literal, true),
            _ => self.0.knows_its_place = true,
        }
        walk_js::walk_import_expression(self, it);
    }

    fn visit_import_meta(&mut self, _: &ImportMeta) {
        self.0.knows_its_place = true;
    }
}
