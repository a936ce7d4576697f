//! What browsers get, Brotli and gzip, decodes to the bytes that were released.
//!
//! A purge that forgets a coding leaves the old page exactly where visitors see it. zstd is not asked for: no part of the
//! chain makes it.

use crate::model::{Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::desk::targets::{CODINGS, Target};
use crate::verify::{Check, Observations, Subject};

pub(super) struct BytesPerCoding;

impl Check for BytesPerCoding {
    fn name(&self) -> &'static str {
        "bytes-per-coding"
    }

    fn title(&self) -> &'static str {
        "in every content coding the bytes are those that were released"
    }

    fn needs_release(&self) -> bool {
        true
    }

    fn asks(&self, subject: &Subject<'_>) -> Vec<Ask> {
        targets(subject).flat_map(|target| CODINGS.map(|coding| target.coded(coding))).collect()
    }

    fn judge(&self, subject: &Subject<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let mut found = Vec::new();
        for target in targets(subject) {
            for ask in CODINGS.map(|coding| target.coded(coding)) {
                found.push(clerk.about(&ask, seen, |answer| {
                    let evidence = exchange(&ask, answer, &["!content-encoding"]);
                    if answer.status != target.reply.status {
                        let remedy = "see the check `bytes`";
                        return clerk.fail(
                            &ask.target,
                            format!("{evidence}; {} was released", target.reply.status),
                            remedy,
                        );
                    }
                    clerk.other_body(&ask, answer, &target).unwrap_or_else(|| clerk.pass(&ask.target, evidence))
                }));
            }
        }
        found
    }
}

fn targets<'a>(subject: &Subject<'a>) -> impl Iterator<Item = Target<'a>> {
    let all = subject.objects();
    all.filter(|target| target.compressible() && !target.is_large())
}
