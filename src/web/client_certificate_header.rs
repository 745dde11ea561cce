//! The header in which a proxy of ours passes on the certificate of a client (RFC 9440).

use crate::oauth::ClientCertificate;
use crate::oauth::parameters;
use axum::http::{HeaderMap, HeaderName};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The header of RFC 9440 section 2.2.
const CLIENT_CERT: HeaderName = HeaderName::from_static("client-cert");
/// The header of RFC 9440 section 2.3.
const CLIENT_CERT_CHAIN: HeaderName = HeaderName::from_static("client-cert-chain");
/// Marks of a certificate in PEM (RFC 7468 section 5.1).
const PEM: (&str, &str) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");

/// Which header is read. It is read from proxies of ours only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificateHeader(HeaderName);

impl ClientCertificateHeader {
    /// The header of this name: `Client-Cert` in the form of RFC 9440, any other with a percent-encoded PEM certificate, as nginx
    /// writes `$ssl_client_escaped_cert`. `None` when it is no name.
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

/// RFC 9651 section 3.3.5.
fn byte_sequence(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.trim().strip_prefix(':')?.strip_suffix(':')?).ok()
}

fn escaped_pem(text: &str) -> Option<Vec<u8>> {
    // nginx writes a blank as %20 and a plus as %2B; a plus that was left is one, and not a blank.
    let text = parameters::decode(text.replace('+', "%2B").as_bytes()).ok()?;
    let (_, rest) = text.split_once(PEM.0)?;
    let (body, _) = rest.split_once(PEM.1)?;
    let body: String = body.split_whitespace().collect();
    STANDARD.decode(body).ok()
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
