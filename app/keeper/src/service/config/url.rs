//! Addresses of servers, which may hold somebody's key: only scheme, name and port are ever shown.

use std::fmt;

use assay_chain::settings;

/// Ports at which a local cluster answers; its subscriptions are at the next one.
const LOCAL: &str = "http://127.0.0.1:8899";

/// An address of a server.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nobody on the way sees what is sent there: it is encrypted, or stays on this machine.
    pub(super) fn hides(&self) -> bool {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        let host = host(rest);
        let name = host.rsplit_once(':').filter(|_| !host.ends_with(']')).map_or(host, |(name, _)| name);
        ["https", "wss"].contains(&scheme) || ["127.0.0.1", "localhost", "[::1]"].contains(&name)
    }

    /// The local cluster's.
    pub(super) fn local() -> Self {
        Self(LOCAL.into())
    }

    /// Pyth's own Hermes server.
    pub(super) fn hermes() -> Self {
        Self("https://hermes.pyth.network".into())
    }

    /// An RPC server's, by its address or by Solana's short name of a cluster.
    pub(super) fn rpc(text: &str) -> Result<Self, String> {
        settings::url(text).map_err(|error| error.to_string()).and_then(|url| Self::http(&url))
    }

    pub(super) fn http(text: &str) -> Result<Self, String> {
        Self::of(text, &["http", "https"])
    }

    pub(super) fn websocket(text: &str) -> Result<Self, String> {
        Self::of(text, &["ws", "wss"])
    }

    /// Where the subscriptions of an RPC server are: the same place by another scheme, and the next port where it names one.
    pub(super) fn subscriptions(&self) -> Self {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("http", &self.0));
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let name = match authority.rsplit_once(':') {
            Some((name, port)) => match port.parse::<u16>().ok().and_then(|port| port.checked_add(1)) {
                Some(next) => format!("{name}:{next}"),
                None => authority.into(),
            },
            None => authority.into(),
        };
        let scheme = if scheme == "https" { "wss" } else { "ws" };
        Self(format!("{scheme}://{name}{path}"))
    }

    fn of(text: &str, schemes: &[&str]) -> Result<Self, String> {
        match text.split_once("://") {
            Some((scheme, rest)) if schemes.contains(&scheme) && !host(rest).is_empty() => {
                Ok(Self(text.into()))
            }
            _ => Err(format!("it does not begin with {}://", schemes.join(":// or "))),
        }
    }
}

/// Name and port: a name before an `@`, a path and a query may be keys.
fn host(rest: &str) -> &str {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit('@').next().unwrap_or(authority)
}

impl fmt::Display for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.split_once("://") {
            Some((scheme, rest)) => write!(formatter, "{scheme}://{}", host(rest)),
            None => formatter.write_str("?"),
        }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_are_next_door() {
        for (rpc, subscriptions) in [
            ("http://127.0.0.1:8899", "ws://127.0.0.1:8900"),
            ("http://[::1]:8899/", "ws://[::1]:8900/"),
            ("https://api.devnet.solana.com", "wss://api.devnet.solana.com"),
            ("https://x.example/v1?key=a:b", "wss://x.example/v1?key=a:b"),
            ("http://h:65535", "ws://h:65535"),
        ] {
            assert_eq!(Url(rpc.into()).subscriptions(), Url(subscriptions.into()), "{rpc}");
        }
    }

    #[test]
    fn keys_are_not_shown() {
        let url = Url::http("https://me:secret@x.example:1/secret?key=secret").unwrap();
        for shown in [url.to_string(), format!("{url:?}")] {
            assert_eq!(shown, "https://x.example:1");
        }
        assert!(url.as_str().contains("secret"));
        for (url, hides) in [
            ("https://x.example", true),
            ("http://127.0.0.1:10000", true),
            ("http://[::1]", true),
            ("http://x.example:10000", false),
            ("http://127.0.0.1@x.example", false),
        ] {
            assert_eq!(Url::http(url).unwrap().hides(), hides, "{url}");
        }
        for wrong in ["", "x.example", "ws://x", "http://", "http:///path"] {
            assert!(Url::http(wrong).is_err(), "{wrong}");
        }
    }
}
