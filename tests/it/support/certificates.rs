//! Certificates of clients and their authorities, and a listener that asks for them.

use super::app::TestApp;
use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType,
};
use tokio::task::JoinHandle;
use wardkey::kernel::Sha256Hash;
use wardkey::oauth::ClientCertificate;
use wardkey::server::{ServerLimits, Tls, serve_tls};

/// RFC 7468 section 2.
pub fn pem(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}

/// A certificate authority.
pub struct Authority(pub CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// With a new key.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        pem("CERTIFICATE", self.0.der())
    }

    /// A certificate for the lab as DER and PEM, and its key.
    pub fn issue(&self) -> (Vec<u8>, String, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let certificate = lab().signed_by(&key, &self.0).unwrap();
        (certificate.der().to_vec(), pem("CERTIFICATE", certificate.der()), key)
    }
}

/// What certificates of the lab say.
pub fn lab() -> CertificateParams {
    let mut params = CertificateParams::new(vec!["lab.northside.test".to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::OrganizationName, "Northside Lab");
    params.distinguished_name.push(DnType::CommonName, "lab.northside.test");
    params.subject_alt_names.extend([
        SanType::URI("https://lab.northside.test/id".try_into().unwrap()),
        SanType::Rfc822Name("lab@northside.test".try_into().unwrap()),
        SanType::IpAddress("192.0.2.7".parse().unwrap()),
    ]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2090, 1, 1);
    params
}

/// The request as it comes over a connection with this certificate.
pub fn with(certificate: &[u8], mut request: Request<Body>) -> Request<Body> {
    let certificate = ClientCertificate::new(vec![certificate.to_vec()]).unwrap();
    request.extensions_mut().insert(certificate);
    request
}

/// `x5t#S256` (RFC 8705 section 3.1).
pub fn thumbprint(certificate: &[u8]) -> String {
    Sha256Hash::of(certificate).to_base64url()
}

/// The server on a listener with TLS that asks for certificates.
pub struct MutualTls {
    /// Its address.
    pub base: String,
    certificate: Vec<u8>,
    serving: JoinHandle<()>,
}

impl MutualTls {
    /// Begins to serve.
    pub async fn serve(app: &TestApp) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let tls = Tls::new(
            vec![certificate.der().clone()],
            rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let (router, limits) = (app.router.clone(), ServerLimits::default());
        let serving = tokio::spawn(async move {
            serve_tls(listener, tls, router, limits, std::future::pending()).await;
        });
        Self {
            base,
            certificate: certificate.der().to_vec(),
            serving,
        }
    }

    /// A client, with a certificate and its key if it has them.
    pub fn client(&self, identity: Option<(&str, &KeyPair)>) -> reqwest::Client {
        let builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .add_root_certificate(reqwest::Certificate::from_der(&self.certificate).unwrap());
        let builder = match identity {
            Some((certificate, key)) => {
                let text = format!("{certificate}{}", pem("PRIVATE KEY", &key.serialize_der()));
                builder.identity(reqwest::Identity::from_pem(text.as_bytes()).unwrap())
            }
            None => builder,
        };
        builder.build().unwrap()
    }
}

impl Drop for MutualTls {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
