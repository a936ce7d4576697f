//! Which of the encoded files are worth offering.
//!
//! In: for each format, best first, its files. Out: those that make some browser's page lighter. Two rules: within a
//! format a narrower file is smaller than every wider one; and no format stands before another that is smaller, because a
//! browser takes the first type it knows.

use super::Rendition;

/// Applies both rules; the last format always stays, with its widest file at least.
pub(super) fn choose(formats: Vec<Vec<Rendition>>) -> Vec<Rendition> {
    let mut kept: Vec<Vec<Rendition>> = Vec::new();
    for group in formats.into_iter().rev() {
        let group = climbing(group);
        let wins = kept.last().is_none_or(|next| beats(&group, next));
        if wins && !group.is_empty() {
            kept.push(group);
        }
    }
    kept.into_iter().rev().flatten().collect()
}

/// Ascending width, and every file smaller than all wider ones: a narrower file that is not only costs quality.
fn climbing(mut group: Vec<Rendition>) -> Vec<Rendition> {
    group.sort_by_key(|one| std::cmp::Reverse(one.width));
    group.dedup_by_key(|one| one.width);
    let mut smallest = usize::MAX;
    group.retain(|one| {
        let smaller = one.bytes.len() < smallest;
        smallest = smallest.min(one.bytes.len());
        smaller
    });
    group.reverse();
    group
}

/// Whether a browser that wants any of these widths downloads less from `group` than from `next`.
fn beats(group: &[Rendition], next: &[Rendition]) -> bool {
    let widths = group.iter().chain(next).map(|one| one.width);
    widths.into_iter().all(|width| {
        let cost = |group: &[Rendition]| group.iter().find(|one| one.width >= width).map(|one| one.bytes.len());
        match (cost(group), cost(next)) {
            (Some(own), Some(other)) => own < other,
            // The format has no file this wide (its encoder has a limit): it would show a blurred one.
            (None, Some(_)) => false,
            (_, None) => true,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Digest, Media};
    use bytes::Bytes;

    /// `avif 480:10 960:20 | jpg 480:30` in, the same notation out.
    fn check(given: &str, kept: &str) {
        let formats = given.split('|').map(|group| {
            let mut words = group.split_whitespace();
            let extension: &'static str = words.next().unwrap_or_default().to_owned().leak();
            words
                .map(|word| {
                    let (width, bytes) = word.split_once(':').unwrap();
                    let bytes = Bytes::from(vec![0; bytes.parse().unwrap()]);
                    Rendition {
                        digest: Digest::of(&bytes),
                        media: Media::of_extension(extension),
                        width: width.parse().unwrap(),
                        height: 1,
                        bytes,
                        extension,
                    }
                })
                .collect()
        });
        let seen: Vec<String> = choose(formats.collect())
            .iter()
            .map(|one| format!("{} {}:{}", one.extension, one.width, one.bytes.len()))
            .collect();
        assert_eq!(seen.join(", "), kept);
    }

    #[test]
    fn a_narrower_file_is_never_larger_than_a_wider_one() {
        check("png 480:50 960:99 1600:74", "png 480:50, png 1600:74");
        check("png 1600:74 960:74", "png 1600:74");
    }

    #[test]
    fn a_format_that_is_larger_than_the_next_is_not_offered_first() {
        check("avif 480:10 960:20 | jpg 480:30 960:60", "avif 480:10, avif 960:20, jpg 480:30, jpg 960:60");
        check("avif 480:31 960:20 | jpg 480:30 960:60", "avif 960:20, jpg 480:30, jpg 960:60");
        check("avif 480:31 960:40 | jpg 480:30 960:60", "jpg 480:30, jpg 960:60");
        check("avif 480:9 | webp 480:12 | jpg 480:10", "avif 480:9, jpg 480:10");
    }

    #[test]
    fn a_format_without_a_file_wide_enough_is_not_offered() {
        check("webp 480:1 | jpg 480:9 20000:90", "jpg 480:9, jpg 20000:90");
        check(" | jpg 480:9", "jpg 480:9");
    }
}
