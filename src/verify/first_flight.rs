//! The page comes in the first flight: what a server may send before the first acknowledgement, ten packets (RFC 6928,
//! section 2), of which TLS takes its part.

use crate::model::{Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::{Case, Check, Observations};

pub(super) struct FirstFlight;

/// Ten packets of 1,460 bytes.
const FLIGHT: usize = 14_600;

impl Check for FirstFlight {
    fn name(&self) -> &'static str {
        "first-flight"
    }

    fn title(&self) -> &'static str {
        "the page comes in the first flight of ten packets"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.pages().iter().map(crate::verify::desk::targets::Target::usual).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let told = |ask: Ask| {
            clerk.about(&ask, seen, |answer| {
                let evidence = format!(
                    "{}, {} bytes",
                    exchange(&ask, answer, &["content-encoding"]),
                    crate::text::thousands(answer.body.len() as u64)
                );
                if !answer.cut && answer.body.len() <= FLIGHT {
                    return clerk.pass(&ask.target, evidence);
                }
                let remedy = "let the edge pass on the coded file as it was released, or make the page shorter: `landing build` prints what weighs what";
                clerk.warn(&ask.target, evidence, remedy)
            })
        };
        let pages = subject.pages();
        if pages.is_empty() {
            return vec![clerk.skipped("the release has no page")];
        }
        pages.iter().map(|target| told(target.usual())).collect()
    }
}
