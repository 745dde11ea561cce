//! The sections of the configuration.

use super::section::section;
use ipnet::IpNet;
use std::net::IpAddr;

section! {
    /// Where the server listens and what it is called from outside.
    Server as "server" {
        /// The address and port that requests arrive at. TLS ends in front of it.
        listen: String as "address" = "127.0.0.1:8080".to_owned();
        /// The public base URL: scheme, host and port. Issuers are `<public_url>/<tenant>/auth` and never change.
        public_url: String as "URL" = "http://localhost:8080".to_owned();
        /// The address of the Prometheus metrics, on a listener of their own. Empty: no metrics.
        metrics_listen: String as "address" = String::new();
        /// Addresses or networks of proxies of your own, with commas between: `10.0.0.0/8, fd00::5`. What they say in
        /// `X-Forwarded-For` about where a request comes from is believed; nobody else's word is.
        trusted_proxies: String as "networks" = String::new();
        /// The header in which those proxies pass on a client's certificate: `Client-Cert` in the form of RFC 9440,
        /// `X-Forwarded-Client-Cert` in that of Envoy, any other name with a percent-encoded PEM certificate. Empty: none is read.
        client_certificate_header: String as "header" = String::new();
        /// The address and port of a listener with TLS of its own, for clients that have certificates (RFC 8705). Empty: none.
        mtls_listen: String as "address" = String::new();
        /// The certificate of that listener, with those up to its authority, in PEM.
        mtls_certificate_file: String as "path" = String::new();
        /// The private key of that certificate, in PEM.
        mtls_key_file: String as "path" = String::new();
        /// Where clients that have certificates connect, as metadata say it: scheme, host and port. Empty: nowhere.
        mtls_public_url: String as "URL" = String::new();
        /// Seconds in which the header of a request has to arrive, from its first byte.
        header_timeout: u64 as "seconds" = 10;
        /// Seconds that a connection may be idle between two requests. Longer than the proxy in front keeps connections.
        idle_timeout: u64 as "seconds" = 75;
        /// Seconds that may pass between two pieces of a request's body.
        body_timeout: u64 as "seconds" = 10;
        /// Seconds in which a client has to take something of an answer.
        write_timeout: u64 as "seconds" = 20;
        /// Connections at once; further ones wait.
        max_connections: u32 as "number" = 10_000;
        /// Allows a public URL with plain http, and connections to identity providers on loopback. For development only.
        allow_insecure_development: bool as "boolean" = false;
    }
}

impl Server {
    /// The networks of `trusted_proxies`; an error is the entry that is none.
    pub fn trusted_networks(&self) -> Result<Vec<IpNet>, String> {
        let entries = self.trusted_proxies.split(',').map(str::trim);
        let read = |entry: &str| {
            let network = entry.parse::<IpNet>().ok();
            let address = || entry.parse::<IpAddr>().ok().map(IpNet::from);
            network.or_else(address).ok_or_else(|| entry.to_owned())
        };
        entries.filter(|entry| !entry.is_empty()).map(read).collect()
    }
}

section! {
    /// Where data is kept.
    Database as "database" {
        /// The registry of tenants: `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`.
        control: String as "database URL" = "sqlite:data/control.db".to_owned();
        /// A file with the URL of the registry, for a URL with a password. Takes precedence over `control`.
        control_file: String as "path" = String::new();
        /// The database that tenants share. On PostgreSQL it may be the one of the registry.
        shared: String as "database URL" = "sqlite:data/tenants.db".to_owned();
        /// A file with the URL of the shared database. Takes precedence over `shared`.
        shared_file: String as "path" = String::new();
        /// The folder for the SQLite files of tenants with a database of their own.
        dedicated_folder: String as "path" = "data/tenants".to_owned();
        /// Connections per shared PostgreSQL database.
        max_connections: u32 as "number" = 20;
        /// Databases of dedicated tenants that are open at once. Each SQLite file takes up to 7 descriptors.
        dedicated_max_open: u64 as "number" = 256;
        /// Seconds without use after which the database of a dedicated tenant is closed.
        dedicated_close_after_idle: u64 as "seconds" = 1800;
        /// Connections per database of a dedicated tenant on PostgreSQL.
        dedicated_connections: u32 as "number" = 4;
    }
}

section! {
    /// The key that wraps every tenant's data keys.
    Keys as "keys" {
        /// The file with the master key. Created at the first start, readable by its owner only; back it up. Not used when
        /// the environment variable `WARDKEY_MASTER_KEY` is set.
        master_key_file: String as "path" = "data/master.key".to_owned();
    }
}

section! {
    /// Hashing of local accounts' passwords (Argon2id).
    Passwords as "passwords" {
        /// Memory per hash in KiB.
        memory_kib: u32 as "KiB" = 19 * 1024;
        /// Passes over the memory.
        iterations: u32 as "number" = 2;
        /// Passwords checked at the same time. 0: one per core.
        workers: usize as "number" = 0;
    }
}

section! {
    /// The mail server for invitations and password resets. Without `host` no mail is sent.
    Mail as "mail" {
        /// The name of the SMTP server.
        host: String as "name" = String::new();
        /// Its port.
        port: u16 as "number" = 587;
        /// `starttls` (port 587), `tls` (port 465), or `none` for a server on this machine, in development only.
        security: String as "word" = "starttls".to_owned();
        /// The user name at the server. Empty: none is wanted.
        username: String as "text" = String::new();
        /// A file with the password at the server.
        password_file: String as "path" = String::new();
        /// The address that mail comes from where a tenant names none.
        sender: String as "address" = String::new();
    }
}

section! {
    /// What is logged, and how. Logs never hold names, claims, patient identifiers or query strings.
    Log as "log" {
        /// `json` for machines, `text` for people.
        format: String as "word" = "json".to_owned();
        /// The level, or a filter such as `info,wardkey=debug`.
        filter: String as "filter" = "info".to_owned();
    }
}
