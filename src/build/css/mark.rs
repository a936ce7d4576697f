//! Marks the URLs of an imported sheet with the number of its file: once all rules stand together, nothing else tells what a relative
//! URL is relative to.

use cssparser::{Parser, ParserInput, Token, serialize_string};

const MARK: &str = "landing-import:";

/// The text with every URL marked.
pub(super) fn marked(text: &str, number: usize) -> String {
    let mut edits = Vec::new();
    let mut input = ParserInput::new(text);
    gather(&mut Parser::new(&mut input), false, &mut edits);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for Edit { start, end, url } in edits {
        out.push_str(&text[done..start]);
        let bare = text[start..end].starts_with(['"', '\'']);
        out.push_str(if bare { "" } else { "url(" });
        serialize_string(&format!("{MARK}{number}:{url}"), &mut out).expect("writing to memory cannot fail");
        out.push_str(if bare { "" } else { ")" });
        done = end;
    }
    out + &text[done..]
}

/// The number of the file that a URL was written in, and the URL as it was written there.
pub(super) fn read(url: &str) -> (usize, &str) {
    let marked = url.strip_prefix(MARK).and_then(|rest| rest.split_once(':'));
    marked.and_then(|(number, url)| Some((number.parse().ok()?, url))).unwrap_or((0, url))
}

struct Edit {
    start: usize,
    end: usize,
    url: String,
}

/// URLs as such, and the strings that stand for URLs inside some functions.
fn gather(input: &mut Parser<'_, '_>, strings: bool, edits: &mut Vec<Edit>) {
    loop {
        input.skip_whitespace();
        let start = input.position().byte_index();
        let (url, inside) = match input.next() {
            Err(_) => return,
            Ok(Token::UnquotedUrl(url)) => (Some(url.to_string()), None),
            Ok(Token::QuotedString(url)) if strings => (Some(url.to_string()), None),
            Ok(Token::Function(name)) => {
                let name = name.to_ascii_lowercase();
                (None, Some(matches!(name.as_str(), "url" | "src" | "image" | "image-set" | "-webkit-image-set")))
            }
            Ok(Token::ParenthesisBlock | Token::SquareBracketBlock | Token::CurlyBracketBlock) => (None, Some(false)),
            Ok(_) => (None, None),
        };
        if let Some(url) = url {
            edits.push(Edit { start, end: input.position().byte_index(), url });
        }
        if let Some(strings) = inside {
            let nested = |input: &mut Parser<'_, '_>| {
                gather(input, strings, edits);
                Ok::<_, cssparser::ParseError<'_, ()>>(())
            };
            input.parse_nested_block(nested).expect("gathering refuses nothing");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_url_is_marked_and_nothing_else() {
        let text = "@import 'x';a{b:url(c.png) url( \"d\\\"e\" );f:image-set('g' 1x, url(h) type('i'));j:'k'}";
        assert_eq!(
            marked(text, 3),
            "@import 'x';a{b:url(\"landing-import:3:c.png\") url( \"landing-import:3:d\\\"e\" );\
             f:image-set(\"landing-import:3:g\" 1x, url(\"landing-import:3:h\") type('i'));j:'k'}"
        );
        assert_eq!(read("landing-import:3:c.png"), (3, "c.png"));
        assert_eq!(read("c.png"), (0, "c.png"));
    }
}
