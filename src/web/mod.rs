//! What people see: pages, their words in every language, a tenant's look, and the browser rules around them
//! (cookies, anti-forgery tokens, security headers, static files).
//!
//! A handler builds one struct of [`pages`], wraps it in an [`HtmlPage`] and returns it. The struct's fields are what the
//! page needs; a page that posts cannot be built without a [`Csrf`].

pub mod administration;
pub mod branding;
pub mod chrome;
pub mod client_address;
pub mod client_certificate_header;
pub mod cookies;
pub mod csrf;
pub mod dates;
pub mod href;
pub mod html_page;
pub mod language;
pub mod letters;
pub mod pages;
pub mod request_body;
pub mod route_table;
pub mod security_headers;
pub mod short_codes;
pub mod static_files;

pub use chrome::{AppLook, Chrome, TenantLook};
pub use client_address::{ClientAddress, PeerAddress, TrustedProxies};
pub use client_certificate_header::ClientCertificateHeader;
pub use csrf::Csrf;
pub use href::Href;
pub use html_page::{HtmlPage, Page};
pub use language::Language;
pub use security_headers::{CspSource, Opener, PagePolicy};
