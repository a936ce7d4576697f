//! The cases of `tests/cases/cdn_settings`: every word of a conversation about settings. `LANDING_UPDATE=1` writes what came out into
//! the files; read the difference, with the vendor's page beside it, before committing it.
//!
//! A case, line by line: `set KEY VALUE…` describes the account, `header NAME VALUE` a field that the store cannot send, `errors` says that
//! the site has error pages, `bucket` that the origin is one; `start` begins a conversation, `answer STATUS [etag TAG] [BODY]` answers the request
//! that stands above it. When all is read, what differs is shown and the writing begins. Results stand after `---`.

use landing::cdn::{self, Account, Panel, Reply, Request, Step, Wish};
use landing::model::Lifetime;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/cdn_settings")
}

pub(crate) fn wish() -> Wish {
    const DAY: u64 = 86_400;
    let of = |browser, cdn| Lifetime {
        browser,
        cdn,
        stale_while_revalidate: DAY,
        stale_if_error: 7 * DAY,
        immutable: false,
    };
    let ignored = ["utm_source", "utm_id", "gclid", "fbclid"].map(str::to_owned).into();
    Wish { ignored, page: of(60, DAY), error: of(30, 60), ..Wish::default() }
}

/// Takes a line about the account or the wish. `false`: it is about something else.
pub(crate) fn described(line: &str, account: &mut Account, wish: &mut Wish) -> bool {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    match word {
        "set" => {
            let mut words = rest.split(' ');
            let key = words.next().unwrap();
            *account = account.clone().with(key, &words.collect::<Vec<_>>());
        }
        "header" => {
            let (name, value) = rest.split_once(' ').unwrap();
            wish.headers.insert(name.to_owned(), value.to_owned());
        }
        "errors" => {
            wish.errors.insert(404, ("/404.html".to_owned(), 404));
            wish.errors.insert(503, ("/error.html".to_owned(), 503));
        }
        "bucket" => wish.bucket = true,
        _ => return false,
    }
    true
}

/// A conversation, as far as it went.
#[derive(Default)]
struct Talk {
    read: Vec<Reply>,
    written: Vec<Reply>,
    writing: bool,
}

fn run(id: &str, text: &str) -> String {
    let (mut account, mut wish) = (Account::at("https://www.example.fr"), wish());
    let (mut talk, mut out) = (Talk::default(), String::new());
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        if described(line, &mut account, &mut wish) {
            continue;
        }
        let panel = cdn::find(id).unwrap().panel(&account, &wish);
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        writeln!(out, "{line}").unwrap();
        match word {
            "start" => talk = Talk::default(),
            "answer" => {
                let said = if talk.writing { &mut talk.written } else { &mut talk.read };
                said.push(reply(rest));
            }
            "manual" => panel.manual.iter().for_each(|it| writeln!(out, "  {it}").unwrap()),
            _ => panic!("`{line}` is no line of a case"),
        }
        if word != "manual" {
            go_on(&panel, &mut talk, &mut out);
        }
    }
    out
}

fn go_on(panel: &Panel, talk: &mut Talk, out: &mut String) {
    let whole = panel.whole.as_ref().unwrap();
    if !talk.writing {
        match whole.read(&talk.read) {
            Ok(Step::Ask(request)) => return show(out, &request),
            Ok(Step::Seen(all)) => {
                for it in &all {
                    let sign = if it.is_kept() { "as it should be" } else { "differs" };
                    writeln!(out, "  {sign}: {}: {} -> {}", it.name, it.seen, it.want).unwrap();
                }
                talk.writing = true;
            }
            Err(no) => return writeln!(out, "  refused: {}", no.message).unwrap(),
        }
    }
    match whole.write(&talk.read, &talk.written) {
        Ok(Some(request)) => show(out, &request),
        Ok(None) => writeln!(out, "  done").unwrap(),
        Err(no) => writeln!(out, "  refused: {}", no.message).unwrap(),
    }
}

fn reply(rest: &str) -> Reply {
    let (status, mut rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let mut reply = Reply { status: status.parse().unwrap(), ..Reply::default() };
    if let Some(tagged) = rest.strip_prefix("etag ") {
        let (tag, body) = tagged.split_once(' ').unwrap_or((tagged, ""));
        reply.etag = Some(tag.to_owned());
        rest = body;
    }
    rest.clone_into(&mut reply.body);
    reply
}

fn show(out: &mut String, request: &Request) {
    writeln!(out, "  {} {}", request.method, request.url).unwrap();
    for (name, value) in &request.headers {
        writeln!(out, "  {name}: {value}").unwrap();
    }
    let is_form = request.headers.get("content-type").is_some_and(|it| it.ends_with("urlencoded"));
    if is_form {
        for (name, value) in url::form_urlencoded::parse(request.body.as_bytes()) {
            writeln!(out, "  {name} = {}", value.trim_end().replace('\n', "\n      ")).unwrap();
        }
    } else {
        request.body.replace("><", ">\n<").lines().for_each(|line| writeln!(out, "  {line}").unwrap());
    }
}

#[test]
fn every_conversation_about_settings_goes_as_its_case_says() {
    let mut count = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let (asked, want) = text.split_once("---\n").unwrap_or((&text, ""));
        let got = run(path.file_stem().unwrap().to_str().unwrap(), asked);
        if std::env::var_os("LANDING_UPDATE").is_some() {
            std::fs::write(&path, format!("{asked}---\n{got}")).unwrap();
        } else {
            assert_eq!(got, want, "{}: run with LANDING_UPDATE=1 and read the difference", path.display());
        }
        count += 1;
    }
    assert_eq!(count, 4);
}
