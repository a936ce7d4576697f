//! A build with the work of earlier ones at hand gives the bytes of a cold one, whatever was edited in between, however the cache was
//! damaged, and whoever builds beside it. And it does only what is new.

use bytes::Bytes;
use landing::build::{Built, Options, build};
use landing::config;
use landing::diag::Warned;
use landing::model::{Digest, Key, Memo, Source};
use landing::shell::DiskMemo;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

const CONFIG: &str = "[site]\nname = \"Essai\"\nlang = \"fr\"\ntheme = \"mini\"\nurl = \"https://essai.example\"\n[languages.en]\n\
                      [build]\navif = false\n[brand]\nfont = \"text.ttf\"\n[budgets]\ndocument = 100000\n";
const TEMPLATE: &str = "<!doctype html><html lang={{ page.lang }}><head><title>{{ page.title }}</title><link rel=stylesheet href=style.css></head>\
                        <body>{% if mode == \"degraded\" %}<p>Plus tard{% endif %}{{ page.content | safe }}{% for it in pages %}\
                        <a href=\"{{ it.url }}\">{{ it.title }}</a>{% endfor %}</body></html>";
const CARD: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1200\" height=\"630\" viewBox=\"0 0 1200 630\">\
                    <text x=\"80\" y=\"300\" font-size=\"72\">{{ page.title }}</text></svg>";

/// The author's files.
struct Site(Source);

impl Site {
    fn new() -> Self {
        let mut site = Self(Source::default());
        for (path, text) in [
            ("site/landing.toml", CONFIG),
            ("themes/mini/templates/text.html", TEMPLATE),
            ("themes/mini/templates/error.html", TEMPLATE),
            ("themes/mini/templates/og.svg", CARD),
            ("themes/mini/style.css", "p{color:red;font-family:var(--font-text)}b{color:blue}i{color:green}"),
            ("site/index.md", "+++\ntitle = \"Accueil\"\n+++\n[a](/a) **gras**\n"),
            ("site/a.md", "+++\ntitle = \"Page a\"\n+++\nTexte a\n\n![](dot.png)\n"),
            ("site/b.md", "+++\ntitle = \"Page b\"\ndescription = \"b\"\n+++\nTexte *b*\n"),
            ("site/404.md", "+++\ntitle = \"Perdu\"\ntemplate = \"error\"\n+++\n"),
            ("site/en/index.md", "+++\ntitle = \"Home\"\n+++\n"),
            ("site/en/a.md", "+++\ntitle = \"Page a\"\n+++\nText\n"),
            ("site/data/towns.csv", "slug,city\nlyon,Lyon\nlille,Lille\n"),
            (
                "site/town.md",
                "+++\ntitle = \"{row.city}\"\n[each]\ndata = \"towns\"\npath = \"v/{slug}\"\n+++\nÀ {row.city}\n",
            ),
        ] {
            site.write(path, text);
        }
        let font = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fonts/dejavu.ttf");
        site.0.files.insert(key("assets/text.ttf"), fs::read(font).unwrap().into());
        site.picture(40);
        site
    }

    fn write(&mut self, path: &str, text: &str) {
        self.0.files.insert(key(path), Bytes::copy_from_slice(text.as_bytes()));
    }

    fn picture(&mut self, width: u32) {
        let mut out = std::io::Cursor::new(Vec::new());
        let pixel = |x: u32, y: u32| image::Rgb([x, y, x * y].map(|it| u8::try_from(it * 5 % 256).unwrap()));
        image::RgbImage::from_fn(width, 30, pixel).write_to(&mut out, image::ImageFormat::Png).unwrap();
        self.0.files.insert(key("assets/dot.png"), out.into_inner().into());
    }

    fn build(&self, memo: &dyn Memo) -> Warned<Built> {
        let config = std::str::from_utf8(self.0.get("site/landing.toml").unwrap()).unwrap();
        build(&self.0, &config::parse(config).unwrap(), Options::default(), memo, &|_| {}).unwrap()
    }
}

fn key(path: &str) -> Key {
    Key::parse(path).unwrap()
}

#[track_caller]
fn same(warm: &Warned<Built>, cold: &Warned<Built>, when: &str) {
    let paths = warm.value.files.keys().chain(cold.value.files.keys());
    let differ: Vec<_> = paths.filter(|path| warm.value.files.get(*path) != cold.value.files.get(*path)).collect();
    assert!(differ.is_empty(), "{when}: {differ:?}");
    assert_eq!(warm.value.release.id(), cold.value.release.id(), "{when}");
    assert_eq!(warm.value.bundle, cold.value.bundle, "{when}");
    assert_eq!(warm.value.flight, cold.value.flight, "{when}");
    let said = |built: &Warned<Built>| built.warnings.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(said(warm), said(cold), "{when}");
}

type Edit = (&'static str, fn(&mut Site));

/// One after the other, on the files as the one before left them.
const EDITS: &[Edit] = &[
    ("nothing", |_| {}),
    ("the prose of a page", |site| {
        site.write("site/b.md", "+++\ntitle = \"Page b\"\ndescription = \"b\"\n+++\nAutre\n");
    }),
    ("a letter that no page had", |site| {
        site.write("site/b.md", "+++\ntitle = \"Page b\"\ndescription = \"b\"\n+++\nŒuvre 茶\n");
    }),
    ("the title of a page, which menus show", |site| {
        site.write("site/a.md", "+++\ntitle = \"Neuf\"\n+++\nTexte\n");
    }),
    ("the title on the card that pages share", |site| {
        site.write("site/en/index.md", "+++\ntitle = \"Start\"\n+++\n");
    }),
    ("the prose of the first page", |site| {
        site.write("site/index.md", "+++\ntitle = \"Accueil\"\n+++\n*Autre*\n");
    }),
    ("a new page", |site| {
        site.write("site/c.md", "+++\ntitle = \"Page c\"\n+++\n[b](b)\n\n![](dot.png)\n");
    }),
    ("a picture", |site| {
        site.picture(60);
    }),
    ("a row", |site| {
        site.write("site/data/towns.csv", "slug,city\nlyon,Lyons\nnice,Nice\n");
    }),
    ("a page less", |site| _ = site.0.files.remove(&key("site/en/a.md"))),
    ("the style sheet", |site| {
        site.write("themes/mini/style.css", "p{color:teal}");
    }),
    ("a template", |site| {
        site.write("themes/mini/templates/text.html", &TEMPLATE.replace("Plus tard", "Jamais"));
    }),
    ("the settings", |site| {
        site.write("site/landing.toml", &CONFIG.replace("Essai", "Autre"));
    }),
    ("all of it, back", |site| *site = Site::new()),
];

#[test]
fn after_any_edit_the_output_is_that_of_a_cold_build() {
    let dir = tempfile::tempdir().unwrap();
    let mut site = Site::new();
    site.build(&DiskMemo::new(dir.path(), DiskMemo::LIMIT));
    for (what, edit) in EDITS {
        edit(&mut site);
        same(&site.build(&DiskMemo::new(dir.path(), DiskMemo::LIMIT)), &site.build(&()), what);
    }
}

/// Counts what was worth remembering: work that was done.
struct Counting<'m>(&'m dyn Memo, AtomicUsize);

impl Memo for Counting<'_> {
    fn get(&self, key: &Digest) -> Option<Bytes> {
        self.0.get(key)
    }

    fn put(&self, key: &Digest, value: &Bytes) {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.put(key, value);
    }
}

#[test]
fn a_page_that_nothing_has_happened_to_is_not_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut site = Site::new();
    (0..40).for_each(|page| site.write(&format!("site/p{page}.md"), "+++\ntitle = \"P\"\nmenu = false\n+++\nTexte\n"));
    let work = |site: &Site| {
        let memo = DiskMemo::new(dir.path(), DiskMemo::LIMIT);
        let counting = Counting(&memo, AtomicUsize::new(0));
        site.build(&counting);
        counting.1.into_inner()
    };
    assert!(work(&site) > 40);
    assert_eq!(work(&site), 0);
    site.write("site/p7.md", "+++\ntitle = \"P\"\nmenu = false\n+++\nTexte te\n");
    let edited = work(&site);
    // The page, and its two codings.
    assert!((1..=3).contains(&edited), "{edited}");
}

#[test]
fn a_damaged_cache_is_only_work_done_again() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::new();
    let cold = site.build(&());
    site.build(&DiskMemo::new(dir.path(), DiskMemo::LIMIT));
    for step in 0..12 {
        for entry in fs::read_dir(dir.path()).unwrap() {
            let path = entry.unwrap().path();
            let mut bytes = fs::read(&path).unwrap();
            let at = bytes.len() * step / 12;
            match step % 3 {
                0 => bytes.truncate(at),
                1 => bytes[at] ^= 0x40,
                _ => bytes.extend_from_slice(b"more"),
            }
            fs::write(&path, bytes).unwrap();
        }
        same(&site.build(&DiskMemo::new(dir.path(), DiskMemo::LIMIT)), &cold, &format!("damage {step}"));
    }
}

#[test]
fn builds_beside_each_other_with_one_cache_do_not_disturb_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let sites: Vec<Site> = (0..3)
        .map(|build| {
            let mut site = Site::new();
            site.write("site/b.md", &format!("+++\ntitle = \"Page b\"\n+++\nNuméro {build}\n"));
            site
        })
        .collect();
    std::thread::scope(|scope| {
        for site in &sites {
            scope.spawn(|| {
                let cold = site.build(&());
                // Little room: entries go while others look for them.
                (0..4).for_each(|_| same(&site.build(&DiskMemo::new(dir.path(), 400_000)), &cold, "beside others"));
            });
        }
    });
    let total: u64 = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    assert!(total <= 600_000, "{total}");
}
