//! Asks one resolver, or those of this machine, for all that matters of a host.

use crate::model::Names;
use domain::base::{Name, ParsedName, Rtype};
use domain::rdata::AllRecordData;
use domain::resolv::StubResolver;
use domain::resolv::stub::conf::{ResolvConf, ServerConf, Transport};
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// More labels of a name are not climbed for a `CAA`.
const MOST_LABELS: usize = 8;

type Data = AllRecordData<bytes::Bytes, ParsedName<bytes::Bytes>>;

/// What is known of a host; that there is nothing is an answer too. Searches no domain of this machine's, reads no `hosts`
/// file: what is public is asked for.
///
/// # Errors
/// When no resolver answers, or with an error of its own; in words.
pub(in crate::shell) async fn ask_names(
    host: &str,
    resolver: Option<SocketAddr>,
    timeout: Duration,
) -> Result<Names, String> {
    let asker = asker(resolver, timeout);
    let name: Name<Vec<u8>> = host.parse().map_err(|err| format!("`{host}` is no name: {err}"))?;
    let (older, newer) = futures::try_join!(records(&asker, &name, Rtype::A), records(&asker, &name, Rtype::AAAA))?;
    let mut names = Names { ttl_s: u32::MAX, ..Names::default() };
    for (ttl_s, data) in older.into_iter().chain(newer) {
        match data {
            AllRecordData::A(address) => names.addresses.push(IpAddr::V4(address.addr())),
            AllRecordData::Aaaa(address) => names.addresses.push(IpAddr::V6(address.addr())),
            AllRecordData::Cname(to) => {
                let to = to.cname().to_string();
                if !names.aliases.contains(&to) {
                    names.aliases.push(to);
                }
            }
            _ => continue,
        }
        names.ttl_s = names.ttl_s.min(ttl_s);
    }
    names.addresses.sort();
    names.addresses.dedup();
    if names.addresses.is_empty() {
        names.ttl_s = 0;
        return Ok(names);
    }
    // RFC 8659, section 3: the closest name above that says something decides. A resolver that knows no `CAA` says nothing about the address.
    for above in name.iter_suffixes().take(MOST_LABELS).filter(|it| it.label_count() > 1) {
        let said = records(&asker, &above, Rtype::CAA).await.unwrap_or_default();
        names.issuers = said.into_iter().filter_map(|(_, data)| issuer(&data)).collect();
        if !names.issuers.is_empty() {
            break;
        }
    }
    Ok(names)
}

fn issuer(data: &Data) -> Option<String> {
    let AllRecordData::Caa(caa) = data else { return None };
    let named = caa.tag().to_string().starts_with("issue");
    let value = String::from_utf8_lossy(caa.value().as_ref()).trim().to_owned();
    // `;` alone: nobody may.
    named.then(|| if value == ";" { "nobody".to_owned() } else { value })
}

async fn records(
    asker: &StubResolver,
    name: impl domain::base::ToName + std::fmt::Display,
    kind: Rtype,
) -> Result<Vec<(u32, Data)>, String> {
    let failed = |why: &dyn std::fmt::Display| format!("{kind} of `{name}`: {why}");
    let answer = asker.query((&name, kind)).await.map_err(|err| match err.kind() {
        ErrorKind::TimedOut => failed(&"no answer in time"),
        _ => failed(&err),
    })?;
    if !answer.is_final() {
        return Err(failed(&answer.header().rcode()));
    }
    let message = answer.into_message();
    let section = message.answer().map_err(|err| failed(&err))?;
    let mut found = Vec::new();
    for record in section.limit_to::<AllRecordData<_, _>>() {
        let record = record.map_err(|err| failed(&err))?;
        found.push((record.ttl().as_secs(), record.into_data()));
    }
    Ok(found)
}

fn asker(resolver: Option<SocketAddr>, timeout: Duration) -> StubResolver {
    let mut conf = match resolver {
        None => ResolvConf::default(),
        Some(at) => {
            let mut conf = ResolvConf::new();
            conf.servers.push(ServerConf::new(at, Transport::UdpTcp));
            conf.finalize();
            conf
        }
    };
    (conf.options.timeout, conf.options.attempts) = (timeout / 4, 2);
    conf.servers.iter_mut().for_each(|server| server.request_timeout = timeout / 4);
    StubResolver::from_conf(conf)
}
