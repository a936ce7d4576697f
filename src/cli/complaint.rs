//! A [`Diagnostic`] as people read it: title, place, excerpt, hint.

use crate::diag::{Diagnostic, Place};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// Nothing came of it.
    Error,
    /// It worked all the same.
    Warning,
}

/// The text of a complaint, without a final line end.
pub(super) fn render(complaint: &Diagnostic, weight: Weight, color: bool) -> String {
    let level = match weight {
        Weight::Error => Level::ERROR,
        Weight::Warning => Level::WARNING,
    };
    let title = level.primary_title(visible(&complaint.message)).id(complaint.code.name());
    let mut group = Group::with_title(title);
    if let Some(place) = &complaint.place {
        group = at(group, place);
    }
    if let Some(hint) = &complaint.hint {
        group = group.element(Level::HELP.with_name("hint").message(visible(hint)));
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group])
}

fn at<'a>(group: Group<'a>, place: &'a Place) -> Group<'a> {
    if place.excerpt.is_empty() {
        let origin = Origin::path(visible(&place.file));
        let origin = if place.line > 0 { origin.line(place.line) } else { origin };
        return group.element(if place.column > 0 { origin.char_column(place.column) } else { origin });
    }
    let (excerpt, column) = window(&place.excerpt, place.column);
    let start = byte_at(&excerpt, column.saturating_sub(1));
    let end = byte_at(&excerpt, column.saturating_sub(1) + place.width);
    let span = if place.column == 0 { 0..excerpt.len() } else { start..end.max(start) };
    let snippet = Snippet::source(excerpt).line_start(place.line).path(visible(&place.file));
    group.element(snippet.annotation(AnnotationKind::Primary.span(span)))
}

/// A minified line may be longer than any screen: 100 characters around the column are enough.
fn window(excerpt: &str, column: usize) -> (String, usize) {
    const AROUND: usize = 100;
    let clean: String = excerpt.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.chars().count() <= 2 * AROUND {
        return (clean, column);
    }
    let from = column.saturating_sub(AROUND / 2);
    (clean.chars().skip(from).take(AROUND).collect(), column - from)
}

fn byte_at(text: &str, characters: usize) -> usize {
    text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at)
}

/// What a hostile file or server put into a message must not reach the terminal as a control sequence.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;

    #[test]
    fn a_complaint_shows_its_place_and_remedy() {
        let text = "[site]\nlnag = \"fr\"\n";
        let complaint = Diagnostic::unknown(Code::UnknownKey, "key", "lnag", ["lang"]).at(Place::span(
            "site/landing.toml",
            text,
            7..11,
        ));
        assert_eq!(
            render(&complaint, Weight::Error, false),
            "error[unknown-key]: unknown key `lnag`\n \
             --> site/landing.toml:2:1\n  \
             |\n\
             2 | lnag = \"fr\"\n  \
             | ^^^^\n  \
             |\n  \
             = hint: did you mean `lang`?"
        );
    }

    #[test]
    fn an_escape_sequence_in_a_message_is_shown_not_obeyed() {
        let complaint = Diagnostic::new(Code::BadImage, "`a\u{1b}[2Jb.png` is no image");
        assert!(!render(&complaint, Weight::Warning, false).contains('\u{1b}'));
    }

    #[test]
    fn a_very_long_line_is_cut_around_the_column() {
        let text = format!("{}x{}", "a".repeat(5_000), "b".repeat(5_000));
        let complaint = Diagnostic::new(Code::Css, "no").at(Place::span("a.css", &text, 5_000..5_001));
        let shown = render(&complaint, Weight::Error, false);
        assert!(shown.len() < 500 && shown.contains('x'), "{shown}");
    }
}
