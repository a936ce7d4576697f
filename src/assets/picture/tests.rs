use super::encode::Format;
use super::open::open;
use super::pixels::Pixels;
use crate::model::Key;

#[test]
#[expect(clippy::disallowed_methods, reason = "measuring")]
fn measure() {
    let out = "samples";
    std::fs::create_dir_all(out).unwrap();
    for (file, width) in [
        ("coffee.png", 480),
        ("rocket.jpg", 480),
        ("chelsea.png", 400),
        ("hubble_deep_field.jpg", 800),
        ("astronaut.png", 480),
        ("page.png", 300),
    ] {
        let bytes = std::fs::read(format!("samples{file}")).unwrap().into();
        let opened = open(&Key::parse(file).unwrap(), &bytes, 50_000_000).unwrap();
        let full = Pixels::decode(&opened, 50_000_000).unwrap();
        let small = full.resized(width);
        let stem = file.split('.').next().unwrap();
        println!("{stem} {}x{} flat {}", small.width, small.height, small.is_flat());
        let write = |format: Format, q: u8| {
            let t = std::time::Instant::now();
            let made = format.encode(&small, q).unwrap();
            println!("{stem} {format:?} q{q} {} {:?}", made.len(), t.elapsed());
            std::fs::write(format!("{out}/{stem}-q{q}.{}", format.extension()), made).unwrap();
        };
        write(Format::Png, 100);
        for q in [0u8; 0] {
            write(Format::Avif, q);
        }
        for q in [40, 50, 60, 65, 70, 75, 80, 85] {
            write(Format::Webp, q);
            write(Format::Jpeg, q);
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "measuring")]
fn measure_text() {
    let html = std::fs::read("samples").unwrap();
    for len in [8_000, 29_000] {
        for run in 0..2 {
            let t = std::time::Instant::now();
            let made = crate::assets::compress(
                &html[..len],
                &crate::model::Media::html(),
                &crate::assets::testing::Counting::default(),
            );
            println!(
                "compress {len} {run} br {} gz {} {:?}",
                made.br.unwrap().len(),
                made.gz.unwrap().len(),
                t.elapsed()
            );
        }
    }
    let bytes = std::fs::read("samples").unwrap().into();
    let t = std::time::Instant::now();
    let opened = open(&Key::parse("a.jpg").unwrap(), &bytes, 50_000_000).unwrap();
    println!("open {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let full = Pixels::decode(&opened, 50_000_000).unwrap();
    println!("decode {}x{} {:?}", full.width, full.height, t.elapsed());
    let t = std::time::Instant::now();
    let small = full.resized(800);
    println!("resize {:?}", t.elapsed());
    let t = std::time::Instant::now();
    small.is_flat();
    println!("flat {:?}", t.elapsed());
    for f in [Format::Png, Format::Jpeg, Format::Webp] {
        let t = std::time::Instant::now();
        f.encode(&small, 75);
        println!("{f:?} {:?}", t.elapsed());
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "measuring")]
fn measure_speed() {
    use rgb::FromSlice as _;
    for (file, width) in [("coffee.png", 480), ("astronaut.png", 480), ("chelsea.png", 400)] {
        let bytes = std::fs::read(format!("samples{file}")).unwrap().into();
        let opened = open(&Key::parse(file).unwrap(), &bytes, 50_000_000).unwrap();
        let small = Pixels::decode(&opened, 50_000_000).unwrap().resized(width);
        let rgba = small.rgba();
        for s in [3, 4, 5, 6, 7, 8, 9, 10] {
            let t = std::time::Instant::now();
            let made = ravif::Encoder::new()
                .with_quality(60.0)
                .with_speed(s)
                .with_num_threads(Some(1))
                .encode_rgba(ravif::Img::new(rgba.bytes.as_rgba(), small.width as usize, small.height as usize))
                .unwrap()
                .avif_file;
            println!("speed {file} s{s} {} {:?}", made.len(), t.elapsed());
            let stem = file.split('.').next().unwrap();
            std::fs::write(format!("samples{stem}-s{s}.avif"), made).unwrap();
        }
    }
}
