//! From which address a request comes: the peer's, unless the peer is a proxy of ours, whose word counts then.

use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// The header in which proxies tell where a request came from.
const FORWARDED_FOR: &str = "x-forwarded-for";
/// Most hops that are looked at.
const MOST_HOPS: usize = 32;

/// The other end of the connection. Put into the request's extensions by the server that accepted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddress(pub SocketAddr);

/// The address a request comes from, as far as it can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// What stands for the address in a budget. Whoever has one IPv6 address has the 2^64 beside it, so those count as one.
    pub fn subject(self) -> Vec<u8> {
        match self.0 {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().into_iter().take(8).collect(),
        }
    }
}

/// The addresses of our own proxies. Empty: there is none, and no header is believed.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl TrustedProxies {
    /// The proxies in these networks.
    pub fn new(networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self(networks.into_iter().collect())
    }

    /// Whether `address` is a proxy of ours.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = plain(address);
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether the peer of a request is a proxy of ours.
    pub fn vouch_for(&self, extensions: &Extensions) -> bool {
        extensions
            .get::<PeerAddress>()
            .is_some_and(|peer| self.contains(peer.0.ip()))
    }

    /// The address a request comes from: the last in `X-Forwarded-For` that is no proxy of ours, read from the nearest hop
    /// outward, and only as far as our own proxies wrote it. `None` for a request that came over no connection.
    pub fn client_address(&self, extensions: &Extensions, headers: &HeaderMap) -> Option<ClientAddress> {
        let PeerAddress(peer) = extensions.get::<PeerAddress>()?;
        let mut address = plain(peer.ip());
        let lines: Vec<&str> = headers
            .get_all(FORWARDED_FOR)
            .iter()
            .map(|value| value.to_str().unwrap_or_default())
            .collect();
        let hops = lines.iter().rev().flat_map(|line| line.rsplit(',')).take(MOST_HOPS);
        for hop in hops {
            if !self.contains(address) {
                break;
            }
            // What cannot be read was not written by a proxy of ours.
            let Some(next) = read_hop(hop.trim()) else { break };
            address = plain(next);
        }
        Some(ClientAddress(address))
    }
}

/// An address as proxies write it: bare, with a port, or an IPv6 address in brackets.
fn read_hop(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Some(bare) = bare {
        return bare.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    text.parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// An IPv4 address that came to an IPv6 socket is an IPv4 address.
fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn seen(peer: &str, forwarded: &[&str]) -> String {
        let proxies = TrustedProxies::new(["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        let mut extensions = Extensions::new();
        extensions.insert(PeerAddress(SocketAddr::new(peer.parse().unwrap(), 443)));
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        proxies.client_address(&extensions, &headers).unwrap().0.to_string()
    }

    #[test]
    fn the_word_of_a_stranger_about_where_it_comes_from_does_not_count() {
        assert_eq!(seen("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
    }

    #[test]
    fn a_proxy_of_ours_says_where_a_request_comes_from() {
        assert_eq!(seen("10.1.2.3", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("::ffff:10.1.2.3", &["198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(seen("fd00::1", &["[2001:db8::7]"]), "2001:db8::7");
    }

    #[test]
    fn what_the_client_wrote_before_our_first_proxy_does_not_count() {
        assert_eq!(seen("10.1.2.3", &["127.0.0.1, 198.51.100.1, 10.9.9.9"]), "198.51.100.1");
        assert_eq!(seen("10.1.2.3", &["127.0.0.1", "198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn without_a_readable_hop_it_is_the_proxy_itself() {
        assert_eq!(seen("10.1.2.3", &[]), "10.1.2.3");
        assert_eq!(seen("10.1.2.3", &["unknown"]), "10.1.2.3");
        assert_eq!(seen("10.1.2.3", &["198.51.100.1, _hidden"]), "10.1.2.3");
    }

    #[test]
    fn without_proxies_no_header_is_read() {
        let mut extensions = Extensions::new();
        extensions.insert(PeerAddress("127.0.0.1:1".parse().unwrap()));
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED_FOR, HeaderValue::from_static("198.51.100.1"));
        let address = TrustedProxies::default().client_address(&extensions, &headers);
        assert_eq!(address, Some(ClientAddress("127.0.0.1".parse().unwrap())));
        assert_eq!(
            TrustedProxies::default().client_address(&Extensions::new(), &headers),
            None
        );
    }

    #[test]
    fn one_network_of_ipv6_counts_as_one() {
        let subject = |text: &str| ClientAddress(text.parse().unwrap()).subject();
        assert_eq!(subject("2001:db8::1"), subject("2001:db8::ffff:2"));
        assert_ne!(subject("2001:db8::1"), subject("2001:db8:0:1::1"));
        assert_ne!(subject("192.0.2.1"), subject("192.0.2.2"));
    }
}
