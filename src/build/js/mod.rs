//! The author's scripts: read, made small, their imports resolved.
//!
//! Modules stay files of their own, each named after the digest of its bytes, the imported ones first, so that the names in an `import`
//! are final. That keeps the meaning of modules to the letter (each runs once, whoever imports it; bindings live; `import()` works),
//! which a bundle would have to imitate; `modulepreload` saves the round trips that imports would cost. Refuses what a browser could not
//! resolve alone (`import "name"`) and modules that import each other in a circle, whose names would have to hold each other.

mod read;

use crate::diag::{Code, Diagnostic, Place};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// How a browser runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Classic,
    Module,
}

/// A script as it was written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    /// Path in the project.
    pub(super) file: String,
    pub(super) text: String,
    /// Where it stands when it is a part of another file, whose lines are not known.
    pub(super) whole: Option<Place>,
}

impl Written {
    fn place(&self, at: Range<usize>) -> Place {
        self.whole.clone().unwrap_or_else(|| Place::span(&*self.file, &self.text, at))
    }
}

/// What a name in an `import` leads to.
#[derive(Clone, Debug)]
pub(super) enum Import {
    /// A module of this site.
    File(Written),
    /// Another host that the settings allow.
    Remote(String),
}

/// A program, ready for every page.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) code: String,
    /// What it imports, and what that imports: imported ones first.
    pub(super) modules: Vec<Module>,
    /// Other hosts.
    pub(super) origins: BTreeSet<String>,
    /// All the text, as its authors wrote it.
    pub(super) text: String,
    /// Whether it means the same wherever it stands.
    pub(super) movable: bool,
}

/// A module with its final name.
#[derive(Clone, Debug)]
pub(super) struct Module {
    pub(super) name: String,
    pub(super) bytes: Bytes,
    pub(super) url: String,
    /// The URLs that it imports itself, and of these what it waits for.
    pub(super) imports: BTreeSet<String>,
    needs: BTreeSet<String>,
    /// Whether it is needed at once, or only when an `import()` is reached.
    pub(super) at_once: bool,
}

/// How a script gets at what it names.
pub(super) struct Access<'r> {
    /// What an `import` in a script names.
    pub(super) find: &'r dyn Fn(&Written, &str) -> Result<Import, Diagnostic>,
    /// The URL of a file with these final bytes.
    pub(super) url: &'r dyn Fn(&str, &[u8]) -> String,
}

type Compiled = Result<Arc<Program>, Vec<Diagnostic>>;

type Slot = Arc<OnceLock<Compiled>>;

/// The programs of a build.
#[derive(Debug, Default)]
pub(super) struct Programs(Mutex<BTreeMap<(String, Kind, String), Slot>>);

impl Programs {
    /// The program, compiled by whoever asks first.
    pub(super) fn get(&self, written: &Written, kind: Kind, access: &Access<'_>) -> Compiled {
        let key = (written.file.clone(), kind, written.text.clone());
        let slot = {
            let mut programs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(programs.entry(key).or_default())
        };
        slot.get_or_init(|| compile(written, kind, access).map(Arc::new)).clone()
    }
}

fn compile(written: &Written, kind: Kind, access: &Access<'_>) -> Result<Program, Vec<Diagnostic>> {
    let mut linker = Linker { access, done: BTreeMap::new(), way: Vec::new(), program: empty() };
    let made = linker.program(written, kind)?;
    let mut program = linker.program;
    mark_needed(&mut program.modules, &made.at_once);
    Ok(Program { code: made.code, movable: made.movable, ..program })
}

fn empty() -> Program {
    Program { code: String::new(), modules: Vec::new(), origins: BTreeSet::new(), text: String::new(), movable: true }
}

/// What is imported by what is needed at once is needed at once; imported ones stand first.
fn mark_needed(modules: &mut [Module], at_once: &BTreeSet<String>) {
    let mut needed = at_once.clone();
    for module in modules.iter_mut().rev() {
        module.at_once = needed.contains(&module.url);
        if module.at_once {
            needed.extend(module.needs.iter().cloned());
        }
    }
}

/// One program, its own text only.
struct Made {
    code: String,
    imports: BTreeSet<String>,
    at_once: BTreeSet<String>,
    movable: bool,
}

struct Linker<'l, 'r> {
    access: &'l Access<'r>,
    /// File to URL.
    done: BTreeMap<String, String>,
    /// The files from the first program to this one.
    way: Vec<String>,
    program: Program,
}

/// A longer way from a script to what it imports is a mistake.
const LONGEST_WAY: usize = 100;

impl Linker<'_, '_> {
    fn program(&mut self, written: &Written, kind: Kind) -> Result<Made, Vec<Diagnostic>> {
        let asked = read::asked(&written.text, kind, &|at| written.place(at))?;
        self.program.text.push_str(&written.text);
        self.program.text.push('\n');
        self.way.push(written.file.clone());
        let (mut imports, mut at_once) = (BTreeSet::new(), BTreeSet::new());
        let (mut text, mut behind, mut wrong) = (String::new(), 0, Vec::new());
        for name in &asked.names {
            match self.import(written, name) {
                Ok(Some(url)) => {
                    text.push_str(&written.text[behind..name.at.start]);
                    text.push_str(&format!("{url:?}"));
                    behind = name.at.end;
                    if !name.later {
                        at_once.insert(url.clone());
                    }
                    imports.insert(url);
                }
                Ok(None) => {}
                Err(found) => wrong.extend(found),
            }
        }
        self.way.pop();
        text.push_str(&written.text[behind..]);
        let movable = !asked.knows_its_place;
        if wrong.is_empty() {
            Ok(Made { code: read::small(&text, kind), imports, at_once, movable })
        } else {
            Err(wrong)
        }
    }

    /// The URL to write instead; `None` leaves the name as it is.
    fn import(&mut self, from: &Written, name: &read::Name) -> Result<Option<String>, Vec<Diagnostic>> {
        let wrong = |diagnostic: Diagnostic| vec![diagnostic.at(from.place(name.at.clone()))];
        let other = match (self.access.find)(from, &name.written).map_err(wrong)? {
            Import::Remote(origin) => {
                self.program.origins.insert(origin);
                return Ok(None);
            }
            Import::File(other) => other,
        };
        if let Some(url) = self.done.get(&other.file) {
            return Ok(Some(url.clone()));
        }
        if let Some(at) = self.way.iter().position(|file| *file == other.file) {
            let names: Vec<String> = self.way[at..].iter().map(|file| format!("`{file}`")).collect();
            let message = match names.as_slice() {
                [one] => format!("{one} imports itself"),
                several => format!("{} import each other in a circle", several.join(", ")),
            };
            let hint = "put what both need into a module of its own";
            return Err(wrong(Diagnostic::new(Code::Script, message).hint(hint)));
        }
        if self.way.len() > LONGEST_WAY {
            let message = format!("it takes more than {LONGEST_WAY} imports to get here");
            return Err(wrong(Diagnostic::new(Code::Script, message).hint("join some of the modules")));
        }
        let made = self.program(&other, Kind::Module)?;
        let url = (self.access.url)(&other.file, made.code.as_bytes());
        let module = Module {
            name: other.file.clone(),
            bytes: made.code.into(),
            url: url.clone(),
            imports: made.imports,
            needs: made.at_once,
            at_once: false,
        };
        self.program.modules.push(module);
        self.done.insert(other.file, url.clone());
        Ok(Some(url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [(&str, &str); 6] = [
        ("a.js", "import { b } from './b.js'; import './c.js'; export const a = b; import('./later.js')"),
        ("b.js", "import './c.js'; export const b = 1 + 1;"),
        ("c.js", "/*! (c) C */ console.log('</script>'); // c"),
        ("later.js", "import './c.js'; export default 3"),
        ("x.js", "import './y.js'"),
        ("y.js", "import './x.js'"),
    ];

    fn written(file: &str, text: &str) -> Written {
        Written { file: file.to_owned(), text: text.to_owned(), whole: None }
    }

    fn of(text: &str, kind: Kind) -> Compiled {
        let find = |_: &Written, name: &str| {
            if let Some(host) = name.strip_prefix("https://") {
                return Ok(Import::Remote(host.to_owned()));
            }
            let file = FILES.iter().find(|(file, _)| name == format!("./{file}"));
            let missing = || Diagnostic::new(Code::MissingAsset, format!("there is no `{name}`"));
            file.map(|(file, text)| Import::File(written(file, text))).ok_or_else(missing)
        };
        let url = |file: &str, bytes: &[u8]| format!("/{}.{file}", bytes.len());
        Programs::default().get(&written("main.js", text), kind, &Access { find: &find, url: &url })
    }

    fn said(text: &str, kind: Kind) -> String {
        of(text, kind).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn modules_are_named_leaf_first_and_once() {
        let program = of("import { a } from './a.js'\nimport './b.js'\nconsole.log(a)", Kind::Module).unwrap();
        let modules: Vec<(&str, &str, bool)> = program
            .modules
            .iter()
            .map(|it| (it.name.as_str(), std::str::from_utf8(&it.bytes).unwrap(), it.at_once))
            .collect();
        assert_eq!(
            modules,
            [
                ("c.js", "/*! (c) C */console.log(`<\\/script>`)", true),
                ("b.js", "import\"/37.c.js\";export const b=2", true),
                ("later.js", "import\"/37.c.js\";export default 3", false),
                (
                    "a.js",
                    "import{b as e}from\"/33.b.js\";import\"/37.c.js\";export const a=e;import(`/33.later.js`)",
                    true
                ),
            ]
        );
        assert_eq!(program.code, "import{a as e}from\"/85.a.js\";import\"/33.b.js\";console.log(e)");
        assert!(program.movable && program.text.contains("// c"));
    }

    #[test]
    fn a_classic_script_keeps_its_globals() {
        let program = of("var seen = 1; function shown(name) { return name + seen }", Kind::Classic).unwrap();
        assert_eq!(program.code, "var seen=1;function shown(e){return e+seen}");
    }

    #[test]
    fn other_hosts_and_programs_that_know_their_place_are_noted() {
        let program = of("import 'https://cdn.example/x.js'; console.log(import.meta.url)", Kind::Module).unwrap();
        assert_eq!(program.origins.iter().collect::<Vec<_>>(), ["cdn.example/x.js"]);
        assert!(!program.movable);
    }

    #[test]
    fn a_mistake_is_shown_at_its_line() {
        let wrong = said("let a = 1;\nlet b = ;\n", Kind::Classic);
        assert_eq!(wrong, "error[script]: unexpected token\n  --> main.js:2:9");
        assert!(
            said("let a;\nlet a;", Kind::Classic).contains("main.js:"),
            "{}",
            said("let a;\nlet a;", Kind::Classic)
        );
        assert!(
            said("import './z.js'", Kind::Module)
                .starts_with("error[missing-asset]: there is no `./z.js`\n  --> main.js:1:8")
        );
        assert!(said(&"(".repeat(100_000), Kind::Classic).contains("nested too deeply"));
    }

    #[test]
    fn modules_in_a_circle_are_told_of() {
        assert_eq!(
            said("import './x.js'", Kind::Module),
            "error[script]: `x.js`, `y.js` import each other in a circle\n  --> y.js:1:8\n  hint: put what both need into a module of its own"
        );
    }
}
