//! Credentials of a store: fetched from where the configuration says, held in a type that cannot be printed.
//!
//! In: [`Credentials`] and the vendor; out: a [`Login`]. The environment is read through a function, so that a test needs none.
//! It asks no metadata service: on a laptop that is half a minute of silence.

use crate::diag::{Code, Diagnostic};
use crate::model::{Credentials, Secret, Vendor};
use crate::shell::fetch;
use serde::Deserialize;
use std::path::Path;
use zeroize::Zeroizing;

/// Something that must not be seen. It has no `Display`, its `Debug` shows nothing, and its memory is wiped.
#[derive(Clone)]
pub(super) struct Hidden(Zeroizing<String>);

impl Hidden {
    fn new(raw: impl Into<String>) -> Self {
        Self(Zeroizing::new(raw.into()))
    }

    /// For the one who signs with it.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// Who we are to a store.
#[derive(Clone, Debug)]
pub(super) enum Login {
    /// Key, secret key, session token (S3).
    Keys(Hidden, Hidden, Option<Hidden>),
    /// A service account's key file (Google).
    ServiceAccount(Hidden),
    /// An access token (Google, Azure).
    Bearer(Hidden),
    /// The key of a storage account (Azure).
    AccountKey(Hidden),
    /// A shared access signature: a query (Azure).
    Sas(Hidden),
}

/// What `credential_process` prints (AWS SDKs and Tools Reference Guide, "Process credential provider").
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Process {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Fetches the credentials. Files and commands are relative to the project's `root`.
pub(super) fn login(
    root: &Path,
    vendor: Vendor,
    credentials: Option<&Credentials>,
    variable: Variables<'_>,
) -> Result<Login, Diagnostic> {
    match credentials {
        None => {
            from_variables(vendor, vendor.prefix(), variable).or_else(|err| google_file(root, vendor, variable, err))
        }
        Some(Credentials::EnvPrefix(prefix)) => from_variables(vendor, prefix, variable),
        Some(Credentials::File(path)) => {
            let text = fetch(root, &Secret::File(path.clone()))?;
            read(vendor, &text).ok_or_else(|| unreadable(vendor, &format!("the file `{path}`")))
        }
        Some(Credentials::Command(command)) => {
            let text = fetch(root, &Secret::Command(command.clone()))?;
            read(vendor, &text).ok_or_else(|| unreadable(vendor, &format!("the command `{}`", command[0])))
        }
    }
}

/// The names that each vendor's own tools read, after the prefix; of two, the second is Scaleway's and older.
fn from_variables(vendor: Vendor, prefix: &str, variable: Variables<'_>) -> Result<Login, Diagnostic> {
    let get = |names: &[&str]| {
        let found = names.iter().find_map(|name| variable(&format!("{prefix}_{name}")));
        found.map(|raw| raw.trim().to_owned()).filter(|raw| !raw.is_empty()).map(Hidden::new)
    };
    let found = match vendor {
        Vendor::S3 => get(&["ACCESS_KEY_ID", "ACCESS_KEY"])
            .zip(get(&["SECRET_ACCESS_KEY", "SECRET_KEY"]))
            .map(|(id, secret)| Login::Keys(id, secret, get(&["SESSION_TOKEN"]))),
        Vendor::Gcs => get(&["SERVICE_ACCOUNT_KEY"])
            .map(Login::ServiceAccount)
            .or_else(|| get(&["ACCESS_TOKEN", "OAUTH_ACCESS_TOKEN"]).map(Login::Bearer)),
        Vendor::Azure => get(&["STORAGE_ACCOUNT_KEY", "STORAGE_KEY"])
            .map(Login::AccountKey)
            .or_else(|| get(&["STORAGE_SAS_TOKEN"]).map(Login::Sas))
            .or_else(|| get(&["STORAGE_TOKEN"]).map(Login::Bearer)),
    };
    let wanted = match vendor {
        Vendor::S3 => format!("`{prefix}_ACCESS_KEY_ID` and `{prefix}_SECRET_ACCESS_KEY`"),
        Vendor::Gcs => format!("`{prefix}_SERVICE_ACCOUNT_KEY` or `{prefix}_ACCESS_TOKEN`"),
        Vendor::Azure => {
            format!("`{prefix}_STORAGE_ACCOUNT_KEY`, `{prefix}_STORAGE_SAS_TOKEN` or `{prefix}_STORAGE_TOKEN`")
        }
    };
    found.ok_or_else(|| {
        Diagnostic::new(
            Code::MissingKey,
            format!("the variables of the environment hold no credentials for the store: {wanted}"),
        )
        .hint("set them, or name another place as `credentials = { env_prefix | file | command = … }`")
    })
}

/// The variable that Google's own libraries read names a file.
fn google_file(root: &Path, vendor: Vendor, variable: Variables<'_>, err: Diagnostic) -> Result<Login, Diagnostic> {
    match variable("GOOGLE_APPLICATION_CREDENTIALS").filter(|_| vendor == Vendor::Gcs) {
        Some(path) => login(root, vendor, Some(&Credentials::File(path)), variable),
        None => Err(err),
    }
}

/// What a file holds or a command prints, in the vendor's own format.
fn read(vendor: Vendor, text: &str) -> Option<Login> {
    let text = text.trim();
    match vendor {
        Vendor::S3 if text.starts_with('{') => {
            let read: Process = serde_json::from_str(text).ok()?;
            let session = read.session_token.map(Hidden::new);
            Some(Login::Keys(Hidden::new(read.access_key_id), Hidden::new(read.secret_access_key), session))
        }
        Vendor::S3 => shared_file(text),
        Vendor::Gcs if text.starts_with('{') => Some(Login::ServiceAccount(Hidden::new(text))),
        Vendor::Azure if text.contains("sig=") => Some(Login::Sas(Hidden::new(text.trim_start_matches('?')))),
        // Keys are 64 bytes in Base64, tokens are three parts with dots between them.
        Vendor::Azure if text.ends_with('=') => Some(Login::AccountKey(Hidden::new(text))),
        Vendor::Gcs | Vendor::Azure => {
            let one = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
            one.then(|| Login::Bearer(Hidden::new(text)))
        }
    }
}

/// The `[default]` section of an AWS credentials file, or its only one.
fn shared_file(text: &str) -> Option<Login> {
    let lines = || text.lines().map(str::trim);
    let start = lines().position(|line| line == "[default]").or_else(|| lines().position(|line| line.starts_with('[')));
    let section = lines().skip(start.map_or(0, |at| at + 1)).take_while(|line| !line.starts_with('['));
    let (mut id, mut secret, mut session) = (None, None, None);
    for (name, value) in section.filter_map(|line| line.split_once('=')) {
        let value = Some(Hidden::new(value.trim()));
        match name.trim() {
            "aws_access_key_id" => id = value,
            "aws_secret_access_key" => secret = value,
            "aws_session_token" => session = value,
            _ => {}
        }
    }
    Some(Login::Keys(id?, secret?, session))
}

fn unreadable(vendor: Vendor, place: &str) -> Diagnostic {
    let wanted = match vendor {
        Vendor::S3 => "`aws_access_key_id = …` and `aws_secret_access_key = …`, or the JSON of a `credential_process`",
        Vendor::Gcs => "the JSON key of a service account, or an access token",
        Vendor::Azure => "an account key, a shared access signature or an access token",
    };
    Diagnostic::new(Code::BadValue, format!("what {place} gives are not credentials")).hint(format!("give {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(login: &Login) -> (&str, &str, Option<&str>) {
        let Login::Keys(id, secret, session) = login else { panic!("not keys: {login:?}") };
        (id.expose(), secret.expose(), session.as_ref().map(Hidden::expose))
    }

    #[test]
    fn credentials_cannot_be_printed() {
        let login = Login::Keys(Hidden::new("id"), Hidden::new("s3cr3t"), None);
        assert_eq!(format!("{login:?}"), "Keys(…, …, None)");
    }

    #[test]
    fn keys_come_from_the_variables_of_a_prefix() {
        let scaleway = |name: &str| match name {
            "SCW_ACCESS_KEY" => Some("id".to_owned()),
            "SCW_SECRET_KEY" => Some("secret\n".to_owned()),
            _ => None,
        };
        let prefix = Credentials::EnvPrefix("SCW".to_owned());
        let found = login(Path::new("."), Vendor::S3, Some(&prefix), &scaleway).unwrap();
        assert_eq!(keys(&found), ("id", "secret", None));
        let err = login(Path::new("."), Vendor::S3, None, &scaleway).unwrap_err().to_string();
        assert!(err.contains("no credentials for the store: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`"), "{err}");
    }

    #[test]
    fn a_file_is_read_in_the_vendors_own_format() {
        let shared = "[other]\naws_access_key_id = no\n[default]\naws_access_key_id = id\naws_secret_access_key=secret\naws_session_token = t\n";
        assert_eq!(keys(&read(Vendor::S3, shared).unwrap()), ("id", "secret", Some("t")));
        let process = r#"{"Version":1,"AccessKeyId":"id","SecretAccessKey":"secret"}"#;
        assert_eq!(keys(&read(Vendor::S3, process).unwrap()), ("id", "secret", None));
        assert!(read(Vendor::S3, "nothing").is_none() && read(Vendor::Gcs, "two words").is_none());
        assert!(matches!(read(Vendor::Gcs, "ya29.token"), Some(Login::Bearer(_))));
        assert!(matches!(read(Vendor::Azure, "?sv=1&sig=x"), Some(Login::Sas(_))));
    }
}
