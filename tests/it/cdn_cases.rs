//! The cases of `tests/cases/cdn`: what each provider is told, and what its answers mean. `LANDING_UPDATE=1` writes what came
//! out into the files; read the difference, with the vendor's page beside it, before committing it.
//!
//! A case, line by line: `set KEY VALUE…` and `secret NAME…` describe the account, `widen` how far it may reach; `purge ITEMS` (paths, `#tag`,
//! `prefix:/path`, `everything`, `nothing`) shows the requests; `answer STATUS [after N] [to URL] [BODY]` says what an answer to the first of them
//! means, `then …` what one to the request that follows from it; `calls` counts for 1, 101 and 10,000 URLs; `rights` shows how one learns what the
//! token may do, `told STATUS [BODY]` what an answer to that says. Results stand after `---`.

use landing::cdn::{self, Account, Auth, Cdn, Keys, Next, Reply, Request, Rights, Selector};
use landing::model::{Purge, UrlPath, Widen};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/cdn")
}

fn now() -> jiff::Timestamp {
    "2026-11-27T20:00:00Z".parse().unwrap()
}

/// What a case is about.
struct Case {
    cdn: &'static dyn Cdn,
    account: Account,
    widen: Widen,
    /// The request that the next answer is one to.
    asked: Option<Request>,
    out: String,
}

fn run(id: &str, text: &str) -> String {
    let account = Account::at("https://www.example.fr");
    let cdn = cdn::find(id).unwrap_or_else(|| panic!("`{id}` is no provider"));
    let mut case = Case { cdn, account, widen: Widen::Never, asked: None, out: String::new() };
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "set" => {
                let mut words = rest.split(' ');
                let key = words.next().unwrap();
                case.account = case.account.clone().with(key, &words.collect::<Vec<_>>());
            }
            "secret" => case.account.secrets.extend(rest.split(' ').map(str::to_owned)),
            "widen" => case.widen = Widen::ALL.iter().find(|(name, _)| *name == rest).unwrap().1,
            "purge" => case.purge(rest),
            "answer" | "then" => case.answer(word, rest),
            "calls" => case.calls(),
            "rights" => case.rights(),
            "told" => case.told(rest),
            _ => panic!("`{line}` is no line of a case"),
        }
    }
    case.out
}

impl Case {
    fn purge(&mut self, items: &str) {
        writeln!(self.out, "purge {items}").unwrap();
        if let Err(why) = self.cdn.check(&self.account) {
            writeln!(self.out, "  refused: {why}").unwrap();
            return;
        }
        let plan = cdn::plan(self.cdn, &self.account, &purge(items), self.widen);
        let calls = plan.calls.iter();
        let requests: Vec<Request> = calls.flat_map(|call| self.cdn.requests(&self.account, call, now())).collect();
        for request in &requests {
            show(&mut self.out, &self.account, request);
        }
        for said in plan.notes.iter().chain(&plan.cost) {
            writeln!(self.out, "  note: {said}").unwrap();
        }
        self.asked = requests.into_iter().next();
    }

    fn answer(&mut self, word: &str, rest: &str) {
        writeln!(self.out, "{word} {rest}").unwrap();
        let (status, mut rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let mut reply = Reply { status: status.parse().unwrap(), ..Reply::default() };
        while let Some((name, value)) = rest.split_once(' ').filter(|(name, _)| matches!(*name, "after" | "to")) {
            let (value, others) = value.split_once(' ').unwrap_or((value, ""));
            match name {
                "after" => reply.retry_after = Some(value.parse().unwrap()),
                _ => reply.location = Some(value.to_owned()),
            }
            rest = others;
        }
        rest.clone_into(&mut reply.body);
        let asked = self.asked.clone().expect("an answer comes after a purge");
        match self.cdn.read(&self.account, &asked, &reply) {
            Ok(Next::Done) => writeln!(self.out, "  done").unwrap(),
            Ok(Next::Again(after)) => {
                let after = after.map_or(String::new(), |after| format!(" after {} s", after.as_secs()));
                writeln!(self.out, "  again{after}").unwrap();
            }
            Ok(Next::Poll(request) | Next::Instead(request)) => {
                show(&mut self.out, &self.account, &request);
                self.asked = Some(*request);
            }
            Err(no) => writeln!(self.out, "  refused: {}", no.message).unwrap(),
        }
    }

    fn rights(&mut self) {
        writeln!(self.out, "rights").unwrap();
        match self.cdn.rights(&self.account) {
            Rights::Untold => writeln!(self.out, "  nobody tells").unwrap(),
            Rights::TooMany(much) => writeln!(self.out, "  too many: {much}").unwrap(),
            Rights::Ask(request) => show(&mut self.out, &self.account, &request),
        }
    }

    fn told(&mut self, rest: &str) {
        writeln!(self.out, "told {rest}").unwrap();
        let (status, body) = rest.split_once(' ').unwrap_or((rest, ""));
        let reply = Reply { status: status.parse().unwrap(), body: body.to_owned(), ..Reply::default() };
        let seen = self.cdn.excess(&self.account, &reply).unwrap_or_else(|| "nothing more than purging".to_owned());
        writeln!(self.out, "  {seen}").unwrap();
    }

    fn calls(&mut self) {
        writeln!(self.out, "calls").unwrap();
        for count in [1, 101, 10_000] {
            let urls = (0..count).map(|n| UrlPath::parse(&format!("/n/{n}")).unwrap()).collect();
            let plan = cdn::plan(self.cdn, &self.account, &Purge { urls, ..Purge::default() }, self.widen);
            let calls = plan.calls.iter();
            let requests: usize = calls.map(|call| self.cdn.requests(&self.account, call, now()).len()).sum();
            let seconds = plan.time.as_secs();
            writeln!(self.out, "  {count} URLs: {requests} requests, {seconds} s by the provider's rates").unwrap();
        }
    }
}

/// `/ /about #error prefix:/news/ everything`
fn purge(items: &str) -> Purge {
    let mut purge = Purge::default();
    for item in items.split(' ') {
        match item {
            "nothing" => {}
            "everything" => purge.everything = true,
            _ => match (item.strip_prefix('#'), item.strip_prefix("prefix:")) {
                (Some(tag), _) => _ = purge.tags.insert(tag.to_owned()),
                (_, Some(prefix)) => _ = purge.prefixes.insert(UrlPath::parse(prefix).unwrap()),
                _ => _ = purge.urls.insert(UrlPath::from_target(item).unwrap()),
            },
        }
    }
    purge
}

fn show(out: &mut String, account: &Account, request: &Request) {
    let wait = if request.after.is_zero() { String::new() } else { format!(" {} s later", request.after.as_secs()) };
    writeln!(out, "  {} {}{wait}", request.method, request.url).unwrap();
    for (name, value) in &request.headers {
        writeln!(out, "  {name}: {value}").unwrap();
    }
    let secrets: BTreeMap<String, String> =
        account.secrets.iter().map(|name| (name.clone(), format!("<{name}>"))).collect();
    let keys: BTreeMap<String, &str> = secrets.iter().map(|(name, secret)| (name.clone(), secret.as_str())).collect();
    if matches!(request.auth, Auth::OAuth(_)) && !account.has("token") {
        writeln!(out, "  authorization: Bearer of a grant").unwrap();
    } else {
        match request.auth.fields(request, Keys(&keys), now(), "n0nce") {
            Ok(fields) => fields.iter().for_each(|(name, value)| writeln!(out, "  {name}: {value}").unwrap()),
            Err(why) => writeln!(out, "  unsigned: {why}").unwrap(),
        }
    }
    request.body.lines().for_each(|line| writeln!(out, "  {line}").unwrap());
}

#[test]
fn every_provider_is_told_what_its_case_says() {
    let update = std::env::var_os("LANDING_UPDATE").is_some();
    let mut wrong = Vec::new();
    for cdn in cdn::ALL {
        let path = folder().join(format!("{}.txt", cdn.id()));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} has no case: {path:?}", cdn.id()));
        let (input, expected) = text.split_once("\n---\n").unwrap_or((text.trim_end(), ""));
        let out = run(cdn.id(), input);
        if update {
            std::fs::write(&path, format!("{}\n---\n{out}", input.trim_end())).unwrap();
        } else if out != expected {
            wrong.push(format!("{}:\n{}", cdn.id(), difference(expected, &out)));
        }
    }
    assert!(wrong.is_empty(), "{}\n`LANDING_UPDATE=1` writes it into the cases", wrong.join("\n"));
}

/// The first line that differs.
fn difference(expected: &str, out: &str) -> String {
    let pairs = expected.lines().chain(std::iter::repeat("(nothing)")).zip(out.lines().chain(["(nothing)"]));
    let found = pairs.enumerate().find(|(_, (expected, out))| expected != out);
    found.map_or("the end".to_owned(), |(at, (expected, out))| format!("  line {}\n  - {expected}\n  + {out}", at + 1))
}

/// What no case may leave out.
#[test]
fn every_case_shows_each_selector_each_kind_of_failure_and_the_number_of_calls() {
    for cdn in cdn::ALL {
        let text = std::fs::read_to_string(folder().join(format!("{}.txt", cdn.id()))).unwrap();
        let lines: Vec<&str> = text.lines().take_while(|line| *line != "---").collect();
        let has = |start: &str, part: &str| lines.iter().any(|line| line.starts_with(start) && line.contains(part));
        let mut wanted = vec![("purge", "nothing"), ("calls", "")];
        // Malformed, too large, too often: what every one of these APIs documents, or HTTP does for it.
        wanted.extend(["answer 400", "answer 413", "answer 429", "answer 5"].map(|answer| (answer, "")));
        for takes in cdn.facts().takes {
            wanted.push(match takes.selector {
                Selector::Url => ("purge", "/ "),
                Selector::Prefix => ("purge", "prefix:/"),
                Selector::Tag => ("purge", "#"),
                Selector::Host | Selector::Everything => ("purge", "everything"),
            });
        }
        let mut missing: BTreeSet<_> = wanted.iter().filter(|(start, part)| !has(start, part)).collect();
        let strange = ["answer 401", "answer 403", "answer 405"];
        if !strange.iter().any(|start| has(start, "")) {
            missing.insert(&("answer 401", "or 403, or 405: a token that is none"));
        }
        if !matches!(cdn.rights(&Account::at("https://www.example.fr")), Rights::Untold) && !has("rights", "") {
            missing.insert(&("rights", ""));
        }
        assert!(missing.is_empty(), "{}: {missing:?}", cdn.id());
    }
}

#[test]
fn no_request_shows_a_secret_before_it_is_signed() {
    for cdn in cdn::ALL {
        let account = Account::at("https://www.example.fr").with("nodes", &["http://127.0.0.1:1"]);
        let account =
            Account { secrets: ["token", "client_secret", "secret_key"].map(str::to_owned).into(), ..account };
        for call in cdn::plan(*cdn, &account, &purge("/ #a"), Widen::Never).calls {
            for request in cdn.requests(&account, &call, now()) {
                assert!(
                    !request.headers.keys().any(|name| ["authorization", "accesskey", "fastly-key"].contains(name))
                );
            }
        }
    }
}
