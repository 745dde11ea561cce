//! User-access brands: what patients know a hospital by, and which FHIR servers belong to it (SMART App Launch 2.2,
//! "User-access Brands and Endpoints").

mod bundle;
mod document;
#[cfg(test)]
mod tests;

pub use bundle::{Publisher, bundle, entries};
pub use document::{Brand, BrandAddress, BrandEndpoint, BrandPortal, BrandsDocument, InvalidBrands};
