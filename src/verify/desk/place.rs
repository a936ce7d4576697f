//! Where a subject stands: its host and port, and whether the public can reach it at all.

use crate::model::{Look, Offer};
use crate::verify::Subject;
use url::{Host, Url};

/// The public address in its parts.
pub(in crate::verify) struct Place {
    /// The host as it stands in a certificate and in `Host`.
    pub host: String,
    /// The port, given or the scheme's.
    pub port: u16,
    /// Whether it is another than the scheme's: nobody types it.
    pub ported: bool,
    /// Whether the address is `https`.
    pub tls: bool,
    /// Whether the host is a name that DNS knows, not an address or this machine.
    pub named: bool,
}

impl Subject<'_> {
    /// Where the subject stands; `None` for what is no address, of which `reachable` speaks.
    pub(in crate::verify) fn place(&self) -> Option<Place> {
        let url = Url::parse(self.base).ok()?;
        let named = matches!(url.host()?, Host::Domain(name) if name != "localhost" && !name.ends_with(".localhost"));
        Some(Place {
            host: url.host_str()?.to_owned(),
            port: url.port_or_known_default()?,
            ported: url.port().is_some(),
            tls: url.scheme() == "https",
            named,
        })
    }

    /// The host as each resolver knows it: those that are given, or the machine's own. Or why there is nothing to know.
    pub(in crate::verify) fn names(&self) -> Result<Vec<Look>, String> {
        let place = self.place().filter(|place| place.named);
        let Some(place) = place else { return Err(format!("`{}` is no name in DNS", self.base)) };
        let given = self.check.resolvers.iter().copied().map(Some);
        let own = self.check.resolvers.is_empty().then_some(None);
        Ok(given.chain(own).map(|resolver| Look::Names { host: place.host.clone(), resolver }).collect())
    }

    /// Another host, as the resolver knows it that counts.
    pub(in crate::verify) fn names_of(&self, host: String) -> Look {
        Look::Names { host, resolver: self.check.resolvers.first().copied() }
    }

    /// The handshake with this offer; or why there is none.
    pub(in crate::verify) fn handshake(&self, offer: Offer) -> Result<Look, String> {
        match self.place() {
            Some(Place { host, port, tls: true, .. }) => Ok(Look::Handshake { host, port, offer }),
            _ => Err(format!("`{}` is plain HTTP itself", self.base)),
        }
    }
}
