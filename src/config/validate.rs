//! Settings that cannot work, or are not safe: the start is refused with a sentence.

use super::Config;
use axum::http::HeaderName;
use std::net::SocketAddr;
use thiserror::Error;
use tracing_subscriber::EnvFilter;
use url::Url;

/// Why the server does not start with these settings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unsafe {
    /// Tokens and cookies would travel unencrypted.
    #[error(
        "server.public_url is {0}, without TLS: passwords, cookies and tokens could be read on the way. Use https, or set \
         server.allow_insecure_development for a machine of your own"
    )]
    PlainHttp(String),
    /// Not an origin.
    #[error("server.public_url is not scheme, host and port, such as https://auth.example.org: {0}")]
    PublicUrl(String),
    /// Not an address.
    #[error("{0} is not an address and port, such as 127.0.0.1:8080")]
    Address(&'static str),
    /// Not a network.
    #[error("server.trusted_proxies: {0} is neither an address nor a network such as 10.0.0.0/8")]
    Network(String),
    /// Anybody could send it.
    #[error("server.client_certificate_header needs the name of a header, and server.trusted_proxies that set it")]
    CertificateHeader,
    /// Nothing could run.
    #[error("{0} must be at least 1")]
    Zero(&'static str),
    /// Not a filter.
    #[error("log.filter is neither a level nor a filter such as info,wardkey=debug: {0}")]
    LogFilter(String),
    /// Mail could not be sent, or would be sent unprotected.
    #[error("mail.{0}")]
    Mail(&'static str),
    /// Unknown format.
    #[error("log.format is json or text")]
    LogFormat,
}

impl Config {
    /// Checks every setting.
    pub fn validate(&self) -> Result<(), Unsafe> {
        let url = &self.server.public_url;
        let parsed = Url::parse(url).map_err(|_| Unsafe::PublicUrl(url.clone()))?;
        let origin = parsed.path() == "/" && parsed.query().is_none() && parsed.fragment().is_none();
        if !origin || !matches!(parsed.scheme(), "http" | "https") {
            return Err(Unsafe::PublicUrl(url.clone()));
        }
        if parsed.scheme() == "http" && !self.server.allow_insecure_development {
            return Err(Unsafe::PlainHttp(url.clone()));
        }
        self.server
            .listen
            .parse::<SocketAddr>()
            .map_err(|_| Unsafe::Address("server.listen"))?;
        if !self.server.metrics_listen.is_empty() {
            self.server
                .metrics_listen
                .parse::<SocketAddr>()
                .map_err(|_| Unsafe::Address("server.metrics_listen"))?;
        }
        if !matches!(self.log.format.as_str(), "json" | "text") {
            return Err(Unsafe::LogFormat);
        }
        EnvFilter::try_new(&self.log.filter).map_err(|error| Unsafe::LogFilter(error.to_string()))?;
        if !self.server.mtls_listen.is_empty() {
            self.server
                .mtls_listen
                .parse::<SocketAddr>()
                .map_err(|_| Unsafe::Address("server.mtls_listen"))?;
        }
        let header = &self.server.client_certificate_header;
        if !header.is_empty()
            && (HeaderName::from_bytes(header.as_bytes()).is_err() || self.server.trusted_proxies.is_empty())
        {
            return Err(Unsafe::CertificateHeader);
        }
        self.validate_mail()?;
        self.server.trusted_networks().map_err(Unsafe::Network)?;
        let (database, server) = (&self.database, &self.server);
        for (key, value) in [
            ("server.header_timeout", server.header_timeout),
            ("server.idle_timeout", server.idle_timeout),
            ("server.body_timeout", server.body_timeout),
            ("server.write_timeout", server.write_timeout),
            ("server.max_connections", u64::from(server.max_connections)),
            ("database.max_connections", u64::from(database.max_connections)),
            ("database.dedicated_max_open", database.dedicated_max_open),
            (
                "database.dedicated_connections",
                u64::from(database.dedicated_connections),
            ),
            ("passwords.memory_kib", u64::from(self.passwords.memory_kib)),
            ("passwords.iterations", u64::from(self.passwords.iterations)),
        ] {
            if value == 0 {
                return Err(Unsafe::Zero(key));
            }
        }
        Ok(())
    }

    fn validate_mail(&self) -> Result<(), Unsafe> {
        let mail = &self.mail;
        if mail.host.is_empty() {
            return Ok(());
        }
        if !matches!(mail.security.as_str(), "starttls" | "tls" | "none") {
            return Err(Unsafe::Mail("security is starttls, tls or none"));
        }
        if mail.security == "none" && !self.server.allow_insecure_development {
            return Err(Unsafe::Mail(
                "security is none: links that choose passwords could be read on the way. Use starttls or tls",
            ));
        }
        if mail.sender.is_empty() {
            return Err(Unsafe::Mail("sender is empty: name the address that mail comes from"));
        }
        if mail.username.is_empty() != mail.password_file.is_empty() {
            return Err(Unsafe::Mail("username and mail.password_file go together"));
        }
        Ok(())
    }
}
