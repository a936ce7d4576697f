//! The instrument itself: it sees each thing that it exists to see, and nothing on a page where nothing is wrong.

use super::{Visit, visit};
use std::fs;

const SOUND: &str = "<!doctype html><html lang=fr><meta charset=utf-8><meta name=viewport content='width=device-width'>\
    <meta http-equiv=content-security-policy content=\"default-src 'none'; img-src data:\"><title>Bon</title><h1>Bonjour</h1>\
    <img alt='' width=10 height=10 src='data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs='>";

const UNSOUND: &str = "<!doctype html><html lang=fr><meta charset=utf-8><meta name=viewport content='width=device-width'>\
    <meta http-equiv=content-security-policy content=\"default-src 'none'; img-src https: file:\"><title>Mauvais</title>\
    <link rel=preconnect href='https://fonts.example.net'><style>p { color: red }</style><h1>Bonjour</h1>\
    <img alt='' width=10 height=10 src='https://pixel.example.net/a.gif'><img width=10 height=10 src=gone.png>\
    <p class=slab style='width: 900px'>large</p><div style='height: 3000px'></div>";

#[test]
fn a_sound_page_has_no_faults() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("sound.html");
    fs::write(&path, SOUND).expect("the folder can be written");
    let asked = Visit::file(&path).width(320);
    let seen = &visit([asked.clone()])[0];
    assert_eq!(seen.faults(&asked), Vec::<String>::new());
    assert_eq!((seen.heading.as_deref(), seen.title.as_str(), seen.requests.len()), (Some("Bonjour"), "Bon", 1));
}

#[test]
fn each_fault_is_seen() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("unsound.html");
    // A style that the policy forbids has no effect: the wide one is allowed by its element's own attribute rule.
    fs::write(&path, UNSOUND.replace("default-src 'none'", "default-src 'none'; style-src-attr 'unsafe-inline'"))
        .expect("the folder can be written");
    let asked = Visit::file(&path).width(320).dark();
    let faults = visit([asked.clone()])[0].faults(&asked);
    let said = faults.join("\n");
    for part in [
        "asked for https://pixel.example.net/a.gif",
        "gone.png",
        "no picture at https://pixel.example.net/a.gif",
        "no `alt` at file://",
        "policy: style-src-elem",
        "wants a connection to https://fonts.example.net/",
        "p.slab",
        "console: error: ",
    ] {
        assert!(said.contains(part), "not seen: {part}\n{said}");
    }
}
