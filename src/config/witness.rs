//! `witness = { url | log | command = … }`: where an environment's origin counts its requests.

use super::cdn::secret;
use crate::diag::Code;
use crate::model::WitnessPlace;
use crate::reader::Section;

/// Where the count is read, when that is said.
pub(super) fn witness(section: &Section<'_>) -> Option<WitnessPlace> {
    let remedy = "write `witness = { url = \"http://10.0.0.5/stub_status\" }`, `{ log = \"/var/log/nginx/access.log\" }` or \
         `{ command = [\"varnishstat\", \"-1\", \"-j\", \"-f\", \"MAIN.backend_req\"] }`";
    if !section.value("witness")?.get_ref().is_table() {
        section.complain("witness", Code::BadValue, "`witness` does not say where the origin counts", remedy);
        return None;
    }
    let source = section.section("witness");
    source.only(&["url", "token", "log", "command"]);
    let token = secret(&source, "token");
    let places = [
        source.string("url").map(|url| WitnessPlace::Url { url, token: token.clone() }),
        source.string("log").map(WitnessPlace::Log),
        source.string_list("command").map(WitnessPlace::Command),
    ];
    let mut places = places.into_iter().flatten();
    let (place, more) = (places.next(), places.next());
    let fits = place.as_ref().is_some_and(|place| match place {
        WitnessPlace::Url { url, .. } => matches!(WitnessPlace::parse(url), WitnessPlace::Url { .. }),
        WitnessPlace::Log(path) => token.is_none() && !path.is_empty(),
        WitnessPlace::Command(command) => token.is_none() && !command.is_empty(),
    });
    if !fits || more.is_some() {
        section.complain(
            "witness",
            Code::BadValue,
            "`witness` does not name one place where the origin counts",
            remedy,
        );
        return None;
    }
    place
}

#[cfg(test)]
mod tests {
    use crate::model::{Secret, WitnessPlace};

    fn read(line: &str) -> Result<Option<WitnessPlace>, String> {
        let text = format!("[site]\nname=\"x\"\n[env.p]\nurl=\"https://a.example\"\nstore=\"memory:\"\n{line}\n");
        let settings = crate::config::parse(&text).map_err(|err| err.to_string())?;
        Ok(settings.environments["p"].witness.clone())
    }

    #[test]
    fn it_is_one_place_and_a_token_goes_to_an_address_only() {
        let url = |token| WitnessPlace::Url { url: "http://10.0.0.5/count".to_owned(), token };
        let secret = Secret::Env("TOKEN".to_owned());
        for (line, expected) in [
            ("", None),
            ("witness={ url=\"http://10.0.0.5/count\" }", Some(url(None))),
            ("witness={ url=\"http://10.0.0.5/count\", token={ env=\"TOKEN\" } }", Some(url(Some(secret)))),
            ("witness={ log=\"access.log\" }", Some(WitnessPlace::Log("access.log".to_owned()))),
            ("witness={ command=[\"count\"] }", Some(WitnessPlace::Command(vec!["count".to_owned()]))),
        ] {
            assert_eq!(read(line), Ok(expected), "{line}");
        }
        for line in [
            "witness=\"http://10.0.0.5/count\"",
            "witness={}",
            "witness={ url=\"/count\" }",
            "witness={ url=\"ftp://10.0.0.5/\" }",
            "witness={ log=\"\" }",
            "witness={ command=[] }",
            "witness={ log=\"a\", command=[\"b\"] }",
            "witness={ log=\"a\", token={ env=\"TOKEN\" } }",
            "witness={ url=\"http://10.0.0.5/\", token=\"secret\" }",
            "witness={ logs=\"a\" }",
        ] {
            let wrong = read(line).expect_err(line);
            assert!(!wrong.contains("\"secret\""), "{wrong}");
        }
    }
}
