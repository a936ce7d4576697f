//! The family of optimizers: each makes files of some media smaller without changing what they show.
//!
//! In: bytes and their media type. Out: the smallest form any member found, never a larger one. To add a member: one file
//! in this folder with a `pub(super) struct`, its `mod` line, its line in [`ALL`]; a test says so when one is missing.

mod jpeg;
mod png;
mod svg;

use super::ALGORITHMS;
use crate::model::{Digest, Media, Memo};
use bytes::Bytes;

/// Makes files of some media smaller.
pub trait Optimizer: Sync {
    /// Its name, part of the memo key.
    fn name(&self) -> &'static str;

    /// Whether it knows files of this type.
    fn accepts(&self, media: &Media) -> bool;

    /// The file in fewer bytes; `None` when it cannot be read. The result may be larger: the runner drops it then.
    fn optimize(&self, bytes: &[u8]) -> Option<Vec<u8>>;
}

/// Every member.
pub const ALL: &[&dyn Optimizer] = &[
    &jpeg::Jpeg, //
    &png::Png,
    &svg::Svg,
];

/// The smallest form of a file: its own bytes when nobody does better.
pub fn optimize(bytes: &Bytes, media: &Media, memo: &dyn Memo) -> Bytes {
    run(ALL, bytes, media, memo)
}

fn run(family: &[&dyn Optimizer], bytes: &Bytes, media: &Media, memo: &dyn Memo) -> Bytes {
    let takers = family.iter().filter(|one| one.accepts(media));
    takers.fold(bytes.clone(), |best, one| {
        let key = Digest::of_parts([ALGORITHMS.as_bytes(), one.name().as_bytes(), Digest::of(bytes).as_bytes()]);
        let made = memo.get(&key).unwrap_or_else(|| {
            // An empty value remembers that there is nothing to gain.
            let smaller = one.optimize(bytes).filter(|made| made.len() < bytes.len() && !made.is_empty());
            let made = Bytes::from(smaller.unwrap_or_default());
            memo.put(&key, &made);
            made
        });
        if made.is_empty() || made.len() >= best.len() { best } else { made }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::testing::Counting;

    struct Grows;
    struct Halves;
    struct Fails;

    impl Optimizer for Grows {
        fn name(&self) -> &'static str {
            "grows"
        }
        fn accepts(&self, _: &Media) -> bool {
            true
        }
        fn optimize(&self, bytes: &[u8]) -> Option<Vec<u8>> {
            Some([bytes, b"!"].concat())
        }
    }

    impl Optimizer for Halves {
        fn name(&self) -> &'static str {
            "halves"
        }
        fn accepts(&self, media: &Media) -> bool {
            media.essence() == "text/css"
        }
        fn optimize(&self, bytes: &[u8]) -> Option<Vec<u8>> {
            Some(bytes[..bytes.len() / 2].to_vec())
        }
    }

    impl Optimizer for Fails {
        fn name(&self) -> &'static str {
            "fails"
        }
        fn accepts(&self, _: &Media) -> bool {
            true
        }
        fn optimize(&self, _: &[u8]) -> Option<Vec<u8>> {
            None
        }
    }

    #[test]
    fn the_runner_keeps_the_smallest_and_never_a_larger_one() {
        let memo = Counting::default();
        let family: &[&dyn Optimizer] = &[&Grows, &Halves, &Fails];
        let file = Bytes::from_static(b"12345678");
        assert_eq!(run(family, &file, &Media::of_extension("css"), &memo), "1234");
        assert_eq!(run(family, &file, &Media::of_extension("txt"), &memo), "12345678");
        let work = memo.puts();
        assert_eq!(run(family, &file, &Media::of_extension("css"), &memo), "1234");
        assert_eq!(memo.puts(), work, "what was tried once is remembered, success or not");
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the tidy test reads the source tree")]
    fn every_file_of_the_family_is_in_its_list() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/assets/optimizer");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".rs").map(str::to_owned))
            .filter(|stem| stem != "mod")
            .collect();
        files.sort();
        let listed: Vec<&str> = ALL.iter().map(|one| one.name()).collect();
        for file in &files {
            let kind = file[..1].to_uppercase() + &file[1..];
            assert!(
                listed.contains(&file.as_str()),
                "`{file}.rs` is not registered; paste into src/assets/optimizer/mod.rs:\n\nmod {file};\n\n    &{file}::{kind}, // into ALL\n"
            );
        }
        assert_eq!(files, listed, "an optimizer is named after its file, and the list is in alphabetical order");
    }
}
