//! Which addresses may be contacted: public unicast only.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use thiserror::Error;

/// Why name resolution gave no address to connect to.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(super) enum AddressRefused {
    #[error("the name resolves to a private, local or reserved address")]
    Forbidden,
    #[error("the name does not resolve")]
    Unresolvable,
}

/// Whether `name` means this machine (RFC 6761 section 6.3).
pub(super) fn is_loopback_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

/// Whether `address` is this machine, also when it is written as an IPv4-mapped IPv6 address.
pub(super) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// Whether `address` may be contacted: public unicast, or loopback where that is allowed.
pub(super) fn is_allowed(address: IpAddr, allow_loopback: bool) -> bool {
    match address.to_canonical() {
        canonical if canonical.is_loopback() => allow_loopback,
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// The special-purpose registry of RFC 6890 and its successors, plus one cloud provider's host agent.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, d] = address.octets();
    let special = match a {
        0 | 10 | 127 | 224.. => true, // this network, private use, loopback; multicast, reserved, broadcast
        100 => (64..128).contains(&b), // shared address space (RFC 6598): carrier-grade NAT
        168 => (b, c, d) == (63, 129, 16), // Azure's host agent, reachable from every guest
        169 => b == 254,              // link-local, and with it the clouds' metadata services
        172 => (16..32).contains(&b), // private use
        192 => matches!((b, c), (0, 0 | 2) | (88, 99) | (168, _)), // protocol assignments, documentation, 6to4, private
        198 => matches!(b, 18 | 19) || (b, c) == (51, 100), // benchmarking, documentation
        203 => (b, c) == (0, 113),    // documentation
        _ => false,
    };
    !special
}

/// Only global unicast (2000::/3) without its special-purpose blocks; NAT64 counts as the IPv4 address inside.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [s0, s1, s2, s3, s4, s5, high, low] = address.segments();
    if [s0, s1, s2, s3, s4, s5] == [0x64, 0xff9b, 0, 0, 0, 0] {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        return is_public_v4(Ipv4Addr::new(a, b, c, d)); // RFC 6052: how an IPv6-only network reaches IPv4
    }
    let global_unicast = s0 & 0xe000 == 0x2000;
    let special = (s0 == 0x2001 && (s1 < 0x200 || s1 == 0xdb8)) // RFC 2928 (Teredo among them), RFC 3849
        || s0 == 0x2002 // 6to4 (RFC 3056): an IPv4 address, possibly a private one, in disguise
        || (s0 == 0x3fff && s1 < 0x1000); // documentation (RFC 9637)
    global_unicast && !special
}

/// Resolves names and refuses those with any forbidden address.
///
/// The connection is made to exactly the addresses returned here, so a name that resolves differently a moment later
/// (DNS rebinding) gains nothing. One forbidden address refuses the whole name: a mixture is never innocent.
#[derive(Clone, Copy, Debug)]
pub(super) struct GuardedResolver {
    pub(super) allow_loopback: bool,
}

/// The filter behind [`GuardedResolver`], apart from the name server.
pub(super) fn check_resolved(addresses: &[SocketAddr], allow_loopback: bool) -> Result<(), AddressRefused> {
    if addresses.is_empty() {
        return Err(AddressRefused::Unresolvable);
    }
    let all_allowed = addresses.iter().all(|address| is_allowed(address.ip(), allow_loopback));
    if all_allowed {
        Ok(())
    } else {
        Err(AddressRefused::Forbidden)
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_loopback = self.allow_loopback;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0))
                .await
                .map_err(|_| AddressRefused::Unresolvable)?;
            let addresses: Vec<SocketAddr> = found.collect();
            check_resolved(&addresses, allow_loopback)?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(text: &str) -> bool {
        !is_allowed(text.parse().unwrap(), false)
    }

    #[test]
    fn every_special_purpose_ipv4_range_is_refused() {
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
        ] {
            assert!(refused(text), "{text}");
        }
    }

    #[test]
    fn every_special_purpose_ipv6_range_is_refused() {
        for text in [
            "::",
            "::1",
            "::7f00:1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
        ] {
            assert!(refused(text), "{text}");
        }
    }

    #[test]
    fn neighbours_of_the_special_ranges_are_public() {
        for text in [
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "8.8.8.8",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "64:ff9b::808:808",
        ] {
            assert!(!refused(text), "{text}");
        }
    }

    #[test]
    fn loopback_is_reachable_only_by_the_switch() {
        for text in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(!is_allowed(text.parse().unwrap(), false), "{text}");
            assert!(is_allowed(text.parse().unwrap(), true), "{text}");
        }
        assert!(
            !is_allowed("10.0.0.1".parse().unwrap(), true),
            "the switch opens loopback and nothing else"
        );
    }

    #[test]
    fn one_private_address_among_public_ones_refuses_the_name() {
        let mixed = ["8.8.8.8:0".parse().unwrap(), "10.0.0.1:0".parse().unwrap()];
        assert_eq!(check_resolved(&mixed, false), Err(AddressRefused::Forbidden));
        assert_eq!(check_resolved(&mixed[..1], false), Ok(()));
        assert_eq!(check_resolved(&[], false), Err(AddressRefused::Unresolvable));
    }

    proptest! {
        #[test]
        fn an_ipv4_mapped_address_is_judged_as_the_ipv4_address(bits: u32) {
            let v4 = Ipv4Addr::from(bits);
            prop_assert_eq!(is_allowed(v4.into(), false), is_allowed(v4.to_ipv6_mapped().into(), false));
        }

        #[test]
        fn what_the_standard_library_calls_private_is_refused(bits: u32) {
            let v4 = Ipv4Addr::from(bits);
            let local = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
                || v4.is_broadcast() || v4.is_unspecified() || v4.is_documentation();
            prop_assert!(!(local && is_allowed(v4.into(), false)));
        }
    }
}
