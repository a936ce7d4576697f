//! The page that the broadcast names is answered by the cache: asked three times, the second and third are hits.

use crate::model::{Ask, Finding, Verdict};
use crate::verify::age::aged;
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::targets::Target;
use crate::verify::{Case, Check, Observations};

pub(super) struct PageHit;

impl Check for PageHit {
    fn name(&self) -> &'static str {
        "page-hit"
    }

    fn title(&self) -> &'static str {
        "the page is answered from the cache once it is warm"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.entry().map(|entry| asks(subject, &entry)).into_iter().flatten().collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let Some(entry) = subject.entry() else { return vec![clerk.skipped("the release has no page")] };
        let [_, second, third] = asks(subject, &entry);
        let told = |ask: &Ask| clerk.about(ask, seen, |answer| clerk.hit(ask, answer, 200));
        let (second, third) = (told(&second), told(&third));
        if second.verdict == Verdict::Fail && third.verdict == Verdict::Pass {
            // Several cache servers behind one address: the second request met a cold one.
            let remedy = "warm the page more than once before the broadcast: not every cache server has it yet";
            return vec![clerk.warn(&entry.path(), second.seen, remedy)];
        }
        vec![if second.verdict > third.verdict { second } else { third }]
    }
}

fn asks(case: &Case<'_>, entry: &Target<'_>) -> [Ask; 3] {
    [entry.usual(), entry.usual().round(1), aged(case, entry)]
}
