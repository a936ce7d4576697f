//! The CDN's settings as a Terraform file, for those who keep their own state: the same as `landing cdn apply` writes.
//!
//! In: an account and a [`Wish`]; out: the text of a file. What landing cannot know (the origin, a certificate) is a variable, what the
//! provider plugin cannot say is a comment. It holds no secret: the plugins take theirs from the environment.

pub(super) mod bunny;
pub(super) mod cloudflare;
pub(super) mod cloudfront;
pub(super) mod fastly;
pub(super) mod hcl;
pub(super) mod scaleway;

use super::panel::Wish;
use super::{Account, Cdn};
use hcl::{Item, block, file, refer, set};
use serde_json::json;

/// What one provider's file consists of.
pub struct Module {
    /// Local name, source and, where an older one reads another language, version of the plugin.
    plugin: (&'static str, &'static str, Option<&'static str>),
    /// What is not known: name and description.
    variables: Vec<(&'static str, &'static str)>,
    items: Vec<Item>,
    /// What the plugin cannot say.
    manual: Vec<String>,
}

/// The names in a file: a second CDN of the same provider has others.
#[derive(Clone, Debug)]
pub struct Names {
    /// Of every resource.
    pub resource: String,
    /// What every variable begins with.
    pub variable: String,
}

impl Names {
    /// Those of the n-th CDN of a provider, from 1.
    pub fn of(provider: &str, count: usize) -> Self {
        let more = if count > 1 { format!("_{count}") } else { String::new() };
        Self { resource: format!("landing{more}"), variable: format!("{provider}{more}") }
    }

    fn variable(&self, name: &str) -> String {
        format!("var.{}_{name}", self.variable)
    }
}

/// The text of the file; nothing where there is no plugin with these resources.
pub fn terraform(cdn: &dyn Cdn, account: &Account, wish: &Wish, names: &Names) -> Option<String> {
    let module = cdn.terraform(account, wish, names)?;
    let (local, source, version) = module.plugin;
    let mut plugin = json!({ "source": source });
    if let Some(version) = version {
        plugin["version"] = json!(version);
    }
    let mut items = vec![Item::Comment(format!(
        "Made by `landing export terraform`: the settings that make {} survive. It is made anew when they change.",
        account.url
    ))];
    items.extend(module.manual.iter().map(|step| Item::Comment(format!("By hand: {step}"))));
    let mut all = vec![block("terraform", vec![block("required_providers", vec![set(local, plugin)])])];
    all.extend(module.variables.iter().map(|(name, says)| {
        let inside = vec![refer("type", "string"), set("description", *says)];
        Item::Block("variable", vec![format!("{}_{name}", names.variable)], inside)
    }));
    all.extend(module.items);
    Some(format!("{}\n{}", file(&items), file(&all)))
}
