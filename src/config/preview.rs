//! Previews: environments by a pattern, `[env.preview]`, whose addresses have `{name}` where they differ.
//!
//! In: the pattern and the rest of `preview-NAME`; out: an environment of its own, or why the name cannot stand in an address.
//! It makes nothing up: a name that is no label of a host is refused, with one that is.

use crate::diag::{Code, Diagnostic};
use crate::model::{Environment, Mirror, StoreUrl};

/// The longest label of a host name (RFC 1035, section 2.3.4; what may stand in it: RFC 1123, section 2.1).
const LONGEST: usize = 63;

/// The environment of a preview.
pub(super) fn of(pattern: &Environment, name: &str) -> Result<Environment, Diagnostic> {
    if !is_label(name) {
        return Err(no_label(name));
    }
    let filled = |text: &str| text.replace(Environment::BLANK, name);
    let url = filled(&pattern.url);
    let host = url.split_once("://").map_or("", |(_, rest)| rest).split([':', '/']).next().unwrap_or_default();
    if let Some(label) = host.split('.').find(|label| label.len() > LONGEST) {
        let message = format!("`{label}` in the address of the preview is longer than {LONGEST} characters");
        return Err(Diagnostic::new(Code::BadValue, message).hint("choose a shorter name"));
    }
    let mut environment = Environment {
        name: format!("{}-{name}", Environment::PREVIEW),
        url,
        store: store(&pattern.store, &filled),
        origin: pattern.origin.as_deref().map(filled),
        ..pattern.clone()
    };
    environment.access.control = pattern.access.control.as_ref().map(|control| store(control, &filled));
    let mirror = |it: &Mirror| Mirror { store: store(&it.store, &filled), access: it.access.clone() };
    environment.mirrors = pattern.mirrors.iter().map(mirror).collect();
    Ok(environment)
}

/// The complaint about the pattern itself.
pub(super) fn nameless() -> Diagnostic {
    Diagnostic::new(Code::UnknownEnv, "`[env.preview]` is a pattern, not an environment")
        .hint("say which preview: `preview-NAME`")
}

fn store(store: &StoreUrl, filled: &impl Fn(&str) -> String) -> StoreUrl {
    match store {
        StoreUrl::Dir(path) => StoreUrl::Dir(filled(path)),
        StoreUrl::Memory => StoreUrl::Memory,
        StoreUrl::Cloud { vendor, bucket, prefix } => {
            StoreUrl::Cloud { vendor: *vendor, bucket: filled(bucket), prefix: filled(prefix) }
        }
    }
}

/// Lower case only: buckets know no other, and names of hosts make no difference.
fn is_label(name: &str) -> bool {
    let letters = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    letters && (1..=LONGEST).contains(&name.len()) && !name.starts_with('-') && !name.ends_with('-')
}

fn no_label(name: &str) -> Diagnostic {
    let wrong = Diagnostic::new(Code::BadValue, format!("`{name}` cannot be the name of a preview"));
    let dashed: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let near: String = dashed.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    let near = near.chars().take(LONGEST).collect::<String>();
    let rule = format!("lower-case letters, digits and hyphens inside, at most {LONGEST}");
    match near.trim_matches('-') {
        "" => wrong.hint(rule),
        near => wrong.hint(format!("write `preview-{near}`: {rule}")),
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Environment, StoreUrl};

    const PATTERN: &str = "[env.preview]\nurl=\"https://{name}.preview.example\"\norigin=\"https://{name}.origin.example\"\nstore=\"s3://previews/{name}/www\"\ncontrol=\"s3://private/{name}\"\n\
        [[env.preview.mirrors]]\nstore=\"dir:copies/{name}\"\n";

    fn environment(pattern: &str, name: &str) -> Result<Environment, String> {
        let text = format!("[site]\nname=\"x\"\n{pattern}");
        let settings = crate::config::parse(&text).map_err(|err| err.to_string())?;
        crate::config::environment(&settings, name).map_err(|err| err.to_string())
    }

    #[test]
    fn a_preview_has_its_name_in_every_address_and_is_not_to_be_found() {
        let it = environment(PATTERN, "preview-tv-spot").unwrap();
        assert_eq!((it.name.as_str(), it.url.as_str()), ("preview-tv-spot", "https://tv-spot.preview.example"));
        assert_eq!(it.store.to_string(), "s3://previews/tv-spot/www");
        assert_eq!(it.access.control.unwrap().to_string(), "s3://private/tv-spot");
        assert_eq!(it.origin.as_deref(), Some("https://tv-spot.origin.example"));
        assert_eq!(it.mirrors[0].store, StoreUrl::Dir("copies/tv-spot".to_owned()));
        assert!(it.noindex && !environment("", "local").unwrap().noindex);
    }

    #[test]
    fn a_name_that_is_no_label_is_refused_with_the_nearest_that_is() {
        let long = "x".repeat(64);
        for (name, near) in [
            ("preview-Feature/New_Price", "write `preview-feature-new-price`"),
            ("preview--x", "write `preview-x`"),
            ("preview-", "lower-case letters"),
            ("preview-../..", "lower-case letters"),
            (&*format!("preview-{long}"), "at most 63"),
        ] {
            let err = environment(PATTERN, name).unwrap_err();
            assert!(err.contains("cannot be the name of a preview") && err.contains(near), "{name}: {err}");
        }
        let wide = PATTERN.replace("{name}.preview", "{name}-of-preview");
        let err = environment(&wide, &format!("preview-{}", "x".repeat(60))).unwrap_err();
        assert!(err.contains("longer than 63"), "{err}");
    }

    #[test]
    fn the_pattern_itself_is_no_environment_and_needs_a_place_for_the_name() {
        assert!(environment(PATTERN, "preview").unwrap_err().contains("say which preview"));
        assert!(environment("", "preview-x").unwrap_err().contains("unknown environment"));
        let flat = PATTERN.replace("{name}/www", "www");
        assert!(environment(&flat, "preview-x").unwrap_err().contains("`{name}` is missing in `store`"));
        let blank = PATTERN.replace("env.preview", "env.staging");
        assert!(environment(&blank, "staging").unwrap_err().contains("`{name}` stands in `url`"));
    }
}
