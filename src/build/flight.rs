//! The first flight: what fits into the first round trip of a visit, counted line by line.
//!
//! In: the finished entry page, its header fields and the budgets. Out: an account. It changes nothing and refuses nothing; whether
//! a page over its budget is an error is the settings' choice.

use super::finish::Anatomy;
use super::modes::Done;
use super::{ENTRY, Row, hpack};
use crate::diag::{Code, Diagnostic, Place};
use crate::html::{Tree, write};
use crate::model::{Budgets, Digest, Entry, Memo, Mode, Release, Settings};
use crate::text::thousands;
use bytes::Bytes;

/// The account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FirstFlight {
    /// What the bytes go to, in the order of the page; they add up to the total.
    pub lines: Vec<Line>,
    /// Bytes of the entry page, Brotli.
    pub document: u64,
    /// Bytes of its header block, HPACK.
    pub headers: u64,
    /// What the document may take.
    pub document_budget: u64,
    /// What the header block may take.
    pub headers_budget: u64,
}

/// One line of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `text`, `css`, `script`, `svg`, `hero` or `headers`.
    pub what: &'static str,
    /// Compressed bytes.
    pub bytes: u64,
}

impl FirstFlight {
    /// Document and headers.
    pub fn total(&self) -> u64 {
        self.document + self.headers
    }

    /// What the page is over by, said with the line that takes most.
    pub(super) fn complaint(&self, page: &str) -> Option<Diagnostic> {
        let over = |what: &str, bytes, budget| {
            (bytes > budget).then(|| format!("its {what} takes {} bytes of {}", thousands(bytes), thousands(budget)))
        };
        let over: Vec<String> = [
            over("document", self.document, self.document_budget),
            over("header block", self.headers, self.headers_budget),
        ]
        .into_iter()
        .flatten()
        .collect();
        if over.is_empty() {
            return None;
        }
        let lines: Vec<String> =
            self.lines.iter().map(|line| format!("{} {}", line.what, thousands(line.bytes))).collect();
        let message = format!("the page does not fit the first round trip: {}", over.join(" and "));
        Some(
            Diagnostic::new(Code::OverBudget, message)
                .at(Place::file(page))
                .hint(format!("it goes to: {}", lines.join(", "))),
        )
    }
}

/// The account of the entry page, in the form that it has in a mode.
pub(super) fn of(
    pages: &[Done<'_, '_>],
    mode: Mode,
    release: &Release,
    table: &[Row],
    settings: &Settings,
    memo: &dyn Memo,
) -> FirstFlight {
    let entries = || pages.iter().filter(|it| it.page.spot.key.as_str() == ENTRY);
    let entry = entries().find(|it| it.mode == mode).or_else(|| entries().find(|it| it.mode == Mode::Normal));
    let parts = entry.and_then(|it| {
        let row = table.iter().find(|row| row.path == it.page.spot.key)?;
        Some((
            it.finished.anatomy.as_ref()?,
            release.entries.get(&it.page.spot.key)?,
            row.br_bytes.unwrap_or(row.bytes),
        ))
    });
    parts.map_or_else(FirstFlight::default, |(anatomy, entry, size)| {
        account(anatomy, entry, size, &settings.budgets, memo)
    })
}

/// Draws up the account. `document` is the size of the entry page as it is sent, in Brotli.
///
/// What a part takes is what the page is shorter without it, part after part; so the lines add up.
fn account(page: &Anatomy, entry: &Entry, document: u64, budgets: &Budgets, memo: &dyn Memo) -> FirstFlight {
    let mut tree = page.tree.clone();
    let mut left = document;
    // The document is in `document` already: where nothing is taken away, nothing is coded again.
    let mut last = write(&tree, page.space);
    let mut taken = |what: &'static str, tree: &Tree| {
        let text = write(tree, page.space);
        let rest = if text == last { left } else { brotli_size(text.as_bytes(), memo).min(left) };
        last = text;
        let line = Line { what, bytes: left - rest };
        left = rest;
        line
    };
    for hero in &page.heroes {
        tree.set(*hero, "srcset", "");
    }
    let hero = taken("hero", &tree);
    for graphic in &page.graphics {
        if tree.name(*graphic) == "link" { tree.set(*graphic, "href", "") } else { tree.set_text(*graphic, "") }
    }
    let svg = taken("svg", &tree);
    empty(&mut tree, "script");
    let script = taken("script", &tree);
    empty(&mut tree, "style");
    let css = taken("css", &tree);
    let text = Line { what: "text", bytes: left };
    let headers = header_bytes(entry, document);
    let lines = [text, css, script, svg, hero, Line { what: "headers", bytes: headers }];
    FirstFlight {
        lines: lines.into_iter().filter(|line| line.bytes > 0).collect(),
        document,
        headers,
        document_budget: budgets.document,
        headers_budget: budgets.headers,
    }
}

fn empty(tree: &mut Tree, name: &str) {
    for id in tree.elements(Tree::ROOT) {
        if tree.name(id) == name {
            tree.set_text(id, "");
        }
    }
}

/// The header fields with which our origin sends an entry in Brotli, as the first answer of a connection: those of the manifest
/// (`content-type`, `cache-control`, `cdn-cache-control`, the fields that every answer carries) and those that only the server
/// knows. A CDN may take `cdn-cache-control` away and add fields of its own.
pub fn response_fields(entry: &Entry, length: u64) -> Vec<(String, String)> {
    let own = |name: &str, value: String| (name.to_owned(), value);
    let server = [
        own(":status", "200".to_owned()),
        own("content-encoding", "br".to_owned()),
        own("content-length", length.to_string()),
        // Any date is as long (RFC 9110, section 5.6.7); this one is its example, and Huffman-coded within a byte of any other.
        own("date", "Sun, 06 Nov 1994 08:49:37 GMT".to_owned()),
        own("etag", format!("\"{}-br\"", entry.sha256.hex16())),
        own("vary", "accept-encoding".to_owned()),
    ];
    let manifest = entry.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    server.into_iter().chain(manifest).collect()
}

/// The size of that header block, HPACK, on a new connection.
pub fn header_bytes(entry: &Entry, length: u64) -> u64 {
    let fields = response_fields(entry, length);
    hpack::block(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// Bytes in Brotli at its best, remembered: a page is counted some times over.
fn brotli_size(bytes: &[u8], memo: &dyn Memo) -> u64 {
    let key = Digest::of_parts([concat!("landing ", env!("CARGO_PKG_VERSION"), " brotli size 1").as_bytes(), bytes]);
    let known = memo.get(&key).and_then(|size| <[u8; 8]>::try_from(&size[..]).ok());
    if let Some(size) = known {
        return u64::from_le_bytes(size);
    }
    let size = crate::assets::brotli(bytes, 11).len() as u64;
    memo.put(&key, &Bytes::copy_from_slice(&size.to_le_bytes()));
    size
}
