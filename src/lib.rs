//! Wardkey: a multi-tenant SMART on FHIR authorization server.

pub mod app;
pub mod cli;
pub mod config;
pub mod control;
pub mod demo;
pub mod federation;
pub mod gateway;
pub mod interaction;
pub mod issuer;
pub mod kernel;
pub mod keys;
pub mod oauth;
pub mod observe;
pub mod outbound;
pub mod session;
pub mod smart;
pub mod store;
pub mod tenant;
pub mod web;
