//! Every URL of the release is answered by the cache when it is asked for again.

use crate::model::{Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::targets::Target;
use crate::verify::{Case, Check, Observations};

pub(super) struct EveryUrlHit;

impl Check for EveryUrlHit {
    fn name(&self) -> &'static str {
        "every-url-hit"
    }

    fn title(&self) -> &'static str {
        "every URL is answered from the cache when it is asked for again"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.objects().flat_map(|target| [target.usual(), target.usual().round(1)]).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let told = |target: &Target<'_>| {
            let ask = target.usual().round(1);
            clerk.about(&ask, seen, |answer| clerk.hit(&ask, answer, target.reply.status))
        };
        subject.objects().map(told).collect()
    }
}
