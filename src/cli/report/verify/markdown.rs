//! The report in Markdown, for a comment on a pull request: the verdict, what is wrong with its remedy, the rest folded away.
//!
//! What a server said stands in code spans, and so does every word that GitHub or GitLab would make a link or a mention of.

use super::story::{Chapter, Decision, Part, Row, Story};
use super::{Cover, sheet};
use crate::model::Report;
use crate::text::plural;

/// The comment.
pub fn markdown(report: &Report, cover: &Cover<'_>) -> String {
    let sheet = sheet(report);
    let story = Story::of(report, cover, &sheet);
    let mut out = format!("## {}\n\n{}\n\n", story.headline, text(&story.lead));
    out.push_str(&facts(&story, cover));
    for chapter in &story.chapters {
        out.push_str(&told(chapter));
    }
    out.push_str("### What that promises\n\n");
    out.push_str(&format!("{}\n\n", text(&story.promise.join(" "))));
    out.push_str(&folded("What was proven", &story.proven));
    out.push_str(&folded("What was not looked at", &story.skipped));
    out.trim_end().to_owned() + "\n"
}

fn facts(story: &Story, cover: &Cover<'_>) -> String {
    let counts: Vec<String> = story.tally.iter().map(|it| format!("{} {}", it.checks, it.words)).collect();
    let environment = cover.environment.map(|name| format!("{}, ", code(name))).unwrap_or_default();
    let release = cover.release.map(|id| format!(", release {}", code(id.hex16().as_str()))).unwrap_or_default();
    let at = super::story::date(cover.at);
    format!("{environment}{}{release}, {at}: {}\n\n", code(cover.url), counts.join(", "))
}

fn told(chapter: &Chapter) -> String {
    let mut out = format!("### {}\n\n", chapter.heading);
    for trouble in &chapter.troubles {
        out.push_str(&format!("**{}** {}: {}\n\n", chapter.verdict, code(&trouble.check), text(&trouble.title)));
        for part in &trouble.parts {
            out.push_str(&evidence(part));
        }
    }
    out
}

fn evidence(part: &Part) -> String {
    let mut items: Vec<String> = part.shown.iter().map(|line| code(line)).collect();
    let more = part.more.len() + part.unsaid;
    if more > 0 {
        items.push(format!("and {} more like these", plural(more, "answer", "answers")));
    }
    let mut out = list(&items);
    if let Some(decision) = &part.decision {
        out.push_str(&format!("{}\n\n", decided(decision)));
    }
    if !part.remedy.is_empty() {
        out.push_str(&format!("What to do: {}\n\n", text(&part.remedy)));
    }
    out
}

fn list(items: &[String]) -> String {
    format!("- {}\n\n", items.join("\n- "))
}

fn decided(decision: &Decision) -> String {
    let who = decision.who.as_deref().map(|who| format!(", says {}", text(who))).unwrap_or_default();
    let until = decision.until.as_deref().map(|until| format!(", until {until}")).unwrap_or_default();
    format!("Waived: {}{who}{until}; otherwise {}", text(&decision.reason), decision.would)
}

fn folded(heading: &str, rows: &[Row]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let row = |row: &Row| format!("{}: {} ({})", code(&row.check), text(&row.title), text(&row.note));
    let rows = list(&rows.iter().map(row).collect::<Vec<_>>());
    format!("<details><summary>{heading}</summary>\n\n{rows}</details>\n\n")
}

/// A code span: nothing in it means anything (CommonMark 0.31, section 6.1). The fence is longer than any run of backticks inside.
fn code(raw: &str) -> String {
    let raw = crate::text::harmless(raw);
    let longest = raw.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if raw.starts_with('`') || raw.ends_with('`') || raw.trim().is_empty() { " " } else { "" };
    format!("{fence}{pad}{raw}{pad}{fence}")
}

/// Prose: what stands in backticks stays code, the rest is escaped word by word.
fn text(raw: &str) -> String {
    let raw = crate::text::harmless(raw);
    let parts: Vec<&str> = raw.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return words(&raw);
    }
    let one = |(idx, part): (usize, &&str)| match (idx % 2, part.is_empty()) {
        (0, _) => words(part),
        (_, true) => String::new(),
        _ => code(part),
    };
    parts.iter().enumerate().map(one).collect()
}

fn words(raw: &str) -> String {
    let linked = |word: &str| word.contains(['@', '#']) || word.contains("://") || word.to_lowercase().contains("www.");
    let one = |word: &str| if linked(word) { code(word) } else { escaped(word) };
    raw.split(' ').map(one).collect::<Vec<_>>().join(" ")
}

/// Every character that could begin something (CommonMark 0.31, section 2.4).
fn escaped(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '!' | '$') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_said_means_anything() {
        assert_eq!(code("a ``b` c"), "```a ``b` c```");
        assert_eq!(code("`x"), "`` `x ``");
        assert_eq!(code("a\nb"), "`a?b`");
        assert_eq!(text("run `landing purge` <b>*now*</b>"), "run `landing purge` \\<b\\>\\*now\\*\\</b\\>");
        assert_eq!(text("ask @all at https://a.example/ #1"), "ask `@all` at `https://a.example/` `#1`");
        assert_eq!(text("one ` alone"), "one \\` alone");
        let told = text("a <script>alert(1)</script> [x](javascript:1) ![i](x)");
        let mut html = String::new();
        pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(&told));
        assert!(!html.contains("<script") && !html.contains("<a") && !html.contains("<img"), "{html}");
    }
}
