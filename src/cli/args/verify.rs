//! The arguments of `landing verify`.

use crate::diag::{Code, Diagnostic};
use crate::shell::probe;
use crate::text::harmless;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// `landing verify`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  landing verify production                  through the real CDN, as a visitor
  landing verify production -o report.html   and a page for those who decide
  landing verify production --format junit   for CI
  landing verify production --drill          and hold drills at the canary of the origin
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
    /// Hold drills as well: a crowd at what is not kept yet, at what is stale, while the origin fails, and a purge; at paths that no visitor knows. A few
    /// seconds more.
    #[arg(long)]
    pub(in crate::cli) drill: bool,
    /// Where the origin counts its requests: an address (nginx's `stub_status`, varnishstat's JSON, a number) or an access log. A hundred
    /// requests more are made, and what the origin counted meanwhile is set beside what the answers say.
    #[arg(long, value_name = "URL|LOG")]
    pub(in crate::cli) witness: Option<String>,
    /// How long the whole run may take, in seconds; what was not answered by then is said to be so.
    #[arg(long, value_name = "SECONDS", default_value_t = probe::RUN.as_secs(), value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(in crate::cli) timeout: u64,
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
    ///
    /// # Errors
    /// When the ending of the file is that of no form, and none is named.
    pub(in crate::cli) fn written(&self) -> Result<VerifyFormat, Diagnostic> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        let ending = self.out.as_deref().and_then(|path| path.extension()).unwrap_or_default().to_string_lossy();
        Ok(match ending.to_ascii_lowercase().as_str() {
            "json" => VerifyFormat::Json,
            "xml" => VerifyFormat::Junit,
            "md" | "markdown" => VerifyFormat::Markdown,
            "html" | "htm" => VerifyFormat::Html,
            "" | "txt" | "log" => VerifyFormat::Text,
            _ => {
                let wrong = format!("no form of a report ends in `.{}`", harmless(&ending));
                let known = "name a file that ends in `.html`, `.md`, `.json`, `.xml` (JUnit) or `.txt`, or say `--format`; browsers print the \
                     page of HTML as PDF";
                return Err(Diagnostic::new(Code::Usage, wrong).hint(known));
            }
        })
    }

    /// The time for the whole run.
    pub(in crate::cli) fn run(&self) -> Duration {
        Duration::from_secs(self.timeout)
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
