//! How deep a script is nested, before a parser that needs a piece of the stack for each level is let at it.
//!
//! In: text. Out: a number that is right for scripts of people and bundlers, and large for those made to break a parser. Reads no
//! grammar: a regular expression that holds a quote may mislead it for the rest of its line.

/// How deep a text is nested at most, by its brackets and by operators that nest to the right; strings and comments are skipped.
pub fn depth(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut run, mut deepest, mut at) = (0_usize, 0_usize, 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'(' | b'[' | b'{' => (depth, run) = (depth + 1, 0),
            b')' | b']' | b'}' => (depth, run) = (depth.saturating_sub(1), 0),
            b';' | b',' => run = 0,
            b'!' | b'~' | b'?' | b'=' | b'+' | b'-' | b'*' => run += 1,
            // Words before words: `new new new`, `typeof typeof`.
            b' ' if bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic) => run += 1,
            quote @ (b'"' | b'\'') => at = behind_string(bytes, at, quote),
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len() - at);
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at += text[at + 2..].find("*/").map_or(bytes.len() - at, |end| end + 3);
            }
            _ => {}
        }
        deepest = deepest.max(depth + run);
        at += 1;
    }
    deepest
}

fn behind_string(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != quote && bytes[at] != b'\n' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nests_is_counted_and_what_is_text_is_not() {
        assert_eq!(depth("f(a[0], {b: '((((('}) // ((((\n/* [[[[ */"), 2);
        assert!(depth(&"(".repeat(9_999)) == 9_999);
        assert!(depth(&"!".repeat(9_999)) == 9_999);
        assert!(depth(&"a?b:".repeat(9_999)) >= 9_999);
        assert!(depth(&"x=>".repeat(9_999)) >= 9_999);
        assert!(depth(&"f(a);\n".repeat(9_999)) < 5);
        assert!(depth("\"\\") < 2 && depth("/*") < 2 && depth("//") < 2);
    }
}
