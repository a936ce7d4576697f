//! What we care about in the sources is a test, not a reminder: floors, first lines, names, sizes, lists, leftovers.
//!
//! In: the tree of this checkout as text. Out: every breach at once, each with the remedy. Compiles nothing, and knows Rust no
//! better than a person who skims it.

use landing::diag::Code;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The floors of `src/lib.rs`. Imports point down, or sideways inside a module.
const FLOORS: &[(u8, &[&str])] = &[
    (4, &["main", "cli"]),
    (3, &["shell", "store", "serve"]),
    (
        2,
        &[
            "config",
            "build",
            "assets",
            "hosts",
            "deploy",
            "cdn",
            "verify",
            "check",
            "cache",
            "fingerprint",
            "rehearse",
            "ready",
        ],
    ),
    (1, &["model"]),
    (0, &["diag", "text", "html", "reader"]),
];

/// Modules of one floor that may import each other: `build` runs the optimizers and the emitters; `config` asks a CDN's fact
/// sheet which keys it knows, and the checks for their names; `cli` is what `main` calls;
/// the shell's three parts serve and store for each other.
const NEIGHBORS: &[(&str, &[&str])] = &[
    ("build", &["assets", "hosts"]),
    ("fingerprint", &["assets", "hosts"]),
    ("config", &["cdn", "check", "verify"]),
    ("main", &["cli"]),
    ("shell", &["store", "serve"]),
    ("store", &["shell"]),
    ("serve", &["shell", "store"]),
    ("diag", &["text"]),
    ("reader", &["diag"]),
];

/// The families: one file per member, one list. Folder, trait.
const FAMILIES: &[(&str, &str)] = &[
    ("assets/optimizer", "Optimizer"),
    ("hosts", "Emitter"),
    ("cdn", "Cdn"),
    ("verify", "Check"),
    ("check", "Family"),
];

/// The longest file that can still be read in one go.
const LONGEST: usize = 400;

#[test]
fn imports_point_down() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let module = module_of(&path);
        let Some(floor) = floor_of(module) else {
            if module != "lib" {
                wrong.push(format!(
                    "{path}: `{module}` is on no floor: add it to FLOORS here and to the table in src/lib.rs"
                ));
            }
            continue;
        };
        for (line, import) in imports(&text) {
            let Some(target) = floor_of(&import) else { continue };
            let allowed = NEIGHBORS.iter().any(|(from, to)| *from == module && to.contains(&import.as_str()));
            if import != module && target >= floor && !allowed {
                wrong.push(format!(
                    "{path}:{line}: `{module}` (floor {floor}) imports `{import}` (floor {target}): pass the value in, or move what is shared down to `model`"
                ));
            }
        }
    }
    report(&wrong);
}

#[test]
fn every_file_opens_with_what_it_is() {
    report(&each_source(|path, text| {
        (!text.starts_with("//! "))
            .then(|| format!("{path}: open with `//! ` and a sentence: what it is, in, out, what it refuses to do"))
    }));
}

#[test]
fn no_file_is_too_long_to_read() {
    report(&each_source(|path, text| {
        let lines = text.lines().count();
        (lines > LONGEST)
            .then(|| format!("{path}: {lines} lines, at most {LONGEST}: split it by what its parts are about"))
    }));
}

#[test]
fn no_name_says_nothing() {
    const EMPTY: &[&str] = &["util", "utils", "helper", "helpers", "manager", "common", "misc", "stuff"];
    report(&each_source(|path, _| {
        let name = path.trim_end_matches("/mod.rs").trim_end_matches(".rs").rsplit('/').next().unwrap_or_default();
        EMPTY.contains(&name).then(|| format!("{path}: `{name}` says nothing: name it by what it is about"))
    }));
}

#[test]
fn nothing_is_left_for_later() {
    // Put together so that this file does not find itself.
    let leftovers =
        [["TO", "DO"], ["FIX", "ME"], ["XX", "X"], ["for ", "now"], ["place", "holder"], ["un", "implemented!"]];
    // What a crate calls a field of its own, and HTML an attribute.
    let foreign = ["url.", "aria-", "`", "\""].map(|start| [start, "place", "holder"].concat());
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for (line, words) in text.lines().enumerate() {
            let words = &foreign.iter().fold(words.to_owned(), |words, it| words.replace(it.as_str(), ""));
            for leftover in leftovers.iter().map(|parts| parts.concat()).filter(|leftover| has_word(words, leftover)) {
                wrong.push(format!(
                    "{path}:{}: `{leftover}`: do it, or open an issue and leave the words out",
                    line + 1
                ));
            }
        }
    }
    report(&wrong);
}

#[test]
fn every_file_of_a_family_is_in_its_list() {
    let all = sources();
    let mut wrong = Vec::new();
    for (folder, family) in FAMILIES {
        let list = all.get(&format!("src/{folder}/mod.rs")).cloned().unwrap_or_default();
        let in_folder = all.iter().filter(|(path, _)| path.starts_with(&format!("src/{folder}/")));
        for (path, text) in in_folder.filter(|(path, _)| **path != format!("src/{folder}/mod.rs")) {
            let inside = path.trim_start_matches(&format!("src/{folder}/")).trim_end_matches(".rs");
            let module = inside.trim_end_matches("/mod").replace('/', "::");
            let first = module.split("::").next().unwrap_or_default();
            for member in members(text, family) {
                let entry = format!("&{module}::{member}");
                if !list.contains(&format!("{module}::{member}")) || !declares(&list, first) {
                    wrong.push(format!(
                        "{path}: `{member}` is not in the list of src/{folder}/mod.rs: paste\n    mod {first};\n    {entry},   (into ALL)"
                    ));
                }
            }
        }
    }
    report(&wrong);
}

#[test]
fn every_file_is_part_of_the_crate() {
    let all = sources();
    report(&each_source(|path, _| {
        let (parent, name) = parent_of(path)?;
        let text = parent.iter().find_map(|parent| all.get(parent))?;
        (!declares(text, &name)).then(|| format!("{path}: nobody compiles it: paste `mod {name};` into {}", parent[0]))
    }));
}

#[test]
fn the_changelog_names_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    let changelog = read("CHANGELOG.md").expect("there is a CHANGELOG.md");
    assert!(
        changelog.lines().any(|line| line.starts_with("## ") && line.contains(version)),
        "CHANGELOG.md has no heading for {version}, the version in Cargo.toml: add `## {version}` and what changed"
    );
}

#[test]
fn the_architecture_fits_in_one_sitting() {
    let text = read("ARCHITECTURE.md").expect("there is an ARCHITECTURE.md");
    let lines = text.lines().count();
    assert!(
        lines <= 150,
        "ARCHITECTURE.md has {lines} lines, at most 150: it is the map, the details stand at the code"
    );
}

#[test]
fn every_diagnostic_is_documented() {
    const FILE: &str = "docs/errors.md";
    let expected = errors_page();
    if std::env::var_os("LANDING_UPDATE").is_some() {
        fs::create_dir_all(root().join("docs")).expect("the checkout can be written");
        fs::write(root().join(FILE), &expected).expect("docs/ can be written");
    }
    let found = read(FILE).unwrap_or_default();
    assert!(
        found == expected,
        "{FILE} is not what the codes in src/diag.rs say: run `LANDING_UPDATE=1 cargo test --test it`"
    );
}

#[test]
fn no_file_names_the_machine_it_was_written_on() {
    let mut places: Vec<String> = [["/ho", "me/"], ["/Us", "ers/"], ["/ro", "ot/"], ["/tm", "p/"], ["C:\\Us", "ers"]]
        .iter()
        .map(|parts| parts.concat())
        .collect();
    // Where this checkout lies, down to its second folder: `/srv/alice`. A single folder is too short to be telling.
    let here: Vec<&str> = env!("CARGO_MANIFEST_DIR").split('/').take(3).collect();
    if here.len() == 3 {
        places.push(here.join("/"));
    }
    let mut wrong = Vec::new();
    for path in files(root(), &|name| !SKIPPED.contains(&name)) {
        let Ok(text) = fs::read_to_string(root().join(&path)) else { continue };
        for (line, place) in text.lines().enumerate().flat_map(|(idx, line)| {
            places.iter().filter(move |place| line.contains(place.as_str())).map(move |place| (idx + 1, place))
        }) {
            wrong.push(format!(
                "{path}:{line}: `{place}` is a place on somebody's machine: write it relative to the project"
            ));
        }
    }
    report(&wrong);
}

#[test]
fn no_test_is_set_aside() {
    // Put together so that this file does not find itself.
    let marks = [["#[ign", "ore"]].map(|parts| parts.concat());
    let mut wrong = Vec::new();
    for path in files(root(), &|name| !SKIPPED.contains(&name)).iter().filter(|path| path.ends_with(".rs")) {
        for mark in marks.iter().filter(|mark| read(path).is_some_and(|text| text.contains(mark.as_str()))) {
            wrong.push(format!("{path}: `{mark}`: a test runs, or it is no test"));
        }
    }
    report(&wrong);
}

/// Packages that want more of a machine than the Rust toolchain and a C compiler. (`nasm-rs` calls an assembler only for the feature `asm`.)
const DEMANDING: &[&str] = &["aws-lc-sys", "bindgen", "cmake", "openssl-sys", "pkg-config", "vcpkg"];

#[test]
fn the_build_needs_nothing_but_rust_and_a_c_compiler() {
    let lock = read("Cargo.lock").expect("the packages are pinned");
    for package in DEMANDING {
        let named = format!("name = \"{package}\"\n");
        assert!(
            !lock.contains(&named),
            "`{package}` came into Cargo.lock: see which feature brings it (`cargo tree -i {package}`)"
        );
    }
}

#[test]
fn the_pinned_packages_name_no_registry() {
    let lock = read("tests/tools/package-lock.json").expect("the packages are pinned");
    assert!(!lock.contains("://"), "tests/tools/package-lock.json holds addresses: write it with `tests/tools/lock`");
}

/// Folders that git does not hold.
const SKIPPED: &[&str] = &[".git", "target", "dist", ".landing", "node_modules", ".tools", ".work", "__pycache__"];

/// `docs/errors.md`, made from the one list of codes.
fn errors_page() -> String {
    let mut page = String::from(
        "# Errors\n\nEvery complaint has a code that stays the same, shown as `error[code]` and as `\"code\"` in JSON, and ends with an exit code.\n\
         This page is made from `src/diag.rs`: `LANDING_UPDATE=1 cargo test --test it` writes it.\n\n| code | exit | what it means |\n| --- | --- | --- |\n",
    );
    for code in Code::ALL {
        page.push_str(&format!("| `{}` | {} | {} |\n", code.name(), code.exit().code(), code.means()));
    }
    page
}

#[track_caller]
fn report(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(root().join(path)).ok()
}

/// Path (`src/hosts/nginx.rs`) to text of every Rust file in src/.
fn sources() -> BTreeMap<String, String> {
    let rust = files(&root().join("src"), &|_| true).into_iter().filter(|path| path.ends_with(".rs"));
    rust.map(|path| format!("src/{path}")).map(|path| (path.clone(), read(&path).expect("a source is UTF-8"))).collect()
}

fn each_source(mut look: impl FnMut(&str, &str) -> Option<String>) -> Vec<String> {
    sources().iter().filter_map(|(path, text)| look(path, text)).collect()
}

/// The files below a folder, relative to it, in order; only those folders are entered whose name is wanted.
fn files(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Vec<String> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    walk.filter_entry(|entry| entry.depth() == 0 || wanted(&entry.file_name().to_string_lossy()))
        .filter_map(|entry| {
            let entry = entry.expect("the checkout can be read");
            let path =
                entry.path().strip_prefix(folder).expect("below the folder").to_string_lossy().replace('\\', "/");
            entry.file_type().is_file().then_some(path)
        })
        .collect()
}

fn floor_of(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(_, modules)| modules.contains(&module)).map(|(floor, _)| *floor)
}

/// `hosts` for `src/hosts/nginx.rs` and for `src/hosts.rs`.
fn module_of(path: &str) -> &str {
    path.trim_start_matches("src/").trim_end_matches(".rs").split('/').next().unwrap_or_default()
}

/// The top-level modules that a text names, with the line: `crate::x::`, `crate::{x, y::z}`, and `landing::x` in the binary.
fn imports(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for start in ["crate::", "landing::"] {
        for (at, _) in text.match_indices(start) {
            let line = text[..at].lines().count().max(1);
            if text[..at].lines().last().is_some_and(|line| line.trim_start().starts_with("//")) {
                continue;
            }
            let rest = &text[at + start.len()..];
            let names = if rest.starts_with('{') { first_names(rest) } else { vec![name_at(rest)] };
            found.extend(names.into_iter().map(|name| (line, name)));
        }
    }
    found
}

/// The first name of each entry of a `{…}` group.
fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut fresh) = (0, Vec::new(), false);
    for (at, c) in group.char_indices() {
        match c {
            '{' => (depth, fresh) = (depth + 1, depth == 0),
            '}' if depth == 1 => break,
            '}' => depth -= 1,
            ',' => fresh = depth == 1,
            _ if fresh && !c.is_whitespace() => {
                names.push(name_at(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

fn name_at(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Whether a word stands in a line by itself, and not as another's name (`url.word`, `::word`).
fn has_word(line: &str, word: &str) -> bool {
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(|c| letter(c) || ".:".contains(c)) && !after.is_some_and(letter)
    })
}

fn declares(text: &str, module: &str) -> bool {
    text.lines().any(|line| line.trim_end().ends_with(&format!("mod {module};")))
}

/// The types for which a text implements a family's trait.
fn members(text: &str, family: &str) -> Vec<String> {
    text.split(&format!("impl {family} for ")).skip(1).map(name_at).collect()
}

/// The files that could declare a source file, and its name; `None` for the roots.
fn parent_of(path: &str) -> Option<(Vec<String>, String)> {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    match inside.rsplit_once('/') {
        None if matches!(inside, "main" | "lib") => None,
        None => Some((vec!["src/lib.rs".to_owned(), "src/main.rs".to_owned()], inside.to_owned())),
        Some((folder, name)) => {
            Some((vec![format!("src/{folder}/mod.rs"), format!("src/{folder}.rs")], name.to_owned()))
        }
    }
}

#[test]
fn a_group_of_imports_is_read_name_by_name() {
    let text = "use crate::{\n    diag::{Code, Diagnostic},\n    shell::Sink,\n};\n// crate::store\nlet x = crate::model::Key::parse(y);";
    let names: Vec<String> = imports(text).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["diag", "shell", "model"]);
    assert!(has_word("// XXX: b", "XXX") && !has_word("aXXXb", "XXX") && !has_word("a.XXX", "XXX"));
}
