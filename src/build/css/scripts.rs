//! What the scripts of a page could do to it, as far as styles are concerned: which names they say.

use std::collections::HashSet;

/// The scripts of a page.
#[derive(Clone, Debug, Default)]
pub(in crate::build) enum Scripts {
    /// It has none, so that nothing changes but by a visitor's hand.
    #[default]
    None,
    /// It has these.
    Read { text: String, words: HashSet<String>, starts: Vec<String>, ends: Vec<String> },
    /// It has one that we have not read: another host's.
    Unread,
}

impl Scripts {
    /// Adds the text of a script.
    pub(in crate::build) fn read(&mut self, script: &str) {
        if matches!(self, Self::None) {
            *self = Self::Read { text: String::new(), words: HashSet::new(), starts: Vec::new(), ends: Vec::new() };
        }
        let Self::Read { text, words, starts, ends } = self else { return };
        text.push_str(script);
        text.push('\n');
        for word in script.split(|c: char| !is_part(c)).filter(|word| !word.is_empty()) {
            // `"is-" + state`, `` `${name}-open` ``: names put together at run time.
            if word.len() > 1 && word.ends_with('-') && !word.ends_with("--") {
                starts.push(word.to_owned());
            } else if word.len() > 1 && word.starts_with('-') && !word.starts_with("--") {
                ends.push(word.to_owned());
            }
            words.insert(word.to_owned());
        }
    }

    /// Whether a script says a name, or could put it together.
    pub(super) fn say(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::Unread => true,
            Self::Read { text, words, starts, ends } => {
                words.contains(name)
                    || starts.iter().any(|start| name.starts_with(start))
                    || ends.iter().any(|end| name.ends_with(end))
                    || (!name.chars().all(is_part) && text.contains(name))
            }
        }
    }

    /// Whether there are any.
    pub(super) fn any(&self) -> bool {
        !matches!(self, Self::None)
    }
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_said_in_one_piece_or_put_together() {
        let mut scripts = Scripts::None;
        assert!(!scripts.say("open"));
        scripts.read("e.classList.toggle('is-open'); e.className = 'to-' + x; q(`.${y}-end`); f('md:w-1/2'); i--");
        for name in ["is-open", "to-left", "menu-end", "md:w-1/2", "classList"] {
            assert!(scripts.say(name), "{name}");
        }
        for name in ["open", "left-to", "i-", "w"] {
            assert!(!scripts.say(name), "{name}");
        }
    }
}
