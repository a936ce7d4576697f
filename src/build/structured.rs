//! Structured data (schema.org, JSON-LD) of a page: who publishes the site, what the page is, which questions it answers.
//!
//! In: a page and its language. Out: JSON for a `<script type="application/ld+json">`, a block of data that no policy looks at and no
//! browser runs. It says nothing that the page does not show, and nothing that its `<title>`, its description and its `lang` say already: every
//! byte of it is in the first flight. An error page and a variant of another page say nothing.

use super::markdown;
use super::page::Page;
use crate::model::Class;
use serde_json::{Value, json};

/// The data of a page whose canonical address is `url`; `site` is that of the site.
pub(super) fn of(page: &Page<'_>, site: &str, url: &str) -> Option<String> {
    if page.spot.class == Class::Error || page.spot.holding {
        return None;
    }
    let mut graph = Vec::new();
    let mut own =
        json!({ "@type": "WebPage", "url": format!("{site}{url}"), "isPartOf": { "@id": format!("{site}/#site") } });
    if let Some(date) = &page.date {
        own["dateModified"] = date.as_str().into();
    }
    let questions = questions(page);
    if !questions.is_empty() {
        own["@type"] = "FAQPage".into();
        own["mainEntity"] = questions.into();
    }
    if page.spot.is_entry() {
        let brand = &page.spot.language.brand;
        let name = &brand.name;
        let publisher = format!("{site}/#publisher");
        graph.push(json!({
            "@type": "Organization", "@id": publisher, "name": brand.owner.as_ref().unwrap_or(name), "url": format!("{site}/"),
        }));
        graph.push(json!({
            "@type": "WebSite", "@id": format!("{site}/#site"), "name": name, "url": format!("{site}/"), "publisher": { "@id": publisher },
        }));
    }
    graph.push(own);
    let data = json!({ "@context": "https://schema.org", "@graph": graph }).to_string();
    // `</script` would end the block, `<!--` would begin another state of the parser (HTML, section 4.12.1.3).
    Some(data.replace('<', "\\u003c"))
}

/// The questions and answers of the front matter: tables with a `question` and an `answer`, wherever they stand.
fn questions(page: &Page<'_>) -> Vec<Value> {
    let mut found = Vec::new();
    for value in page.front.values() {
        gather(value, &mut found);
    }
    found
}

fn gather(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, found)),
        Value::Object(map) => {
            match (map.get("question").and_then(Value::as_str), map.get("answer").and_then(Value::as_str)) {
                (Some(question), Some(answer)) => found.push(json!({
                    "@type": "Question", "name": markdown::plain(question),
                    "acceptedAnswer": { "@type": "Answer", "text": markdown::plain(answer) },
                })),
                _ => map.values().for_each(|value| gather(value, found)),
            }
        }
        _ => {}
    }
}
