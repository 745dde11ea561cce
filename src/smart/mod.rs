//! The rules of SMART App Launch 2.2, pure: scopes, launch context, FHIR bases, `fhirUser`, discovery, and scopes in plain words.

pub mod authorization_details;
pub mod brands;
pub mod categories;
pub mod choices;
pub mod configuration;
pub mod fhir_base;
pub mod fhir_user;
pub mod launch_context;
pub mod reference;
pub mod scope;
pub mod search_restriction;
pub mod words;

pub use authorization_details::AuthorizationDetails;
pub use configuration::{Addresses, Capability, Offer, SmartConfiguration};
pub use fhir_base::FhirBase;
pub use fhir_user::FhirUser;
pub use launch_context::LaunchContext;
pub use reference::{FhirId, Reference, TypeName};
pub use scope::{Narrowing, Reason, Scope, ScopeSet};
pub use search_restriction::SearchRestriction;
pub use words::Language;
