//! Literals of JavaScript, and what is put together from them.
//!
//! In: expressions. Out: where the bytes of a literal stand, how a text that is put together begins and ends, escapes undone.

use oxc_ast::ast::{BinaryExpression, Expression, TemplateLiteral};
use oxc_span::{GetSpan, Span};

/// A literal: the bytes between its quotes.
pub(super) fn literal(expression: &Expression<'_>) -> Option<Span> {
    match expression.get_inner_expression() {
        Expression::StringLiteral(it) => Some(inner(it.span)),
        Expression::TemplateLiteral(it) if it.expressions.is_empty() => Some(inner(it.span)),
        _ => None,
    }
}

pub(super) fn inner(span: Span) -> Span {
    Span::new(span.start + 1, span.end.saturating_sub(1).max(span.start + 1))
}

/// The ends of a text that is put together, where they are literal: `` `/img/${x}.png` ``, `"/img/" + x + ".png"`.
pub(super) fn ends(expression: &Expression<'_>) -> Option<(String, String)> {
    match expression.get_inner_expression() {
        Expression::TemplateLiteral(it) => template_ends(it),
        Expression::BinaryExpression(it) => binary_ends(it),
        _ => None,
    }
}

pub(super) fn template_ends(it: &TemplateLiteral<'_>) -> Option<(String, String)> {
    let cooked = |at: usize| it.quasis.get(at)?.value.cooked.as_ref().map(ToString::to_string);
    Some((cooked(0)?, cooked(it.quasis.len() - 1)?))
}

pub(super) fn binary_ends(it: &BinaryExpression<'_>) -> Option<(String, String)> {
    let mut left = it.left.get_inner_expression();
    while let Expression::BinaryExpression(further) = left {
        left = further.left.get_inner_expression();
    }
    let head = match left {
        Expression::StringLiteral(it) => it.value.to_string(),
        Expression::TemplateLiteral(it) => template_ends(it)?.0,
        _ => return None,
    };
    let tail = match it.right.get_inner_expression() {
        Expression::StringLiteral(it) => it.value.to_string(),
        Expression::TemplateLiteral(it) => template_ends(it)?.1,
        _ => String::new(),
    };
    Some((head, tail))
}

/// Whether an expression is `import.meta.url`.
pub(super) fn is_own_address(expression: &Expression<'_>) -> bool {
    match expression.get_inner_expression() {
        Expression::StaticMemberExpression(it) => {
            it.property.name == "url" && matches!(it.object, Expression::ImportMeta(_))
        }
        // `"" + import.meta.url`, as Vite writes it.
        Expression::BinaryExpression(it) => literal(&it.left).is_some() && is_own_address(&it.right),
        _ => false,
    }
}

/// Where `import.meta` starts in it.
pub(super) fn own_address_at(expression: &Expression<'_>) -> u32 {
    match expression.get_inner_expression() {
        Expression::BinaryExpression(it) => it.right.span().start,
        other => other.span().start,
    }
}

pub(super) fn name_of<'e>(callee: &'e Expression<'_>) -> Option<&'e str> {
    match callee.get_inner_expression() {
        Expression::Identifier(it) => Some(it.name.as_str()),
        Expression::StaticMemberExpression(it) => Some(it.property.name.as_str()),
        _ => None,
    }
}

/// Escapes of a string literal undone, those that tools write into addresses: `\/`, `\x2f`, `\u002f`.
pub(super) fn undo(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = match rest.as_bytes().first() {
            Some(b'x') => 2,
            Some(b'u') => 4,
            _ => 0,
        };
        let code = rest.get(1..=digits).and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        if let Some(c) = code {
            out.push(c);
            rest = &rest[1 + digits..];
        } else {
            let mut chars = rest.chars();
            out.extend(chars.next());
            rest = chars.as_str();
        }
    }
    out.push_str(rest);
    out
}
