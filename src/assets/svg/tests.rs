//! Whole drawings in, whole drawings out.

use super::*;

fn check(given: &str, expected: &str) {
    assert_eq!(svg(given.as_bytes()).as_deref(), Ok(expected));
    assert_eq!(svg(expected.as_bytes()).as_deref(), Ok(expected), "a second pass changes nothing");
}

const OPEN: &str =
    r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 64 64">"#;

fn check_unsafe(inside: &str, what: &str) {
    match svg(format!("{OPEN}\n{inside}</svg>").as_bytes()) {
        Err(SvgError::Unsafe { line: 2, what: said }) => assert!(said.contains(what), "{inside}: {said}"),
        other => panic!("{inside}: {other:?}"),
    }
}

#[test]
fn what_an_editor_leaves_behind_is_gone() {
    check(
        r##"<?xml version="1.0" encoding="UTF-8"?>
<!-- Created with Inkscape -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"
     xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" version="1.1" viewBox="0 0 64 64" x="0px">
  <sodipodi:namedview pagecolor="#ffffff"><inkscape:grid/></sodipodi:namedview>
  <metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></metadata>
  <title>La page tient</title>
  <g inkscape:label="Layer 1">
    <path d="M 10.000,10.5 L 20,20.12345 Z" fill="#ffcc00" inkscape:connector-curvature="0" />
  </g>
  <g></g>
</svg>
"##,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><title>La page tient</title><path d="M10 10.5 20 20.123Z" fill="#fc0"/></svg>"##,
    );
}

#[test]
fn styles_become_attributes_so_that_no_policy_blocks_them() {
    check(
        r#"<svg xmlns="http://www.w3.org/2000/svg"><defs><style>.cls-1, .cls-2 { fill: #123456; } /* x */ .cls-2{stroke:red}</style></defs>
<path class="cls-1" d="M0 0"/><path class="cls-2 keep" fill="blue" d="M0 0" style="stroke:green;-inkscape-stroke:none"/></svg>"#,
        r##"<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0" fill="#123456"/><path class="keep" fill="#123456" d="M0 0" stroke="green"/></svg>"##,
    );
}

#[test]
fn a_style_sheet_beyond_plain_rules_stays_whole() {
    let kept = r#"<svg xmlns="http://www.w3.org/2000/svg"><style>.a{fill:red}@media (prefers-color-scheme:dark){.a{fill:#fff}}</style><g><path class="a" style="stroke:red" d="M0 0"/></g></svg>"#;
    check(kept, kept);
}

#[test]
fn white_space_in_text_is_text() {
    let kept = r#"<svg xmlns="http://www.w3.org/2000/svg"><text x="1">a <tspan>b</tspan> c &amp; d</text></svg>"#;
    check(kept, kept);
}

#[test]
fn a_prefix_and_an_old_link_are_written_the_plain_way() {
    check(
        r##"<s:svg xmlns:s="http://www.w3.org/2000/svg" xmlns:l="http://www.w3.org/1999/xlink"><s:path id="a" d="M0 0"/><s:use l:href="#a"/></s:svg>"##,
        r##"<svg xmlns="http://www.w3.org/2000/svg"><path id="a" d="M0 0"/><use href="#a"/></svg>"##,
    );
}

#[test]
fn nothing_that_runs_or_loads_passes() {
    for (inside, what) in [
        ("<script>alert(1)</script>", "<script>"),
        ("<g><script href='#x'/></g>", "<script>"),
        ("<SCRIPT>alert(1)</SCRIPT>", "<SCRIPT>"),
        ("<h:script xmlns:h='http://www.w3.org/1999/xhtml'/>", "<script>"),
        ("<path onclick='x()'/>", "onclick"),
        ("<path ONLOAD='x()'/>", "ONLOAD"),
        ("<foreignObject><p/></foreignObject>", "foreignObject"),
        ("<image href='https://example.org/a.png'/>", "https://example.org/a.png"),
        ("<image xlink:href='//example.org/a.png'/>", "outside"),
        ("<use href='other.svg#a'/>", "other.svg#a"),
        ("<a href='javascript:x()'><path/></a>", "outside"),
        ("<a href='&#106;avascript:x()'><path/></a>", "outside"),
        ("<image href='data:image/svg+xml;base64,AA'/>", "outside"),
        ("<path fill='url(https://example.org/a)'/>", "https://example.org/a"),
        ("<path style='fill:url( \"x.svg#a\" )'/>", "x.svg#a"),
        ("<path style='fill:u\\72l(x.svg#a)'/>", "escapes"),
        ("<style>@import 'x.css';</style>", "@import"),
        ("<style><![CDATA[path{fill:url(//x/y)}]]></style>", "//x/y"),
        ("<style>path{background:image-set('x' 1x)}</style>", "image-set("),
        ("<a><set attributeName='href' to='javascript:x()'/></a>", "animates `href`"),
        ("<a><animate attributeName='xlink:href' values='javascript:x()'/></a>", "animates"),
        ("<g id='a'><use href='#a'/></g>", "multiply"),
    ] {
        if what == "multiply" {
            assert!(matches!(svg(format!("{OPEN}{inside}</svg>").as_bytes()), Err(SvgError::Unsafe { .. })));
        } else {
            check_unsafe(inside, what);
        }
    }
}

#[test]
fn entities_are_neither_declared_nor_expanded() {
    let bomb =
        r#"<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>"#;
    assert!(matches!(svg(bomb.as_bytes()), Err(SvgError::Unsafe { line: 1, .. })));
    let unknown = format!("{OPEN}<title>&nbsp;</title></svg>");
    assert!(matches!(svg(unknown.as_bytes()), Err(SvgError::Syntax { line: 1, .. })));
}

#[test]
fn a_style_sheet_outside_is_refused() {
    let given = "<?xml version='1.0'?>\n<?xml-stylesheet href='x.css'?>\n<svg/>";
    assert!(matches!(svg(given.as_bytes()), Err(SvgError::Unsafe { line: 2, .. })));
}

#[test]
fn markup_in_text_stays_text_for_an_html_parser() {
    let made =
        svg(format!("{OPEN}<title><![CDATA[</title><img src=x onerror=x()>]]></title><desc>a<p/>b</desc></svg>")
            .as_bytes());
    let made = made.unwrap();
    assert!(!made.contains("<img") && !made.contains("<p"), "{made}");
    assert!(made.contains("&lt;/title&gt;&lt;img"), "{made}");
}

#[test]
fn nesting_and_multiplication_are_bounded() {
    let deep = format!("{OPEN}{}", "<g>".repeat(100_000));
    assert_eq!(svg(deep.as_bytes()), Err(SvgError::TooLarge));
    let mut laughs = OPEN.to_owned();
    laughs.push_str("<g id='a0'><path d='M0 0'/></g>");
    for level in 1..15 {
        laughs.push_str(&format!("<g id='a{level}'>{}</g>", format!("<use href='#a{}'/>", level - 1).repeat(10)));
    }
    laughs.push_str("</svg>");
    assert!(matches!(svg(laughs.as_bytes()), Err(SvgError::Unsafe { .. })));
}

#[test]
fn an_error_says_the_line() {
    for (given, line, why) in [
        ("<svg>\n<g>\n</svg>", 3, "`<g>` is closed by `</svg>`"),
        ("<svg>\n<path d=1/></svg>", 2, "not quoted"),
        ("<svg><g>", 1, "never closed"),
        ("<html></html>", 1, "no `<svg>`"),
        ("hello", 1, "outside"),
        ("", 1, "no `<svg>`"),
        ("<svg/><svg/>", 1, "second element"),
        ("<svg a='1' a='2'/>", 1, "twice"),
        ("<svg a='1'b='2'/>", 1, "malformed"),
    ] {
        match svg(given.as_bytes()) {
            Err(SvgError::Syntax { line: at, why: said }) => {
                assert!(at == line && said.contains(why), "{given}: {at} {said}");
            }
            other => panic!("{given}: {other:?}"),
        }
    }
    assert_eq!(svg(&[0xff]), Err(SvgError::NotUtf8));
}

#[test]
fn a_diagnostic_shows_the_place_and_a_remedy() {
    let file = "<svg>\n<script/></svg>";
    let shown = svg(file.as_bytes()).unwrap_err().diagnostic("assets/logo.svg", file.as_bytes()).to_string();
    assert!(shown.starts_with("error[unsafe-svg]: `assets/logo.svg` is not safe to publish"), "{shown}");
    assert!(shown.contains("--> assets/logo.svg:2"), "{shown}");
}

#[test]
fn rounding_needs_a_known_and_large_enough_scale() {
    let tiny = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M.12345 0 1 1"/></svg>"#;
    check(tiny, tiny);
    let scaled = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><path d="M.12345 0 1 1" transform="scale(64)"/></svg>"#;
    check(scaled, scaled);
    let used = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><path id="a" d="M.12345 0 1 1"/><use href="#a" transform="scale(64)"/></svg>"##;
    check(used, used);
}
