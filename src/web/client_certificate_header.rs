//! The header in which a proxy of ours passes on the certificate of a client: as RFC 9440, nginx or Envoy write it.

use crate::oauth::ClientCertificate;
use crate::oauth::parameters;
use axum::http::{HeaderMap, HeaderName};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The header of RFC 9440 section 2.2.
const CLIENT_CERT: HeaderName = HeaderName::from_static("client-cert");
/// The header of RFC 9440 section 2.3.
const CLIENT_CERT_CHAIN: HeaderName = HeaderName::from_static("client-cert-chain");
/// The header of Envoy.
const FORWARDED_CLIENT_CERT: HeaderName = HeaderName::from_static("x-forwarded-client-cert");
/// Marks of a certificate in PEM (RFC 7468 section 5.1).
const PEM: (&str, &str) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");

/// Which header is read. It is read from proxies of ours only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificateHeader(HeaderName);

impl ClientCertificateHeader {
    /// The header of this name: `Client-Cert` in the form of RFC 9440, `X-Forwarded-Client-Cert` in that of Envoy, any other with a
    /// percent-encoded PEM certificate, as nginx writes `$ssl_client_escaped_cert`. `None` when it is no name.
    pub fn named(name: &str) -> Option<Self> {
        HeaderName::from_bytes(name.as_bytes()).ok().map(Self)
    }

    /// The certificate in a request's headers. `None` when there is none, or none that can be read.
    pub fn read(&self, headers: &HeaderMap) -> Option<ClientCertificate> {
        let mut lines = headers.get_all(&self.0).iter();
        let line = lines.next()?.to_str().ok()?;
        if lines.next().is_some() {
            return None;
        }
        if self.0 == FORWARDED_CLIENT_CERT {
            return ClientCertificate::new(forwarded(line)?);
        }
        if self.0 != CLIENT_CERT {
            return ClientCertificate::new(vec![escaped_pem(line)?]);
        }
        let mut chain = vec![byte_sequence(line)?];
        for line in headers.get_all(CLIENT_CERT_CHAIN) {
            for item in line.to_str().ok()?.split(',') {
                chain.push(byte_sequence(item)?);
            }
        }
        ClientCertificate::new(chain)
    }
}

/// The certificate, and its chain if it was sent too, of Envoy's `key=value;key="value"`.
///
/// Each proxy on the way can add an element behind a comma, and so can a client whose own header is not removed. Which of
/// several is the client's is not to be seen, so there has to be one.
fn forwarded(line: &str) -> Option<Vec<Vec<u8>>> {
    let (mut leaf, mut chain) = (None, None);
    for (key, value) in pairs(line)? {
        let place = match key.to_ascii_lowercase().as_str() {
            "cert" => &mut leaf,
            "chain" => &mut chain,
            _ => continue,
        };
        if place.replace(value).is_some() {
            return None;
        }
    }
    let leaf = escaped_pem(&leaf?)?;
    let Some(chain) = chain else { return Some(vec![leaf]) };
    // It begins with the certificate itself.
    let chain = escaped_pems(&chain)?;
    (chain.first() == Some(&leaf)).then_some(chain)
}

/// The pairs of one element. Values that contain separators stand in quotes, in which a backslash escapes.
fn pairs(line: &str) -> Option<Vec<(String, String)>> {
    let (mut pairs, mut key, mut value) = (Vec::new(), String::new(), None::<String>);
    let mut quoted = false;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (&mut value, character) {
            (Some(value), '\\') if quoted => value.push(characters.next()?),
            (Some(_), '"') => quoted = !quoted,
            (Some(value), other) if quoted => value.push(other),
            (_, ',') => return None,
            (Some(_), ';') => pairs.push((std::mem::take(&mut key), value.take()?)),
            (None, '=') => value = Some(String::new()),
            (Some(value), other) => value.push(other),
            (None, other) => key.push(other),
        }
    }
    if quoted {
        return None;
    }
    match value {
        Some(value) => pairs.push((key, value)),
        None if key.trim().is_empty() => {}
        None => return None,
    }
    Some(pairs)
}

/// RFC 9651 section 3.3.5.
fn byte_sequence(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.trim().strip_prefix(':')?.strip_suffix(':')?).ok()
}

fn escaped_pem(text: &str) -> Option<Vec<u8>> {
    escaped_pems(text)?.into_iter().next()
}

/// One certificate or several, one behind the other.
fn escaped_pems(text: &str) -> Option<Vec<Vec<u8>>> {
    // nginx and Envoy write a blank as %20 and a plus as %2B; a plus that was left is one, and not a blank.
    let text = parameters::decode(text.replace('+', "%2B").as_bytes()).ok()?;
    let read = |rest: &str| {
        let (body, _) = rest.split_once(PEM.1)?;
        let body: String = body.split_whitespace().collect();
        STANDARD.decode(body).ok()
    };
    let found: Vec<_> = text.split(PEM.0).skip(1).map(read).collect::<Option<_>>()?;
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn read(name: &str, lines: &[(&'static str, &str)]) -> Option<ClientCertificate> {
        let mut headers = HeaderMap::new();
        for (name, line) in lines {
            headers.append(*name, HeaderValue::from_str(line).unwrap());
        }
        ClientCertificateHeader::named(name).unwrap().read(&headers)
    }

    #[test]
    fn a_certificate_and_its_chain_are_read() {
        let found = read(
            "Client-Cert",
            &[("client-cert", ":AQID:"), ("client-cert-chain", ":BAU=:, :Bg==:")],
        );
        let found = found.unwrap();
        assert_eq!(found.leaf(), [1, 2, 3]);
        assert_eq!(found.intermediates().collect::<Vec<_>>(), [&[4, 5][..], &[6][..]]);
    }

    #[test]
    fn an_escaped_pem_is_read() {
        let line = "-----BEGIN%20CERTIFICATE-----%0Avv%2F+%0A-----END%20CERTIFICATE-----%0A";
        let found = read("X-SSL-Client-Cert", &[("x-ssl-client-cert", line)]).unwrap();
        assert_eq!(found.leaf(), [0xbe, 0xff, 0xfe]);
    }

    fn envoy(line: &str) -> Option<ClientCertificate> {
        read("X-Forwarded-Client-Cert", &[("x-forwarded-client-cert", line)])
    }

    const LEAF: &str = "-----BEGIN%20CERTIFICATE-----%0AAQID%0A-----END%20CERTIFICATE-----%0A";
    const ISSUER: &str = "-----BEGIN%20CERTIFICATE-----%0ABAU%3D%0A-----END%20CERTIFICATE-----%0A";

    #[test]
    fn what_envoy_writes_is_read() {
        let told =
            format!(r#"By=spiffe://mesh/auth;Hash=00ff;Cert="{LEAF}";Subject="CN=a,O=\"B; C\"";URI=;DNS=a.test"#);
        assert_eq!(envoy(&told).unwrap().leaf(), [1, 2, 3]);
        let chained = envoy(&format!(r#"Cert="{LEAF}";Chain="{LEAF}{ISSUER}""#)).unwrap();
        assert_eq!(chained.leaf(), [1, 2, 3]);
        assert_eq!(chained.intermediates().collect::<Vec<_>>(), [&[4, 5][..]]);
    }

    #[test]
    fn of_several_elements_none_is_the_clients() {
        // A proxy that appends leaves what the client sent itself in front.
        assert_eq!(envoy(&format!(r#"Cert="{LEAF}",Cert="{ISSUER}""#)), None);
        assert_eq!(envoy(&format!(r#"Hash=00,Cert="{LEAF}""#)), None);
        assert_eq!(envoy(&format!(r#"Cert="{LEAF}";Cert="{ISSUER}""#)), None);
    }

    #[test]
    fn an_element_without_its_certificate_or_half_of_one_is_none() {
        for line in [
            String::new(),
            "Hash=00ff;Subject=\"CN=a\"".to_owned(),
            format!("Chain=\"{LEAF}\""),
            format!("Cert=\"{LEAF}"),
            format!("Cert=\"{LEAF}\";Chain=\"{ISSUER}{LEAF}\""),
            "Cert=\"-----BEGIN%20CERTIFICATE-----\"".to_owned(),
            format!("Cert=\"{LEAF}\";x"),
        ] {
            assert_eq!(envoy(&line), None, "{line}");
        }
    }

    #[test]
    fn what_is_unclear_is_no_certificate() {
        assert_eq!(read("Client-Cert", &[]), None);
        assert_eq!(read("Client-Cert", &[("client-cert", "AQID")]), None);
        assert_eq!(
            read("Client-Cert", &[("client-cert", ":AQID:"), ("client-cert", ":AQID:")]),
            None
        );
        assert_eq!(
            read("Client-Cert", &[("client-cert", ":AQID:"), ("client-cert-chain", "x")]),
            None
        );
        assert_eq!(read("X-Cert", &[("x-cert", "-----BEGIN%20CERTIFICATE-----")]), None);
    }
}
