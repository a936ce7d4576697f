//! `landing cdn`

use super::view::View;
use crate::cdn::{self, Facts, Jurisdiction};
use crate::diag::Exit;
use serde_json::{Value, json};

/// `landing cdn list`: one provider per line, in 80 columns.
pub(super) fn list(view: &View) -> Exit {
    for cdn in cdn::ALL {
        view.line(line(cdn.facts()));
    }
    let providers: Vec<Value> = cdn::ALL.iter().map(|cdn| as_json(cdn.facts())).collect();
    view.done(json!({ "providers": providers }));
    Exit::Done
}

fn selectors(facts: &Facts) -> Vec<&'static str> {
    facts.takes.iter().map(|takes| takes.selector.name()).collect()
}

fn line(facts: &Facts) -> String {
    let selectors = selectors(facts).join(" ");
    format!("{:<14} {:<7} {selectors:<32} {}", facts.id, facts.evidence.name(), facts.jurisdiction.shown())
}

fn as_json(facts: &Facts) -> Value {
    let limits = facts.takes.iter().map(|takes| {
        let rate = takes.rate;
        json!({
            "selector": takes.selector.name(), "per_request": takes.items,
            "burst": rate.burst, "refill": rate.refill, "every_seconds": rate.every.as_secs(),
        })
    });
    let settings = facts.settings.iter().map(|it| json!({ "key": it.key, "required": it.required, "says": it.says }));
    json!({
        "id": facts.id,
        "evidence": facts.evidence.name(),
        "selectors": selectors(facts),
        "jurisdiction": facts.jurisdiction.shown(),
        "eu": matches!(facts.jurisdiction, Jurisdiction::Eu(_)),
        "limits": limits.collect::<Vec<_>>(),
        "success": facts.success,
        "propagation": facts.propagation,
        "rights": facts.rights,
        "settings": settings.collect::<Vec<_>>(),
        "source": facts.source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_is_one_line_of_80_columns() {
        for cdn in cdn::ALL {
            let line = line(cdn.facts());
            assert!(line.len() <= 80 && !line.contains('\n'), "{line}");
            assert!(line.starts_with(cdn.id()));
        }
    }
}
