//! What a command shows: words and bars on a terminal, plain lines elsewhere, JSON lines with `--json`.
//!
//! Results go to standard output, everything about the way there to standard error; with `--json` both are JSON lines on
//! standard output and nothing else is. A closed pipe is no error: whoever closed it has seen enough.

use super::complaint::{self, Weight};
use super::report::Line;
use crate::diag::{Code, Diagnostic, Diagnostics, Exit};
use crate::model::Verdict;
use crate::shell::Event;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where a command speaks.
pub(crate) struct View {
    json: bool,
    color: bool,
    bar: Mutex<Option<ProgressBar>>,
    /// What the command said of itself so far: a complaint about what it did carries it.
    said: Mutex<Option<Value>>,
}

impl View {
    /// For this process's standard streams.
    pub(super) fn new(json: bool) -> Self {
        let color = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
        Self { json, color, bar: Mutex::new(None), said: Mutex::new(None) }
    }

    /// Whether the output is for programs.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether a person sits at the other end.
    pub(super) fn is_terminal(&self) -> bool {
        !self.json && std::io::stdout().is_terminal()
    }

    /// Columns of the terminal; 80 elsewhere.
    pub(super) fn width(&self) -> usize {
        let terminal = console::Term::stdout();
        if self.is_terminal() { usize::from(terminal.size().1) } else { 80 }
    }

    /// Asks the person; no answer is no.
    pub(super) fn ask(&self, question: &str) -> bool {
        matches!(self.answer(&format!("{question} [y/N]")).as_str(), "y" | "Y" | "yes" | "o" | "oui")
    }

    /// What the person types.
    pub(super) fn answer(&self, question: &str) -> String {
        self.hide_bar();
        let _ = write!(anstream::stderr(), "{question} ");
        let _ = std::io::stderr().flush();
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        read.map_or(String::new(), |_| answer.trim().to_owned())
    }

    /// An event of a command's own, with `--json`.
    pub(super) fn json(&self, event: &Value) {
        if self.json {
            write_json(event);
        }
    }

    /// The lines of a report, each verdict in its color.
    pub(super) fn report(&self, lines: Vec<Line>) {
        for Line { verdict, text } in lines {
            match verdict {
                Some(verdict) => {
                    let (name, style) = (verdict.name(), style(verdict));
                    self.line(format!("{style}{name}{style:#}{}", &text[name.len()..]));
                }
                None => self.line(text),
            }
        }
    }

    /// A line of the result.
    pub(super) fn line(&self, text: impl AsRef<str>) {
        if !self.json {
            self.hide_bar();
            note_loss(writeln!(anstream::stdout(), "{}", text.as_ref()));
        }
    }

    /// The last line of a command that did what it was asked.
    pub(super) fn done(&self, result: Value) {
        self.hide_bar();
        if self.json {
            let mut result = result;
            result["event"] = "done".into();
            write_json(&result);
            *self.said.lock().expect("no panic while it is held") = Some(result);
        }
    }

    /// How the command ends: a result that nobody can read, because the disk is full, is none.
    pub(super) fn end(&self, exit: Exit) -> Exit {
        if exit != Exit::Done || !LOST.load(Ordering::Relaxed) {
            return exit;
        }
        let lost = Diagnostic::new(Code::WriteFailed, "the output could not be written to its end");
        self.fail(&lost.hint("see whether the disk is full").into())
    }

    /// What the person should know although it worked.
    pub(super) fn warn(&self, warnings: &[Diagnostic]) {
        for warning in warnings {
            self.complain(warning, Weight::Warning);
        }
    }

    /// Why nothing came of it.
    pub(super) fn fail(&self, wrong: &Diagnostics) -> Exit {
        for one in wrong.iter() {
            self.complain(one, Weight::Error);
        }
        wrong.exit()
    }

    /// One thing that happened on the way.
    pub(super) fn event(&self, event: &Event) {
        if self.json {
            return write_json(&serde_json::to_value(event).expect("events have a JSON form"));
        }
        match event {
            Event::Phase { name, total } => self.phase(name, *total),
            Event::Step { what, .. } => self.step(what),
            Event::Steps { what, done, .. } => self.steps(what, *done),
            Event::RollingForward { release, interrupted: true } => {
                self.note(&format!("an earlier deploy was interrupted: finishing release {}", release.hex16()));
            }
            Event::RollingForward { release, interrupted: false } => {
                self.note(&format!(
                    "release {} is live, and what was stale after it is looked at again",
                    release.hex16()
                ));
            }
            Event::Repairing { key } => {
                self.note(&format!("`{key}` in the store is not what the head says: repairing it"));
            }
            Event::Note { text } => self.note(text),
        }
    }

    /// A line about the way, on standard error.
    pub(super) fn note(&self, text: &str) {
        if self.json {
            return write_json(&json!({ "event": "note", "text": text }));
        }
        self.hide_bar();
        let _ = writeln!(anstream::stderr(), "{}", complaint::visible(text));
    }

    fn complain(&self, complaint: &Diagnostic, weight: Weight) {
        self.hide_bar();
        if self.json {
            let mut told = as_json(complaint, weight);
            if weight == Weight::Error {
                self.add_what_was_said(&mut told);
            }
            return write_json(&told);
        }
        let _ = writeln!(anstream::stderr(), "{}\n", complaint::render(complaint, weight, self.color));
    }

    /// The last line is the result: what was deployed although it was not proven, say, stands in it as well.
    fn add_what_was_said(&self, told: &mut Value) {
        let said = self.said.lock().expect("no panic while it is held");
        if let (Some(said), Some(told)) = (said.as_ref().and_then(Value::as_object), told.as_object_mut()) {
            for (key, value) in said {
                told.entry(key).or_insert_with(|| value.clone());
            }
        }
    }

    fn phase(&self, name: &str, total: usize) {
        self.hide_bar();
        if !std::io::stderr().is_terminal() {
            let steps = if total > 0 { format!(" ({total})") } else { String::new() };
            let _ = writeln!(std::io::stderr(), "{name}{steps}");
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
        let style =
            ProgressStyle::with_template("{prefix:<7} {bar:24} {pos}/{len} {wide_msg}").expect("a constant template");
        bar.set_style(style.progress_chars("━╸─"));
        bar.set_prefix(name.to_owned());
        *self.bar.lock().expect("no panic while the bar is held") = Some(bar);
    }

    fn step(&self, what: &str) {
        if let Some(bar) = self.bar.lock().expect("no panic while the bar is held").as_ref() {
            bar.set_message(complaint::visible(what));
            bar.inc(1);
        }
    }

    fn steps(&self, what: &str, done: usize) {
        if let Some(bar) = self.bar.lock().expect("no panic while the bar is held").as_ref() {
            bar.set_message(complaint::visible(what));
            bar.set_position(done as u64);
        }
    }

    fn hide_bar(&self) {
        if let Some(bar) = self.bar.lock().expect("no panic while the bar is held").take() {
            bar.finish_and_clear();
        }
    }
}

/// The stable JSON form of a complaint (`error`, or `warning` with the same keys).
fn as_json(complaint: &Diagnostic, weight: Weight) -> Value {
    let place = complaint.place.as_ref().map(|place| {
        let known = |n: usize| (n > 0).then_some(n);
        json!({ "file": place.file, "line": known(place.line), "column": known(place.column) })
    });
    json!({
        "event": match weight { Weight::Error => "error", Weight::Warning => "warning" },
        "code": complaint.code.name(),
        "exit": complaint.code.exit().code(),
        "message": complaint.message,
        "place": place,
        "hint": complaint.hint,
    })
}

fn write_json(value: &Value) {
    let mut out = std::io::stdout().lock();
    note_loss(writeln!(out, "{value}").and_then(|()| out.flush()));
}

/// Whether something of the result could not be written; of the process, as its standard output is.
static LOST: AtomicBool = AtomicBool::new(false);

fn note_loss(written: std::io::Result<()>) {
    if written.is_err_and(|err| err.kind() != std::io::ErrorKind::BrokenPipe) {
        LOST.store(true, Ordering::Relaxed);
    }
}

fn style(verdict: Verdict) -> anstyle::Style {
    use anstyle::AnsiColor::{BrightBlack, Green, Red, Yellow};
    let color = match verdict {
        Verdict::Pass => Green,
        Verdict::Skipped => BrightBlack,
        Verdict::Waived | Verdict::Warn | Verdict::Unknown => Yellow,
        Verdict::Fail => Red,
    };
    anstyle::Style::new().fg_color(Some(color.into())).bold()
}
