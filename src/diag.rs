//! What goes wrong, said well: one code, one sentence, the place, the remedy.
//!
//! A [`Diagnostic`] is for people (and, as JSON, for their scripts); code that must branch uses a closed enum of its own
//! and turns it into a diagnostic at the border. Rendering is the command line's business, nothing here prints.
//! Wording: lower case, names in backticks, the cause before the remedy, no full stop after a single sentence.

use std::fmt;

/// How the process ends. One list, shown in `--help`, and a number is never given a second meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Exit {
    /// All that was asked for holds.
    Done = 0,
    /// A defect of this program.
    Bug = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// The page could not be built, or is over its budget.
    Build = 3,
    /// The far side (store, CDN, port) refused or could not be reached.
    FarSide = 4,
    /// What is served is not what was released.
    Verify = 5,
    /// Deployed but not proven, or applied in part: the next command goes on from there.
    Partly = 6,
    /// The plan is out of date, or another deploy won.
    Outdated = 7,
    /// The environment is frozen.
    Frozen = 8,
    /// A safety rail stopped the command.
    Rail = 9,
    /// Nothing could be concluded.
    Inconclusive = 10,
}

impl Exit {
    /// Every exit code with its meaning, in order.
    pub const ALL: &'static [(Exit, &'static str)] = &[
        (Exit::Done, "done"),
        (Exit::Bug, "bug in landing"),
        (Exit::Usage, "usage or configuration"),
        (Exit::Build, "build or budget failed"),
        (Exit::FarSide, "the far side refused or could not be reached"),
        (Exit::Verify, "verification failed"),
        (Exit::Partly, "deployed but not verified, or partly applied"),
        (Exit::Outdated, "plan out of date or another deploy won"),
        (Exit::Frozen, "frozen"),
        (Exit::Rail, "stopped by a safety rail"),
        (Exit::Inconclusive, "inconclusive"),
    ];

    /// The number the shell sees.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// Declares [`Code`]: the one list of everything that this program can complain about.
macro_rules! codes {
    ($($variant:ident $name:literal $exit:ident $means:literal;)*) => {
        /// What kind of complaint a [`Diagnostic`] is. The name is stable: scripts may match on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $means] $variant,)* }

        impl Code {
            /// Every code, for the documentation and its test.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The stable kebab-case name.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// The exit code that a failure of this kind ends with.
            pub fn exit(self) -> Exit {
                match self { $(Code::$variant => Exit::$exit,)* }
            }

            /// What it means, in one line.
            pub fn means(self) -> &'static str {
                match self { $(Code::$variant => $means,)* }
            }
        }
    };
}

codes! {
    Bug "bug" Bug "a defect of landing itself";
    Usage "usage" Usage "the command line cannot be understood";
    NoSite "no-site" Usage "there is no `site/landing.toml` here";
    NotEmpty "not-empty" Usage "a folder that would be written to holds something else";
    BadToml "bad-toml" Usage "a TOML text cannot be read";
    BadJson "bad-json" Build "a JSON text cannot be read";
    BadCsv "bad-csv" Build "a CSV table cannot be read";
    UnknownKey "unknown-key" Usage "a key that does not exist";
    MissingKey "missing-key" Usage "a key that is needed is not there";
    BadValue "bad-value" Usage "a value of the wrong type or outside its range";
    UnknownEnv "unknown-env" Usage "an environment that the configuration does not name";
    UnknownName "unknown-name" Usage "a name that is none of the known ones";
    BadPath "bad-path" Build "a path that climbs out, is absolute or cannot be a key";
    OutsideLink "outside-link" Build "a symbolic link that leads out of the site";
    NotUtf8 "not-utf8" Build "a text that is not UTF-8";
    UnreadableFile "unreadable-file" Build "a file that cannot be read";
    FrontMatter "front-matter" Build "the front matter of a page cannot be read";
    Template "template" Build "a template is wrong, or asks for what the page does not have";
    UnknownTheme "unknown-theme" Build "a theme that does not exist";
    MissingString "missing-string" Build "a string of the theme is not there in a language";
    Block "block" Build "a block or a field of it that the theme does not know, or that lacks something";
    Contrast "contrast" Build "two colors of which one cannot be read on the other";
    Css "css" Build "a style sheet cannot be read";
    Script "script" Build "a script cannot be read, or imports what it cannot";
    MissingAsset "missing-asset" Build "a file is named that is not in `assets/`";
    Unresolved "unresolved" Build "a reference leads to a file that is not in the folder";
    DeadLink "dead-link" Build "a link leads to a page that does not exist";
    BadImage "bad-image" Build "an image that cannot be decoded";
    BadFont "bad-font" Build "a font that browsers would not show";
    HugeImage "huge-image" Build "an image with more pixels than the limit";
    UnsafeSvg "unsafe-svg" Build "an SVG that carries a script or refers outside";
    InlineHandler "inline-handler" Build "an inline script or style that the page's own policy would block";
    ThirdParty "third-party" Build "the page asks another host for something";
    SamePath "same-path" Build "two files with one output path";
    OverBudget "over-budget" Build "the page is larger than its budget";
    HostLimit "host-limit" Build "a host cannot express a rule";
    IdleWaiver "idle-waiver" Build "a waiver is about nothing that was found";
    WriteFailed "write-failed" Build "the output could not be written";
    PortInUse "port-in-use" FarSide "the address is taken by another program";
    CannotListen "cannot-listen" FarSide "the address cannot be listened on";
    StoreRefused "store-refused" FarSide "the store refused a request";
    StoreUnreachable "store-unreachable" FarSide "the store could not be reached";
    BadControl "bad-control" FarSide "a control object in the store cannot be read";
    NewerFormat "newer-format" FarSide "the store was written by a newer version";
    PurgeRefused "purge-refused" Partly "the CDN refused a purge, which is still owed";
    CdnSettings "cdn-settings" FarSide "a setting of a CDN could not be read or written, or did not take";
    EdgeRefused "edge-refused" FarSide "the listener at the address is not this environment's edge";
    MirrorOwed "mirror-owed" Partly "a mirror does not hold what is live, and is still owed it";
    NotVerified "not-verified" Partly "deployed, but the edge does not yet serve it";
    VerifyFailed "verify-failed" Verify "what is served is not what was released";
    Inconclusive "inconclusive" Inconclusive "nothing could be concluded";
    NoMode "no-mode" Rail "a release has nothing to show in a mode";
    UnknownRelease "unknown-release" Usage "no release, or more than one, goes by that name";
    Frozen "frozen" Frozen "the environment is frozen: nothing new goes public";
    Foreign "foreign-object" Rail "the store holds a document that this tool did not write";
    WidePurge "wide-purge" Rail "more than what changed would be purged while the broadcast is on air, or about to be";
    NeedsYes "needs-yes" Rail "a protected environment needs a yes";
    TooManyDeletes "too-many-deletes" Rail "more would be deleted than was allowed";
    Sweeping "sweeping" Outdated "another command is deleting what nobody needs";
    PlanOutdated "plan-outdated" Outdated "a plan was made from another inventory or another source";
    BadPlan "bad-plan" Usage "a file is not a plan of this version";
    Locked "locked" Outdated "another command holds the lock of a store that does not look at conditions";
    LostRace "lost-race" Outdated "another deploy won";
    NothingDeployed "nothing-deployed" Usage "the environment has no release yet";
    Interrupted "interrupted" Partly "stopped by a signal at a safe point";
}

/// Where in the author's files something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Path relative to the project.
    pub file: String,
    /// From 1; 0 when the whole file is meant.
    pub line: usize,
    /// In characters, from 1; 0 when the whole line is meant.
    pub column: usize,
    /// How many characters are meant, at least 1 when there is a column.
    pub width: usize,
    /// The line itself, without its end; empty when there is none to show.
    pub excerpt: String,
}

impl Place {
    /// The whole file.
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), line: 0, column: 0, width: 0, excerpt: String::new() }
    }

    /// The bytes `span` of `text`, the contents of `file`. A span outside the text, or inside a character, is clamped.
    pub fn span(file: impl Into<String>, text: &str, span: std::ops::Range<usize>) -> Self {
        let start = floor_char(text, span.start);
        let end = floor_char(text, span.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let excerpt = text[line_start..line_end].trim_end_matches('\r').to_owned();
        Self {
            file: file.into(),
            line: text[..line_start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            width: text[start..end.min(line_end).max(start)].chars().count().max(1),
            excerpt,
        }
    }

    /// The first place in `text` where `needle` stands, else the whole file.
    pub fn find(file: impl Into<String>, text: &str, needle: &str) -> Self {
        match text.find(needle) {
            Some(at) if !needle.is_empty() => Self::span(file, text, at..at + needle.len()),
            _ => Self::file(file),
        }
    }

    /// A whole line of `text`, counted from 1.
    pub fn line(file: impl Into<String>, text: &str, line: usize) -> Self {
        let excerpt = text.lines().nth(line.saturating_sub(1)).unwrap_or_default().to_owned();
        Self { file: file.into(), line, column: 0, width: 0, excerpt }
    }
}

fn floor_char(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => write!(f, "{}", self.file),
            (line, 0) => write!(f, "{}:{line}", self.file),
            (line, column) => write!(f, "{}:{line}:{column}", self.file),
        }
    }
}

/// One complaint, complete: the code, what is wrong, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The kind.
    pub code: Code,
    /// One sentence: what is wrong.
    pub message: String,
    /// Where, when it is about the author's files.
    pub place: Option<Place>,
    /// The remedy.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A complaint without place or remedy yet.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), place: None, hint: None }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same for a name that is none of `known`: proposes the nearest, else lists them.
    pub fn unknown<'a>(code: Code, what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let hint = match crate::text::nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known: {}", known.join(", ")),
        };
        Self::new(code, format!("unknown {what} `{name}`")).hint(hint)
    }

    /// In words, of what was complained about although it went on.
    pub fn as_warning(&self) -> String {
        self.to_string().replacen("error", "warning", 1)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}", self.code.name(), self.message)?;
        if let Some(place) = &self.place {
            write!(f, "\n  --> {place}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// Everything that is wrong, at once: never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// `Err` with everything in `found`, `Ok(value)` when there is nothing.
    ///
    /// # Errors
    /// When `found` is not empty.
    pub fn unless<T>(found: Vec<Diagnostic>, value: T) -> Result<T, Self> {
        if found.is_empty() { Ok(value) } else { Err(Self(found)) }
    }

    /// The exit code: that of the first complaint.
    pub fn exit(&self) -> Exit {
        self.0.first().map_or(Exit::Bug, |first| first.code.exit())
    }

    /// All of them, in the order found.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// Takes the complaints out.
    pub fn into_vec(self) -> Vec<Diagnostic> {
        self.0
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(one: Diagnostic) -> Self {
        Self(vec![one])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (idx, one) in self.0.iter().enumerate() {
            if idx > 0 {
                writeln!(f)?;
            }
            write!(f, "{one}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// A result with what the author should hear although it worked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warned<T> {
    /// The result.
    pub value: T,
    /// What to say about it.
    pub warnings: Vec<Diagnostic>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_characters_and_shows_its_line() {
        let text = "un\ncafé = tasse\n";
        let at = text.find("tasse").unwrap();
        let place = Place::span("a.md", text, at..at + 5);
        assert_eq!((place.line, place.column, place.width), (2, 8, 5));
        assert_eq!(place.excerpt, "café = tasse");
        assert_eq!(place.to_string(), "a.md:2:8");
    }

    #[test]
    fn a_span_outside_the_text_is_clamped_not_a_panic() {
        let place = Place::span("a.md", "é", 1..99);
        assert_eq!((place.line, place.column), (1, 1));
    }

    #[test]
    fn every_exit_code_is_in_the_list_at_its_number() {
        for (idx, (exit, _)) in Exit::ALL.iter().enumerate() {
            assert_eq!(usize::from(exit.code()), idx);
        }
    }

    #[test]
    fn code_names_are_unique_and_kebab_case() {
        let names: std::collections::BTreeSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(
            names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit()))
        );
    }
}
