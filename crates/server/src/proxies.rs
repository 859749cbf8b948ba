//! Where a request comes from, when proxies stand between: only what a proxy of our own says is believed.
//!
//! A header is text that anybody can send. So it is read only where the connection itself comes from a proxy the
//! administrator named, from its end, and only as far as named proxies have written it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use axum::http::HeaderMap;
use serde::Deserialize;

/// Hops of a chain that are looked at; a longer one is somebody playing.
const HOPS_MAX: usize = 16;

/// The proxies that are believed, and in which header they write.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Proxies {
    /// Their addresses or networks; none are believed where none are named.
    pub trusted: Vec<Network>,
    /// The header they write. Another one could be the client's own.
    pub header: Header,
}

/// A header in which proxies write whom they speak for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Header {
    /// `X-Forwarded-For: client, proxy`.
    #[default]
    #[serde(rename = "x-forwarded-for")]
    XForwardedFor,
    /// `Forwarded: for=client, for=proxy` (RFC 7239).
    #[serde(rename = "forwarded")]
    Forwarded,
}

/// An address, or all that begin with the same bits: `10.8.0.7`, `10.8.0.0/16`, `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// A text that names no network.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no address and no network: {0}")]
pub struct NoNetwork(String);

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let wrong = || NoNetwork(text.into());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.trim().parse().map_err(|_| wrong())?,
            None => most,
        };
        (bits <= most).then_some(Self { address, bits }).ok_or_else(wrong)
    }
}

impl TryFrom<String> for Network {
    type Error = NoNetwork;

    fn try_from(text: String) -> Result<Self, NoNetwork> {
        text.parse()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl Network {
    fn holds(&self, address: IpAddr) -> bool {
        let same = |ours: u128, theirs: u128, width: u32| {
            let shift = width - u32::from(self.bits);
            ours.checked_shr(shift) == theirs.checked_shr(shift)
        };
        match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                same(u32::from(ours).into(), u32::from(theirs).into(), 32)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => same(ours.into(), theirs.into(), 128),
            _ => false,
        }
    }
}

impl Proxies {
    /// Whom a request comes from: the peer itself, or, where that is a named proxy, whom the proxies say they speak for.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        for hop in self.hops(headers).into_iter().rev().take(HOPS_MAX) {
            if !self.trusts(client) {
                break;
            }
            match hop {
                Some(address) => client = address,
                None => break,
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.holds(address))
    }

    /// All hops in the order in which they were written; nothing in place of one that is no address.
    fn hops(&self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        let name = match self.header {
            Header::XForwardedFor => "x-forwarded-for",
            Header::Forwarded => "forwarded",
        };
        let lines = headers.get_all(name).into_iter();
        let parts = lines.flat_map(|line| line.to_str().unwrap_or_default().split(','));
        parts.map(|part| self.hop(part.trim())).collect()
    }

    fn hop(&self, part: &str) -> Option<IpAddr> {
        match self.header {
            Header::XForwardedFor => address(part),
            Header::Forwarded => part.split(';').find_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                name.trim()
                    .eq_ignore_ascii_case("for")
                    .then(|| address(value.trim()))?
            }),
        }
    }
}

/// An address as proxies write it: bare, quoted, in brackets, with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim_matches('"');
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None if text.matches(':').count() == 1 => text.split_once(':')?.0,
        None => text,
    };
    bare.parse().ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(header: Header, trusted: &[&str]) -> Proxies {
        let network = |text: &&str| text.parse().expect("a network");
        Proxies {
            trusted: trusted.iter().map(network).collect(),
            header,
        }
    }

    fn client(proxies: &Proxies, peer: &str, name: &'static str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, line.parse().expect("a header"));
        }
        proxies
            .client(peer.parse().expect("an address"), &headers)
            .to_string()
    }

    #[test]
    fn a_header_is_nothing_where_no_proxy_is_named_or_another_one_sends_it() {
        let none = Proxies::default();
        assert_eq!(
            client(&none, "10.0.0.1", "x-forwarded-for", &["1.2.3.4"]),
            "10.0.0.1"
        );
        let named = proxies(Header::XForwardedFor, &["10.0.0.1"]);
        assert_eq!(
            client(&named, "10.0.0.2", "x-forwarded-for", &["1.2.3.4"]),
            "10.0.0.2"
        );
        assert_eq!(
            client(&named, "10.0.0.1", "forwarded", &["for=1.2.3.4"]),
            "10.0.0.1"
        );
        assert_eq!(client(&named, "10.0.0.1", "x-forwarded-for", &[]), "10.0.0.1");
    }

    #[test]
    fn a_named_proxy_says_for_whom_and_what_the_client_itself_wrote_is_not_believed() {
        let named = proxies(Header::XForwardedFor, &["10.0.0.0/8", "fd00::/8"]);
        let say = |lines: &[&str]| client(&named, "10.0.0.1", "x-forwarded-for", lines);
        assert_eq!(say(&["1.2.3.4"]), "1.2.3.4");
        assert_eq!(
            say(&["9.9.9.9, 1.2.3.4"]),
            "1.2.3.4",
            "the first is the client's own invention"
        );
        assert_eq!(
            say(&["9.9.9.9", "1.2.3.4, 10.2.0.1"]),
            "1.2.3.4",
            "over two proxies and two lines"
        );
        assert_eq!(
            say(&["1.2.3.4, unknown"]),
            "10.0.0.1",
            "what is no address ends the chain"
        );
        assert_eq!(say(&["10.2.0.1"]), "10.2.0.1", "the whole chain is ours");
        assert_eq!(say(&["[2001:db8::7]:443"]), "2001:db8::7");
        assert_eq!(
            client(&named, "::ffff:10.0.0.1", "x-forwarded-for", &["1.2.3.4:80"]),
            "1.2.3.4"
        );
        let long = vec!["10.1.1.1"; 40].join(",");
        assert_eq!(say(&[&format!("1.2.3.4,{long}")]), "10.1.1.1");
    }

    #[test]
    fn the_header_of_the_standard_is_read_too() {
        let named = proxies(Header::Forwarded, &["10.0.0.1"]);
        let say = |line: &str| client(&named, "10.0.0.1", "forwarded", &[line]);
        assert_eq!(say("for=1.2.3.4;proto=https;by=10.0.0.1"), "1.2.3.4");
        assert_eq!(say("For=\"[2001:db8::7]:4711\""), "2001:db8::7");
        assert_eq!(say("for=9.9.9.9, proto=https;for=1.2.3.4"), "1.2.3.4");
        assert_eq!(say("for=_hidden"), "10.0.0.1");
    }

    #[test]
    fn a_network_is_told_to_its_last_bit() {
        let holds = |network: &str, address: &str| {
            let network: Network = network.parse().expect("a network");
            network.holds(address.parse().expect("an address"))
        };
        assert!(holds("10.8.0.0/23", "10.8.1.255") && !holds("10.8.0.0/23", "10.8.2.0"));
        assert!(holds("0.0.0.0/0", "9.9.9.9") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("fd00::/8", "fdff::1") && !holds("fd00::/8", "fe00::1"));
        for wrong in ["", "10.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/", "host"] {
            assert_eq!(wrong.parse::<Network>(), Err(NoNetwork(wrong.into())));
        }
    }
}
