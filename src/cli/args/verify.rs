//! The arguments of `landing verify`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `landing verify`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  landing verify production                  through the real CDN, as a visitor
  landing verify production -o report.html   and a page for those who decide
  landing verify production --format junit   for CI
  landing verify https://www.example.com/    any page, as far as that goes without a release")]
pub(in crate::cli) struct Verify {
    /// The environment, or the address of a page that landing did not build: then what needs a release is left out.
    #[arg(value_name = "ENV|URL", default_value = "local")]
    pub(in crate::cli) target: String,
    /// How to tell it [default: by the ending of FILE, else text].
    #[arg(long, value_enum)]
    pub(in crate::cli) format: Option<VerifyFormat>,
    /// Write the report to a file; the text is shown all the same.
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
}

/// `--format`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum VerifyFormat {
    /// For people.
    #[value(alias = "terminal")]
    Text,
    /// The same as `--json`.
    Json,
    /// JUnit XML.
    Junit,
    /// Annotations of GitHub's workflows.
    Github,
    /// For a comment on a pull request.
    Markdown,
    /// A page for those who decide: one file, no script, no request.
    Html,
}

impl Verify {
    /// The form of the file, when there is one.
    pub(in crate::cli) fn written(&self) -> VerifyFormat {
        let ending = self.out.as_deref().and_then(|path| path.extension()?.to_str()).unwrap_or_default();
        self.format.unwrap_or_else(|| match ending.to_ascii_lowercase().as_str() {
            "json" => VerifyFormat::Json,
            "xml" => VerifyFormat::Junit,
            "md" | "markdown" => VerifyFormat::Markdown,
            "html" | "htm" => VerifyFormat::Html,
            _ => VerifyFormat::Text,
        })
    }

    /// What stands on standard output: the report, or the text beside a report in a file.
    pub(in crate::cli) fn shown(&self, json: bool) -> VerifyFormat {
        match &self.out {
            _ if json => VerifyFormat::Json,
            Some(_) => VerifyFormat::Text,
            None => self.format.unwrap_or(VerifyFormat::Text),
        }
    }
}
