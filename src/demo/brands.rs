//! What the hospitals publish of themselves.

use super::world::Hospital;
use crate::smart::brands::{Brand, BrandAddress, BrandPortal, BrandsDocument};
use crate::smart::configuration::BrandIdentifier;

/// A brand with a portal, for the hospital's one FHIR server. The logo is that of its pages.
pub(super) fn of(hospital: &Hospital) -> BrandsDocument {
    let site = format!("https://{}.example", hospital.slug);
    let brand = Brand {
        id: hospital.slug.to_owned(),
        name: hospital.name.to_owned(),
        website: site.clone(),
        identifiers: vec![BrandIdentifier {
            system: Some("urn:ietf:rfc:3986".to_owned()),
            value: site.clone(),
        }],
        types: vec!["prov".to_owned()],
        addresses: vec![BrandAddress {
            city: Some("Springfield".to_owned()),
            country: "US".to_owned(),
            ..BrandAddress::default()
        }],
        portals: vec![BrandPortal {
            name: format!("My {}", hospital.name),
            url: format!("{site}/portal"),
            endpoints: vec!["fhir".to_owned()],
            ..BrandPortal::default()
        }],
        ..Brand::default()
    };
    BrandsDocument {
        developer_url: Some(format!("{site}/developers")),
        brands: vec![brand],
        endpoints: Vec::new(),
    }
}
