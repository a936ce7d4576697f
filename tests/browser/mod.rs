//! In a real Chromium, with JavaScript off and everything but our host cut off: what a visitor gets when nothing else answers.
//!
//! In: the addresses of pages. Out: what they asked for, complained about and looked like ([`Seen`]). `LANDING_PICTURES=DIR`
//! keeps a picture of every visit, for human eyes.

mod campaign;
mod instrument;

use crate::server::{node, program};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// One page, one way of looking at it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Visit {
    url: String,
    /// The only host that may be asked; none for a page on disk.
    host: Option<String>,
    width: u32,
    height: u32,
    scheme: &'static str,
    script: bool,
    images: bool,
    /// The size of letters that the reader chose, in percent.
    text: u32,
    /// A system theme of high contrast.
    forced: bool,
    screenshot: Option<String>,
    /// What the page is called in the name of its picture; its address by default.
    #[serde(skip)]
    name: Option<String>,
}

/// What happened.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Seen {
    pub(crate) status: Option<u16>,
    pub(crate) title: String,
    pub(crate) heading: Option<String>,
    pub(crate) text: String,
    /// Every address that was asked for, the page's own first.
    pub(crate) requests: Vec<String>,
    /// Those that were answered by an error.
    pub(crate) failed: Vec<String>,
    /// Whatever the console says.
    pub(crate) console: Vec<String>,
    /// Of the content security policy.
    pub(crate) violations: Vec<String>,
    /// Hosts that the page wants to be connected to early.
    pub(crate) hints: Vec<String>,
    pub(crate) images: Vec<Image>,
    /// Of all that is on the page, in CSS pixels.
    pub(crate) width: u32,
    /// The elements that stick out on the right.
    pub(crate) too_wide: Vec<String>,
    /// The size of the letters of the first paragraph, in CSS pixels.
    pub(crate) letters: f64,
    /// The elements that hide a part of their text.
    pub(crate) cut: Vec<String>,
}

/// One picture of a page.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Image {
    pub(crate) src: String,
    pub(crate) decoded: bool,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) alt: Option<String>,
}

impl Visit {
    /// A page of a server.
    pub(crate) fn page(base: &str, path: &str) -> Self {
        let host = base.split("//").nth(1).map(|host| host.trim_end_matches('/').to_owned());
        Self { host, ..Self::url(format!("{}{path}", base.trim_end_matches('/'))) }
    }

    /// A page on disk, opened as a file.
    pub(crate) fn file(path: &Path) -> Self {
        Self::url(format!("file://{}", path.display()))
    }

    fn url(url: String) -> Self {
        Self {
            url,
            host: None,
            width: 1_280,
            height: 900,
            scheme: "light",
            script: false,
            images: true,
            text: 100,
            forced: false,
            screenshot: None,
            name: None,
        }
    }

    /// The same, called this in the name of its picture.
    pub(crate) fn named(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    /// The same in a window of this width.
    pub(crate) fn width(self, width: u32) -> Self {
        Self { width, height: if width < 600 { 640 } else { 900 }, ..self }
    }

    /// The same in the dark.
    pub(crate) fn dark(self) -> Self {
        Self { scheme: "dark", ..self }
    }

    /// The same with JavaScript on.
    pub(crate) fn script(self) -> Self {
        Self { script: true, ..self }
    }

    /// The same with pictures off.
    pub(crate) fn without_images(self) -> Self {
        Self { images: false, ..self }
    }

    /// The same for a reader who chose letters of this size, in percent.
    pub(crate) fn text(self, text: u32) -> Self {
        Self { text, ..self }
    }

    /// The same in a system theme of high contrast.
    pub(crate) fn forced_colors(self) -> Self {
        Self { forced: true, ..self }
    }

    /// Whether the reader chose larger letters.
    pub(crate) fn enlarged(&self) -> bool {
        self.text > 100
    }

    /// How the page is looked at, in a word or two.
    pub(crate) fn way(&self) -> String {
        let mut way = format!("{}-{}", self.width, self.scheme);
        for (on, word) in [(self.script, "-script"), (!self.images, "-no-images"), (self.forced, "-forced-colors")] {
            if on {
                way.push_str(word);
            }
        }
        if self.text == 100 { way } else { format!("{way}-text-{}", self.text) }
    }

    fn picture(mut self) -> Self {
        if let Some(folder) = std::env::var_os("LANDING_PICTURES") {
            let name = self.name.as_ref().unwrap_or(&self.url);
            let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
            let path = Path::new(&folder).join(format!("{name}~{}.png", self.way()));
            self.screenshot = Some(path.display().to_string());
        }
        self
    }
}

/// Makes all these visits in one browser.
pub(crate) fn visit(visits: impl IntoIterator<Item = Visit>) -> Vec<Seen> {
    let visits: Vec<Visit> = visits.into_iter().map(Visit::picture).collect();
    let answer = node("browser/visit.mjs", &serde_json::json!({ "chromium": program("chromium"), "visits": visits }));
    serde_json::from_value(answer).expect("the script answers in this shape")
}

impl Seen {
    /// Everything that must not happen on a page of ours, in words; empty when all is well.
    pub(crate) fn faults(&self, asked: &Visit) -> Vec<String> {
        let ours = |url: &&String| asked.host.as_ref().is_none_or(|host| !url.starts_with(&format!("http://{host}/")));
        let strangers = self.requests.iter().filter(|url| **url != asked.url).filter(ours);
        let mut faults: Vec<String> = strangers.map(|url| format!("asked for {url}")).collect();
        faults.extend(self.failed.iter().map(|url| format!("was refused {url}")));
        faults.extend(self.console.iter().map(|line| format!("console: {line}")));
        faults.extend(self.violations.iter().map(|line| format!("policy: {line}")));
        faults.extend(self.hints.iter().map(|url| format!("wants a connection to {url}")));
        for image in &self.images {
            if !image.decoded && asked.images {
                faults.push(format!("no picture at {}", image.src));
            }
            if image.alt.is_none() {
                faults.push(format!("no `alt` at {}", image.src));
            }
            if image.width < 1.0 || image.height < 1.0 {
                faults.push(format!("no room for {}", image.src));
            }
        }
        faults.extend(self.cut.iter().map(|name| format!("hides a part of its text: {name}")));
        if self.width > asked.width {
            faults.push(format!("{} px wide in a window of {}: {}", self.width, asked.width, self.too_wide.join(", ")));
        }
        faults
    }
}
