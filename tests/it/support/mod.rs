//! The tools of the test files: other people's servers, databases, a browser, and conveniences over the router.
#![allow(dead_code, reason = "a toolbox: not every tool is in use at every moment")]

pub mod absent;
pub mod admin;
pub mod app;
pub mod backend;
pub mod browser;
pub mod certificates;
pub mod console;
pub mod database;
pub mod demo;
pub mod dpop;
pub mod english;
pub mod fhir_server;
pub mod guarded;
pub mod html_form;
pub mod http;
pub mod http_browser;
pub mod inferno;
pub mod local_account;
pub mod loopback;
pub mod node_peer;
pub mod openid_suite;
pub mod postgres;
pub mod python_peer;
pub mod refusal_codes;
pub mod saml_idp;
pub mod saml_peers;
pub mod saml_sign_in;
pub mod smtp_peer;
pub mod source;
