//! The marketer's guide in `docs/guide`: landing builds it, in both languages, and what it tells people to write is what the themes take.

use bytes::Bytes;
use landing::build::{Built, EMBEDDED, Options, build};
use landing::config;
use landing::model::{Key, Source};
use landing::shell::Workspace;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Built once for all tests.
fn guide() -> &'static (Source, Built) {
    static GUIDE: OnceLock<(Source, Built)> = OnceLock::new();
    GUIDE.get_or_init(made)
}

fn made() -> (Source, Built) {
    let workspace = Workspace::open(&root().join("docs/guide")).unwrap();
    let settings = workspace.settings().unwrap();
    let source = workspace.source(&settings.site.theme).unwrap();
    let built = build(&source, &settings, Options::default(), &(), &|_| {}).unwrap_or_else(|wrong| panic!("{wrong}"));
    let said: Vec<String> =
        built.warnings.iter().map(ToString::to_string).filter(|it| !it.contains("[host-limit]")).collect();
    assert!(said.is_empty(), "{}", said.join("\n"));
    (source, built.value)
}

/// The fenced examples of a page of blocks, in its order.
fn examples(page: &str) -> Vec<&str> {
    page.split("```toml\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

#[test]
fn the_guide_says_everything_in_both_languages() {
    let (source, built) = guide();
    let pages = |folder: &str| -> BTreeSet<String> {
        let inside = source.below(folder).map(|(path, ..)| path.to_owned());
        inside.filter(|path| path.ends_with(".md") && !path.contains('/') && path != "404.md").collect()
    };
    assert_eq!(pages("site"), pages("site/en"));
    for page in pages("site") {
        let english = built.bundle.artifacts.get(&Key::parse(&format!("en/{}", page.replace(".md", ".html"))).unwrap());
        let text = String::from_utf8_lossy(&english.unwrap().bytes).into_owned();
        assert!(text.contains("lang=en"), "{page} is in English");
    }
}

#[test]
fn the_guide_shows_every_block_with_a_picture_and_an_example_that_builds() {
    let (source, _) = guide();
    let theme = EMBEDDED.iter().find(|(name, _)| *name == "default").expect("it is compiled in").1;
    let (_, schema) = theme.iter().find(|(path, _)| *path == "theme.toml").expect("every theme has one");
    let schema = std::str::from_utf8(schema).unwrap();
    let blocks: Vec<&str> = schema
        .lines()
        .filter_map(|line| line.strip_prefix("[blocks.")?.strip_suffix(']').filter(|name| !name.contains('.')))
        .collect();
    assert!(blocks.len() > 10, "{blocks:?}");
    for file in ["site/blocks.md", "site/en/blocks.md"] {
        let text = std::str::from_utf8(source.get(file).unwrap()).unwrap();
        let shown: Vec<&str> = examples(text).iter().filter_map(|it| it.strip_prefix('[')?.split(']').next()).collect();
        assert_eq!(shown, blocks, "{file} shows the blocks of the theme in its order");
        for block in &blocks {
            assert!(text.contains(&format!("](blocks/{block}-default.webp)")), "{file} has no picture of `{block}`");
        }
        let page = format!("+++\ntitle = \"Tous\"\ntemplate = \"landing\"\n{}\n+++\n", examples(text).join("\n\n"));
        compose(file, &page);
    }
}

/// Builds a page with the pictures of our own campaign.
fn compose(file: &str, page: &str) {
    let config = "[site]\nname = \"Essai\"\nlang = \"fr\"\n[languages.en]\n[brand]\nname = \"Essai\"\n[form]\naction = \"https://f.example/f\"\n[build]\navif = false\n";
    let mut files = vec![
        ("site/landing.toml".to_owned(), Bytes::from(config)),
        ("site/index.md".to_owned(), Bytes::from(page.to_owned())),
    ];
    for name in ["site/page.md", "site/en/page.md"] {
        files.push((name.to_owned(), Bytes::from_static(b"+++\ntitle = \"Page\"\n+++\n")));
    }
    for entry in fs::read_dir(root().join("assets")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let name = path.file_name().unwrap().to_str().unwrap();
            files.push((format!("assets/{name}"), Bytes::from(fs::read(&path).unwrap())));
        }
    }
    files.push(("assets/tasse.svg".to_owned(), fs::read(root().join("assets/icon.svg")).unwrap().into()));
    let source = Source { files: files.into_iter().map(|(path, bytes)| (Key::parse(&path).unwrap(), bytes)).collect() };
    let settings = config::parse(config).unwrap();
    if let Err(wrong) = build(&source, &settings, Options::default(), &(), &|_| {}) {
        panic!("what {file} tells people to write does not build:\n{wrong}");
    }
}
