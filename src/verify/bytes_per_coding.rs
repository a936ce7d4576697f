//! What browsers get, Brotli and gzip, decodes to the bytes that were released.
//!
//! A purge that forgets a coding leaves the old page exactly where visitors see it. zstd is not asked for: no part of the
//! chain makes it.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::desk::targets::{CODINGS, Target};
use crate::verify::{Case, Check, Observations};
use rayon::prelude::*;

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

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        targets(subject).flat_map(|target| CODINGS.map(|coding| target.coded(coding))).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let asks: Vec<(&Target<'_>, Ask)> =
            targets(subject).flat_map(|it| CODINGS.map(|coding| (it, it.coded(coding)))).collect();
        // Undoing the codings is most of the work of a run.
        let told = |(target, ask): &(&Target<'_>, Ask)| clerk.about(ask, seen, |it| compare(&clerk, ask, it, target));
        asks.par_iter().map(told).collect()
    }
}

fn compare(clerk: &Clerk<'_>, ask: &Ask, answer: &Answer, target: &Target<'_>) -> Finding {
    let evidence = exchange(ask, answer, &["!content-encoding"]);
    if answer.status != target.reply.status {
        let seen = format!("{evidence}; {} was released", target.reply.status);
        return clerk.fail(&ask.target, seen, "see the check `bytes`");
    }
    clerk.other_body(ask, answer, target).unwrap_or_else(|| clerk.pass(&ask.target, evidence))
}

fn targets<'t, 'r>(subject: &'t Case<'r>) -> impl Iterator<Item = &'t Target<'r>> {
    let all = subject.objects();
    all.filter(|target| target.compressible() && !target.is_large())
}
