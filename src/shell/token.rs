//! Secrets: where one comes from, and a type that cannot be printed.
//!
//! In: a [`Secret`] of the configuration, which names an environment variable, a file or a command; out: a [`Token`]. The
//! secret itself is in no message, no `Debug`, no plan and no file but its own.

use crate::diag::{Code, Diagnostic};
use crate::model::Secret;
use crate::text::harmless;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// What proves to an API who we are. It has no `Display`, and its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes a secret: what can go into a header field (RFC 9110, section 5.5), without the white space around it.
    pub fn new(raw: &str) -> Option<Self> {
        let raw = raw.trim();
        let fits = !raw.is_empty() && raw.len() <= LONGEST && raw.bytes().all(|byte| (0x21..0x7f).contains(&byte));
        fits.then(|| Self(raw.to_owned()))
    }

    /// Takes a secret of several lines: a key file, which is signed with and never sent.
    pub fn document(raw: &str) -> Option<Self> {
        let raw = raw.trim();
        (raw.starts_with('{') && raw.len() <= 2 * LONGEST).then(|| Self(raw.to_owned()))
    }

    /// The secret itself. For the one who sends it and the one who compares it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A text that may repeat the secret, without it.
    pub fn redact(&self, text: &str) -> String {
        text.replace(&self.0, "…")
    }
}

/// Larger than any token, smaller than what servers take as one header field.
const LONGEST: usize = 4_096;

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Fetches a secret. Files and commands are relative to the project's `root`.
///
/// # Errors
/// When it is not where the configuration says, or could not go into a header field.
pub fn resolve(root: &Path, secret: &Secret) -> Result<Token, Diagnostic> {
    let raw = fetch(root, secret)?;
    Token::new(&raw).or_else(|| Token::document(&raw)).ok_or_else(|| {
        Diagnostic::new(Code::BadValue, format!("what {} gives is not a token", place(secret)))
            .hint("a token is one line of visible ASCII characters")
    })
}

fn place(secret: &Secret) -> String {
    match secret {
        Secret::Env(name) => format!("the environment variable `{name}`"),
        Secret::File(path) => format!("the file `{path}`"),
        Secret::Command(command) => format!("the command `{}`", command.join(" ")),
    }
}

/// What stands there, as it stands there, wiped from memory afterwards.
///
/// # Errors
/// When nothing can be read there.
pub fn fetch(root: &Path, secret: &Secret) -> Result<Zeroizing<String>, Diagnostic> {
    let raw = match secret {
        Secret::Env(name) => std::env::var(name).map_err(|err| err.to_string()),
        Secret::File(path) => file(&root.join(path)).map_err(|err| err.to_string()),
        Secret::Command(command) => run(root, command),
    };
    raw.map(Zeroizing::new).map_err(|why| {
        Diagnostic::new(Code::MissingKey, format!("{} gives no token: {why}", place(secret)))
            .hint("set it, or name another place as `token = { env | file | command = … }`")
    })
}

fn file(path: &Path) -> std::io::Result<String> {
    let mut raw = String::new();
    std::fs::File::open(path)?.take(2 * LONGEST as u64).read_to_string(&mut raw)?;
    Ok(raw)
}

/// What a command prints within half a minute. What it complains about goes where our own complaints go, as it comes (a sign-in that
/// waits for a browser says so there), without what could steer a terminal.
pub(super) fn run(root: &Path, command: &[String]) -> Result<String, String> {
    let [program, arguments @ ..] = command else { return Err("it is empty".to_owned()) };
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|err| err.to_string())?;
    let complaints = child.stderr.take().ok_or("it has no place to complain")?;
    let complaints = std::thread::spawn(move || pass_on(complaints, &mut std::io::stderr()));
    let stdout = child.stdout.take().ok_or("it has no output")?;
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut raw = String::new();
        let read = stdout.take(2 * LONGEST as u64).read_to_string(&mut raw);
        let _ = sender.send(read.map(|_| raw));
    });
    let deadline = Instant::now() + Duration::from_secs(30);
    let status = loop {
        match child.try_wait().map_err(|err| err.to_string())? {
            Some(status) => break status,
            None if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
            None => {
                let _ = child.kill();
                let _ = child.wait();
                return Err("it did not end within 30 s".to_owned());
            }
        }
    };
    // A process that it left behind may keep its end open: nobody waits for that.
    let patience = Instant::now() + Duration::from_secs(1);
    while !complaints.is_finished() && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(5));
    }
    if !status.success() {
        return Err(format!("it ended with {status}"));
    }
    let read = receiver.recv_timeout(Duration::from_secs(1)).map_err(|_| "its output did not end")?;
    read.map_err(|err| err.to_string())
}

/// Every line, harmless to a terminal, cut where no person reads on.
fn pass_on(from: impl std::io::Read, to: &mut impl std::io::Write) {
    use std::io::BufRead as _;
    let mut lines = std::io::BufReader::new(from);
    let mut line = Vec::new();
    loop {
        line.clear();
        match lines.by_ref().take(LONGEST as u64).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line);
                let text = text.trim_end_matches(['\r', '\n']);
                if text.chars().all(char::is_control) && line != b"\n" {
                    continue;
                }
                // Where it goes to is closed: it is read on all the same, or the command would hang.
                let _ = writeln!(to, "{}", harmless(text));
            }
        }
    }
}

/// The token between this project and its own edge: made at the first use, in a file that only its owner can read.
///
/// # Errors
/// When the file can be neither read nor made, or others can read it.
pub fn edge_token(root: &Path) -> Result<Token, Diagnostic> {
    let path = root.join(crate::model::CONTROL).join("edge-token");
    let refused = |err: std::io::Error| {
        Diagnostic::new(Code::WriteFailed, format!("`.landing/edge-token` cannot be used: {err}"))
            .hint("see that this user may write to `.landing/`")
    };
    if !path.try_exists().map_err(refused)? {
        make(&path).map_err(refused)?;
    }
    private(&path).map_err(refused)?;
    Token::new(&file(&path).map_err(refused)?).ok_or_else(|| {
        Diagnostic::new(Code::BadValue, "`.landing/edge-token` does not hold a token")
            .hint("delete it: a new one is made")
    })
}

/// Whole or not at all: of two that make it at once, the second takes the first one's.
fn make(path: &Path) -> std::io::Result<()> {
    use std::io::Write as _;
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)?;
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(std::io::Error::other)?;
    // Mode 0600 is what `tempfile` makes on Unix.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{}", crate::text::hex(&random))?;
    match file.persist_noclobber(path) {
        Err(err) if err.error.kind() != std::io::ErrorKind::AlreadyExists => Err(err.error),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
    if mode.trailing_zeros() >= 6 {
        return Ok(());
    }
    Err(std::io::Error::other(format!("others can read it (mode {mode:o}); delete it, a new one is made")))
}

#[cfg(not(unix))]
fn private(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(secret: &Secret) -> Result<Token, String> {
        resolve(&std::env::temp_dir(), secret).map_err(|err| err.to_string())
    }

    fn command(words: &[&str]) -> Secret {
        Secret::Command(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn a_token_cannot_be_printed() {
        let token = Token::new(" s3cr3t\n").unwrap();
        assert_eq!(format!("{token:?}"), "Token(…)");
        assert_eq!(token.redact("no: s3cr3t is wrong"), "no: … is wrong");
        assert!(Token::new("two words").is_none() && Token::new("").is_none() && Token::new("a\r\nb: c").is_none());
    }

    #[test]
    fn a_secret_comes_from_a_file_or_a_command() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("token"), "abc\n").unwrap();
        assert_eq!(resolve(root.path(), &Secret::File("token".to_owned())).unwrap().expose(), "abc");
        assert_eq!(resolved(&command(&["echo", "abc"])).unwrap().expose(), "abc");
    }

    #[test]
    fn a_secret_that_is_not_there_is_named_by_its_place_only() {
        let missing = resolved(&Secret::Env("LANDING_NO_SUCH_VARIABLE".to_owned())).unwrap_err();
        assert!(missing.contains("`LANDING_NO_SUCH_VARIABLE` gives no token"), "{missing}");
        assert!(resolved(&command(&["false"])).unwrap_err().contains("ended with exit status: 1"));
        assert!(resolved(&command(&["/no/such/program"])).unwrap_err().contains("gives no token"));
        assert!(resolved(&command(&["echo", "not", "one"])).unwrap_err().contains("is not a token"));
    }

    #[test]
    fn what_a_command_complains_about_cannot_steer_the_terminal() {
        let mut shown = Vec::new();
        pass_on(&b"\x1b]0;owned\x07\x1b[2Jsign in: code \xffAB\r\nnext\xe2\x80\xae\n"[..], &mut shown);
        assert_eq!(String::from_utf8(shown).unwrap(), "?]0;owned??[2Jsign in: code \u{fffd}AB\nnext?\n");
        let mut shown = Vec::new();
        pass_on(std::io::repeat(b'x').take(3 * LONGEST as u64), &mut shown);
        assert_eq!(shown.len(), 3 * LONGEST + 3, "a line without end comes in pieces");
    }

    #[cfg(unix)]
    #[test]
    fn a_command_that_complains_much_or_leaves_somebody_behind_does_not_hang() {
        let began = Instant::now();
        let much = ["sh", "-c", "head -c 300000 /dev/zero >&2; echo abc"];
        assert_eq!(resolved(&command(&much)).unwrap().expose(), "abc");
        let behind = ["sh", "-c", "sleep 20 2>&2 >/dev/null & echo abc"];
        assert_eq!(resolved(&command(&behind)).unwrap().expose(), "abc");
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[cfg(unix)]
    #[test]
    fn the_edge_token_is_made_once_and_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let first = edge_token(root.path()).unwrap();
        assert_eq!(edge_token(root.path()).unwrap(), first);
        let path = root.path().join(".landing/edge-token");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(edge_token(root.path()).unwrap_err().to_string().contains("others can read it"));
    }
}
