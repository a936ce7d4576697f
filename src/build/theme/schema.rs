//! What a theme says of itself in `theme.toml`: its blocks with their fields, its colors, the pairs of them that must be readable,
//! its type, and the hero's share of the first flight.
//!
//! In: the text of one theme. Out: a [`Schema`], laid over that of the theme it extends. Refuses what it does not know.

use crate::diag::{Code, Diagnostics};
use crate::reader::{Document, Section};
use std::collections::BTreeMap;

/// Where the schema of a theme stands inside of it.
pub(in crate::build) const FILE: &str = "theme.toml";

/// A theme's declaration.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::build) struct Schema {
    /// The theme whose files and declarations fill in what this one lacks.
    pub(in crate::build) extends: Option<String>,
    pub(in crate::build) blocks: BTreeMap<String, BlockKind>,
    /// Custom property (without its dashes) to what it is.
    pub(in crate::build) colors: BTreeMap<String, Swatch>,
    pub(in crate::build) contrast: Vec<Pair>,
    /// Custom property to the stack of fonts that stands there when the brand says nothing.
    pub(in crate::build) fonts: BTreeMap<String, String>,
    pub(in crate::build) scale: Option<Scale>,
    /// The hero's share of the first flight, in bytes of the encoded picture.
    pub(in crate::build) hero_bytes: Option<usize>,
}

/// One kind of block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::build) struct BlockKind {
    pub(in crate::build) about: String,
    pub(in crate::build) place: Spot,
    pub(in crate::build) fields: Vec<Field>,
}

/// The part of the page that a block stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::build) enum Spot {
    /// Above the header.
    Top,
    Main,
    /// In the footer.
    Bottom,
}

/// What an author may write in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::build) struct Field {
    pub(in crate::build) name: String,
    pub(in crate::build) kind: Kind,
    pub(in crate::build) required: bool,
    pub(in crate::build) about: String,
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::build) enum Kind {
    /// One line of Markdown.
    Line,
    /// Markdown.
    Text,
    /// A picture below `assets/`.
    Image,
    /// A page, a place on it, or a full address.
    Link,
    /// A full address: what is read where no page is.
    Address,
    /// `true` or `false`.
    Flag,
    /// A moment with its offset.
    Date,
    /// One of these words.
    Choice(Vec<String>),
    /// Lines.
    List,
    /// Tables with these fields.
    Items(Vec<Field>),
}

/// The words for the types in `theme.toml`.
const KINDS: [&str; 10] = ["address", "choice", "date", "flag", "image", "items", "line", "link", "list", "text"];

/// A color of the theme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::build) struct Swatch {
    pub(in crate::build) light: Option<String>,
    pub(in crate::build) dark: Option<String>,
    /// Stands on that color: found from it when the brand changes it.
    pub(in crate::build) on: Option<String>,
}

/// Two colors of which one is written on the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::build) struct Pair {
    pub(in crate::build) text: String,
    pub(in crate::build) on: String,
    /// Only for large letters, which need less (WCAG 2.2, criterion 1.4.3).
    pub(in crate::build) large: bool,
}

/// A fluid typographic scale: size of the text and ratio of its steps, on a phone and on a desk.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::build) struct Scale {
    pub(in crate::build) text: [f64; 2],
    pub(in crate::build) ratio: [f64; 2],
}

impl Schema {
    /// Lays the declaration of one theme over this one.
    pub(in crate::build) fn overlay(&mut self, file: &str, text: &str) -> Result<(), Diagnostics> {
        let document = Document::parse(file, text)?;
        let root = document.root();
        root.only(&["name", "description", "extends", "blocks", "colors", "contrast", "fonts", "type", "hero"]);
        root.required("name", "the name of the theme");
        root.required("description", "what the theme looks like, in a sentence");
        self.extends = root.string("extends");
        for (name, block) in inside(&root.section("blocks")) {
            self.blocks.insert(name, block_kind(&block));
        }
        for (name, color) in inside(&root.section("colors")) {
            self.colors.insert(name, swatch(&color));
        }
        let pairs: Vec<Pair> = root.list("contrast").iter().map(pair).collect();
        if !pairs.is_empty() {
            self.contrast = pairs;
        }
        self.fonts.extend(root.strings("fonts"));
        self.scale = scale(&root.section("type")).or(self.scale.take());
        let hero = root.section("hero");
        hero.only(&["bytes"]);
        self.hero_bytes = hero.number("bytes").and_then(|bytes| usize::try_from(bytes).ok()).or(self.hero_bytes);
        document.finish(())
    }
}

/// The tables of a table, in the order in which they were written.
fn inside<'d>(section: &Section<'d>) -> Vec<(String, Section<'d>)> {
    section.written_keys().into_iter().map(|key| (key.clone(), section.section(&key))).collect()
}

fn block_kind(section: &Section<'_>) -> BlockKind {
    section.only(&["about", "place", "fields"]);
    let place = match section.string("place").as_deref() {
        None | Some("main") => Spot::Main,
        Some("top") => Spot::Top,
        Some("bottom") => Spot::Bottom,
        Some(other) => {
            let message = format!("`{other}` is no place of a page");
            section.complain("place", Code::BadValue, &message, "use `top`, `main` or `bottom`");
            Spot::Main
        }
    };
    let about = section.required("about", "what the block is for").unwrap_or_default();
    BlockKind { about, place, fields: fields(&section.section("fields")) }
}

fn fields(section: &Section<'_>) -> Vec<Field> {
    inside(section).iter().map(|(name, field)| self::field(name, field)).collect()
}

fn field(name: &str, section: &Section<'_>) -> Field {
    section.only(&["type", "required", "about", "of", "fields"]);
    let kind = match section.required("type", "what is written there").as_deref() {
        None | Some("line") => Kind::Line,
        Some("text") => Kind::Text,
        Some("image") => Kind::Image,
        Some("link") => Kind::Link,
        Some("address") => Kind::Address,
        Some("flag") => Kind::Flag,
        Some("date") => Kind::Date,
        Some("choice") => Kind::Choice(section.string_list("of").unwrap_or_default()),
        Some("list") => Kind::List,
        Some("items") => Kind::Items(fields(&section.section("fields"))),
        Some(other) => {
            let known = format!("known: {}", KINDS.join(", "));
            let hint = crate::text::nearest(other, KINDS).map(|near| format!("did you mean `{near}`?"));
            section.complain("type", Code::BadValue, &format!("unknown type `{other}`"), &hint.unwrap_or(known));
            Kind::Line
        }
    };
    let about = section.string("about").unwrap_or_default();
    Field { name: name.to_owned(), kind, required: section.boolean("required").unwrap_or(false), about }
}

fn swatch(section: &Section<'_>) -> Swatch {
    section.only(&["light", "dark", "on", "about"]);
    let color = |key: &str| {
        let written = section.string(key)?;
        if crate::model::Color::parse(&written).is_none() {
            let message = format!("`{written}` is no color");
            section.complain(key, Code::BadValue, &message, "write it as CSS does: `#9a2c0c`, `oklch(45% 0.14 35)`");
        }
        Some(written)
    };
    Swatch { light: color("light"), dark: color("dark"), on: section.string("on") }
}

fn pair(section: &Section<'_>) -> Pair {
    section.only(&["text", "on", "large"]);
    Pair {
        text: section.required("text", "the color of the letters").unwrap_or_default(),
        on: section.required("on", "the color behind them").unwrap_or_default(),
        large: section.boolean("large").unwrap_or(false),
    }
}

fn scale(section: &Section<'_>) -> Option<Scale> {
    section.only(&["text", "ratio"]);
    Some(Scale { text: section.range("text")?, ratio: section.range("ratio")? })
}
