//! Fonts, read again after they were made smaller.

use super::open::Font;
use super::*;
use crate::assets::testing::Counting;
use skrifa::MetadataProvider as _;
use skrifa::instance::{LocationRef, Size};
use skrifa::raw::TableProvider as _;

/// DejaVu Sans, Latin and Arabic: TrueType with kerning, ligatures, marks and the forms of Arabic letters.
const DEJAVU: &[u8] = include_bytes!("../../../tests/fonts/dejavu.ttf");
/// Inter, a few letters: variable, WOFF2.
const VARIABLE: &[u8] = include_bytes!("../../../tests/fonts/variable.woff2");
/// Inter Display: cubic outlines, WOFF2.
const CUBIC: &[u8] = include_bytes!("../card/inter-bold.woff2");

fn ask(text: &str) -> FontAsk {
    FontAsk { characters: text.chars().collect(), features: BTreeSet::new() }
}

fn of(file: &'static [u8], text: &str) -> Face {
    face(&Bytes::from_static(file), &ask(text), &()).unwrap()
}

/// The tables of a WOFF2 file.
fn read(woff2: &Bytes) -> Vec<u8> {
    Font::open(woff2).unwrap().bytes().to_vec()
}

fn glyphs(woff2: &Bytes) -> u16 {
    Font::open(woff2).unwrap().tables().maxp().unwrap().num_glyphs()
}

fn features(bytes: &[u8], table: &str) -> BTreeSet<String> {
    let font = skrifa::raw::FontRef::new(bytes).unwrap();
    let list = match table {
        "GSUB" => font.gsub().and_then(|table| table.feature_list()),
        _ => font.gpos().and_then(|table| table.feature_list()),
    };
    list.map_or_else(
        |_| BTreeSet::new(),
        |list| list.feature_records().iter().map(|it| it.feature_tag().to_string()).collect(),
    )
}

#[test]
fn only_the_characters_asked_for_stay() {
    let made = of(DEJAVU, "Café");
    let bytes = read(&made.woff2);
    let font = skrifa::raw::FontRef::new(&bytes).unwrap();
    let mapped: BTreeSet<char> = font.charmap().mappings().filter_map(|(c, _)| char::from_u32(c)).collect();
    assert_eq!(mapped, "Café".chars().collect());
    assert!(made.woff2.len() < 4_000, "{}", made.woff2.len());
    assert_eq!(&made.woff2[..4], b"wOF2");
}

#[test]
fn letters_keep_their_widths_and_outlines() {
    for (file, text) in [(DEJAVU, "Hàgfi"), (CUBIC, "Hàgfi"), (VARIABLE, "Hagfi")] {
        let (before, after) = (Font::open(file).unwrap(), read(&of(file, text).woff2));
        let (before, after) = (before.tables(), skrifa::raw::FontRef::new(&after).unwrap());
        for c in text.chars() {
            let [one, other] = [&before, &after].map(|font| {
                let glyph = font.charmap().map(c).unwrap();
                let width = font.glyph_metrics(Size::unscaled(), LocationRef::default()).advance_width(glyph);
                let mut path = skrifa::outline::pen::SvgPen::new();
                let outline = font.outline_glyphs().get(glyph).unwrap();
                let settings = skrifa::outline::DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
                outline.draw(settings, &mut path).unwrap();
                (width, path.to_string())
            });
            assert!(!one.1.is_empty());
            assert_eq!(one, other, "{c}");
        }
    }
}

#[test]
fn kerning_ligatures_marks_and_arabic_forms_stay() {
    let latin = read(&of(DEJAVU, "AVToffi").woff2);
    assert!(features(&latin, "GPOS").contains("kern"));
    assert!(features(&latin, "GSUB").contains("liga"));
    let arabic = of(DEJAVU, "سلام\u{64e}");
    let bytes = read(&arabic.woff2);
    assert!(features(&bytes, "GPOS").contains("mark"));
    for form in ["init", "medi", "fina"] {
        assert!(features(&bytes, "GSUB").contains(form), "{form}");
    }
    assert!(glyphs(&arabic.woff2) > 12, "the forms of each letter come with it: {}", glyphs(&arabic.woff2));
    assert!(features(&read(&of(CUBIC, "AVTo").woff2), "GPOS").contains("kern"));
}

#[test]
fn what_a_style_sheet_turns_on_stays_too() {
    let plain = read(&of(VARIABLE, "Hae").woff2);
    assert!(!features(&plain, "GSUB").contains("tnum"));
    let wide = FontAsk { features: [*b"salt"].into(), ..ask("aeo") };
    let made = face(&Bytes::from_static(DEJAVU), &wide, &()).unwrap();
    assert!(features(&read(&made.woff2), "GSUB").contains("salt"));
}

#[test]
fn the_axis_of_a_variable_font_stays() {
    let made = of(VARIABLE, "Hae");
    assert_eq!(made.about.weight, (100, 900));
    let bytes = read(&made.woff2);
    let font = skrifa::raw::FontRef::new(&bytes).unwrap();
    let location = font.axes().location([("wght", 900.0)]);
    let glyph = font.charmap().map('H').unwrap();
    let width = |location| font.glyph_metrics(Size::unscaled(), location).advance_width(glyph).unwrap();
    assert!(width((&location).into()) > width(LocationRef::default()), "bold is wider");
}

#[test]
fn what_a_font_says_about_itself_is_read() {
    let about = of(CUBIC, "a").about;
    assert_eq!((about.family.as_str(), about.weight, about.italic), ("Inter", (700, 700), false));
    assert_eq!(about.forbidden, None);
    let about = of(DEJAVU, "aé世\u{ad} \n").about;
    assert_eq!((about.family.as_str(), about.missing), ("DejaVu Sans", vec!['世']));
}

/// `fsType` stands 8 bytes into OS/2.
#[test]
fn license_bits_are_heard() {
    let mut file = DEJAVU.to_vec();
    let at = table(&file, *b"OS/2");
    for (bits, said) in [
        (2_u16, Some("embedding it without its maker's permission")),
        (0x100, Some("publishing a part of it")),
        (8, None),
    ] {
        file[at + 8..at + 10].copy_from_slice(&bits.to_be_bytes());
        let made = face(&Bytes::from(file.clone()), &ask("a"), &()).unwrap();
        assert_eq!(made.about.forbidden.as_deref(), said);
    }
}

fn table(file: &[u8], tag: [u8; 4]) -> usize {
    let record = (12..).step_by(16).find(|at| file[*at..at + 4] == tag).unwrap();
    u32::from_be_bytes(file[record + 8..record + 12].try_into().unwrap()) as usize
}

#[test]
fn a_local_font_is_scaled_to_the_width_of_the_text() {
    let about = of(CUBIC, "a").about;
    let bold: Vec<&str> = about.fallbacks.iter().map(|it| it.names[0].as_str()).collect();
    assert_eq!(bold, ["Arial Bold", "Roboto Bold"]);
    let about = of(DEJAVU, "a").about;
    let arial = &about.fallbacks[0];
    assert_eq!((arial.names[0].as_str(), arial.weight), ("Arial", (400, 400)));
    // DejaVu is known to be wide: its lower-case letters are about 12 % wider than Arial's.
    assert!((11_000..12_500).contains(&arial.size), "{}", arial.size);
    // hhea: 1901 above, 483 below, of 2048.
    let own = |part: u32| (f64::from(part) * f64::from(arial.size) / 1e8 * 2_048.0).round();
    assert_eq!((own(arial.ascent), own(arial.descent), arial.gap), (1_901.0, 483.0, 0));
    let spans: Vec<(u16, u16)> = of(VARIABLE, "a").about.fallbacks.iter().map(|it| it.weight).collect();
    assert_eq!(spans, [(100, 599), (100, 599), (600, 900), (600, 900)]);
}

#[test]
fn the_same_ask_is_answered_once() {
    let (memo, file) = (Counting::default(), Bytes::from_static(DEJAVU));
    let first = face(&file, &ask("abc"), &memo).unwrap();
    let work = memo.puts();
    assert_eq!(face(&file, &ask("cba"), &memo).unwrap(), first);
    assert_eq!(memo.puts(), work);
    memo.spoil(|_| Bytes::from_static(b"?"));
    assert_eq!(face(&file, &ask("abc"), &memo).unwrap().about, first.about);
}

#[test]
fn what_is_no_font_for_browsers_is_refused() {
    let error = |file: &[u8]| face(&Bytes::copy_from_slice(file), &ask("a"), &()).unwrap_err();
    assert_eq!(error(b""), FontError::Unknown);
    assert_eq!(error(b"%PDF-1.4"), FontError::Unknown);
    assert_eq!(error(b"ttcf\0\x01\0\0\0\0\0\x01"), FontError::Collection);
    let mut headless = DEJAVU.to_vec();
    let record = (12..).step_by(16).find(|at| &headless[*at..at + 4] == b"hmtx").unwrap();
    headless[record] = b'x';
    assert_eq!(error(&headless), FontError::Missing("hmtx".to_owned()));
}

#[test]
fn no_cut_and_no_flipped_byte_makes_a_font_crash() {
    let mut state = 0x9E37_79B9_u32;
    let mut random = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    for file in [DEJAVU, VARIABLE, CUBIC] {
        for _ in 0..12 {
            let end = random(file.len());
            let _ = face(&Bytes::copy_from_slice(&file[..end]), &ask("aé"), &());
        }
        // The tables of a web font, so that what is changed is read.
        let tables = Font::open(file).unwrap().bytes().to_vec();
        for _ in 0..40 {
            let mut changed = tables.clone();
            for _ in 0..=random(8) {
                let at = random(changed.len());
                changed[at] = u8::try_from(random(256)).unwrap();
            }
            let _ = face(&Bytes::from(changed), &ask("aéfi"), &());
        }
    }
}

/// A web font that claims to unpack to gigabytes.
#[test]
fn a_font_that_swells_is_refused_before_it_does() {
    let mut file = b"wOFF".to_vec();
    file.extend([0, 1, 0, 0]);
    file.extend(84_u32.to_be_bytes());
    file.extend([0, 1, 0, 0]);
    file.extend(u32::MAX.to_be_bytes());
    file.resize(44, 0);
    file.extend(b"glyf");
    for word in [64_u32, 20, u32::MAX - 8, 0] {
        file.extend(word.to_be_bytes());
    }
    file.extend([0x78, 0x9c, 3, 0, 0, 0, 0, 1]);
    file.resize(84, 0);
    assert!(matches!(face(&Bytes::from(file), &ask("a"), &()), Err(FontError::Broken(_))));
}
