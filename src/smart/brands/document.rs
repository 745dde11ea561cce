//! A tenant's brands as its administrators write them, and the rules they have to keep.

use crate::smart::FhirBase;
use crate::smart::configuration::BrandIdentifier;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use thiserror::Error;
use url::Url;

/// Most brands of one tenant.
const MOST_BRANDS: usize = 500;
/// Longest text of any member, in characters.
const TEXT_LIMIT: usize = 2000;
/// Longest logo inside of the document, in bytes of its `data:` address.
const DATA_LIMIT: usize = 64 * 1024;
/// The namespace of identifiers that are addresses.
const URI_SYSTEM: &str = "urn:ietf:rfc:3986";
/// Kinds of organisation (SMART App Launch 2.2, "User-access Brands", `Organization.type`).
const TYPES: [&str; 7] = [
    "prov",
    "ins",
    "laboratory",
    "imaging",
    "pharmacy",
    "health-information-network",
    "health-data-aggregator",
];

/// Everything that a tenant publishes of itself. Without brands it publishes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrandsDocument {
    /// Where developers find help, for endpoints that name nothing of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub developer_url: Option<String>,
    /// The brands; the first is the primary one.
    pub brands: Vec<Brand>,
    /// The FHIR servers. Empty means: all of the tenant's, with FHIR R4.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<BrandEndpoint>,
}

/// What people know an organisation by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brand {
    /// The name inside of this document: a-z, 0-9 and hyphens.
    pub id: String,
    /// The name that people know.
    pub name: String,
    /// The public site.
    pub website: String,
    /// Identifiers; a primary brand has one at least.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<BrandIdentifier>,
    /// Other names that people search for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Kinds of organisation, such as `prov`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<BrandAddress>,
    /// The `id` of the brand that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<String>,
    /// Logos: https or data addresses. Without one, the logo of the tenant's pages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logos: Vec<String>,
    /// On what terms the logos may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_license: Option<String>,
    /// Where people sign in to see their data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub portals: Vec<BrandPortal>,
    /// The `id`s of its endpoints. Empty means: those of the brand that it belongs to, or all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<String>,
}

/// An address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrandAddress {
    /// Street and the like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub line: Vec<String>,
    /// City.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State or region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Country, ISO 3166.
    pub country: String,
}

/// A patient portal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrandPortal {
    /// Its name.
    pub name: String,
    /// What people do there, in Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its address.
    pub url: String,
    /// Logos: https or data addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logos: Vec<String>,
    /// On what terms the logos may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_license: Option<String>,
    /// The `id`s of the endpoints with the same data; each is one of the brand's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<String>,
}

/// A FHIR server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrandEndpoint {
    /// The name inside of this document: a-z, 0-9 and hyphens.
    pub id: String,
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The FHIR base; one of the tenant's.
    pub address: FhirBase,
    /// FHIR versions, such as `4.0.1`.
    #[serde(default = "r4")]
    pub fhir_versions: Vec<String>,
    /// Where developers find help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub developer_url: Option<String>,
}

fn r4() -> Vec<String> {
    vec!["4.0.1".to_owned()]
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{member}: {problem}")]
pub struct InvalidBrands {
    /// The member, as in `brands[1].portals[0].url`.
    pub member: String,
    /// What is wrong with it and what to do.
    pub problem: String,
}

type Checked = Result<(), InvalidBrands>;

fn fault(member: impl Into<String>, problem: impl Into<String>) -> InvalidBrands {
    InvalidBrands {
        member: member.into(),
        problem: problem.into(),
    }
}

impl BrandsDocument {
    /// Fills in what was left out, and checks the whole. `bases` are the tenant's FHIR servers: a tenant speaks for no other.
    /// `logo` is the one of its pages.
    pub fn complete(mut self, bases: &[FhirBase], logo: Option<&str>) -> Result<Self, InvalidBrands> {
        if self.brands.is_empty() {
            return Ok(Self::default());
        }
        if self.endpoints.is_empty() {
            self.endpoints = bases.iter().enumerate().map(default_endpoint).collect();
        }
        for endpoint in &mut self.endpoints {
            if endpoint.developer_url.is_none() {
                endpoint.developer_url.clone_from(&self.developer_url);
            }
        }
        let all: Vec<String> = self.endpoints.iter().map(|endpoint| endpoint.id.clone()).collect();
        let parents: Vec<(String, Vec<String>)> = self
            .brands
            .iter()
            .map(|brand| (brand.id.clone(), brand.endpoints.clone()))
            .collect();
        for brand in &mut self.brands {
            if brand.endpoints.is_empty() {
                let parent = parents.iter().find(|(id, _)| brand.part_of.as_ref() == Some(id));
                brand.endpoints = parent
                    .map(|(_, endpoints)| endpoints.clone())
                    .filter(|endpoints| !endpoints.is_empty())
                    .unwrap_or_else(|| all.clone());
            }
            if brand.logos.is_empty() {
                brand.logos.extend(logo.map(str::to_owned));
            }
        }
        self.check(bases)?;
        Ok(self)
    }

    /// The identifier of the brand of a FHIR server (SMART App Launch 2.2, `user_access_brand_identifier`): `wanted`, if it is
    /// here, else that of the first brand with this endpoint.
    pub fn identifier_for(&self, base: &FhirBase, wanted: Option<&BrandIdentifier>) -> Option<&BrandIdentifier> {
        let all = || self.brands.iter().flat_map(|brand| &brand.identifiers);
        let has = |brand: &&Brand| {
            let own = |endpoint: &&BrandEndpoint| brand.endpoints.contains(&endpoint.id) && endpoint.address == *base;
            self.endpoints.iter().find(own).is_some() && !brand.identifiers.is_empty()
        };
        wanted
            .and_then(|wanted| all().find(|identifier| *identifier == wanted))
            .or_else(|| self.brands.iter().find(has).and_then(|brand| brand.identifiers.first()))
            .or_else(|| all().next())
    }

    fn check(&self, bases: &[FhirBase]) -> Checked {
        if self.brands.len() > MOST_BRANDS {
            return Err(fault("brands", format!("has more than {MOST_BRANDS} entries")));
        }
        check_ids("brands", self.brands.iter().map(|brand| brand.id.as_str()))?;
        check_ids("endpoints", self.endpoints.iter().map(|endpoint| endpoint.id.as_str()))?;
        for (position, endpoint) in self.endpoints.iter().enumerate() {
            endpoint.check(&format!("endpoints[{position}]"), bases)?;
            // A list of endpoints without the name of whose they are helps nobody.
            if !self.brands.iter().any(|brand| brand.endpoints.contains(&endpoint.id)) {
                return Err(fault(
                    format!("endpoints[{position}]"),
                    "belongs to no brand; name it in the endpoints of one",
                ));
            }
        }
        let mut identifiers = BTreeSet::new();
        for (position, brand) in self.brands.iter().enumerate() {
            let at = format!("brands[{position}]");
            brand.check(&at, self)?;
            for identifier in &brand.identifiers {
                if !identifiers.insert((&identifier.system, &identifier.value)) {
                    return Err(fault(
                        format!("{at}.identifiers"),
                        format!("{} is used twice; an identifier means one brand", identifier.value),
                    ));
                }
            }
        }
        Ok(())
    }
}

fn default_endpoint((position, base): (usize, &FhirBase)) -> BrandEndpoint {
    BrandEndpoint {
        id: if position == 0 {
            "fhir".to_owned()
        } else {
            format!("fhir-{}", position + 1)
        },
        name: None,
        address: base.clone(),
        fhir_versions: r4(),
        developer_url: None,
    }
}

impl BrandEndpoint {
    fn check(&self, at: &str, bases: &[FhirBase]) -> Checked {
        if !bases.contains(&self.address) {
            return Err(fault(format!("{at}.address"), "is not a FHIR server of this tenant"));
        }
        if let Some(name) = &self.name {
            check_text(&format!("{at}.name"), name)?;
        }
        if self.fhir_versions.is_empty() {
            return Err(fault(
                format!("{at}.fhir_versions"),
                "is empty; name one, such as 4.0.1",
            ));
        }
        for version in &self.fhir_versions {
            let digits = |part: &str| !part.is_empty() && part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit());
            if version.split('.').count() != 3 || !version.split('.').all(digits) {
                return Err(fault(
                    format!("{at}.fhir_versions"),
                    format!("{version} is not a FHIR version such as 4.0.1"),
                ));
            }
        }
        match &self.developer_url {
            Some(url) => check_https(&format!("{at}.developer_url"), url),
            None => Err(fault(
                "developer_url",
                "is missing; give the page where developers find help",
            )),
        }
    }
}

impl Brand {
    fn check(&self, at: &str, document: &BrandsDocument) -> Checked {
        let member = |name: &str| format!("{at}.{name}");
        check_text(&member("name"), &self.name)?;
        check_https(&member("website"), &self.website)?;
        if self.part_of.is_none() && self.identifiers.is_empty() {
            return Err(fault(
                member("identifiers"),
                "is empty; a primary brand needs one, such as its main site without www. and path",
            ));
        }
        for identifier in &self.identifiers {
            check_identifier(&member("identifiers"), identifier)?;
        }
        for alias in &self.aliases {
            check_text(&member("aliases"), alias)?;
        }
        if let Some(other) = self.types.iter().find(|name| !TYPES.contains(&name.as_str())) {
            return Err(fault(
                member("types"),
                format!("{other} is none of {}", TYPES.join(", ")),
            ));
        }
        for address in &self.addresses {
            address.check(&member("addresses"))?;
        }
        self.check_parent(&member("part_of"), document)?;
        check_logos(&member("logos"), &self.logos)?;
        check_license(&member("logo_license"), self.logo_license.as_deref())?;
        let known = |id: &String| document.endpoints.iter().any(|endpoint| endpoint.id == *id);
        check_references(&member("endpoints"), &self.endpoints, known)?;
        for (position, portal) in self.portals.iter().enumerate() {
            let at = format!("{at}.portals[{position}]");
            check_text(&format!("{at}.name"), &portal.name)?;
            check_https(&format!("{at}.url"), &portal.url)?;
            if let Some(description) = &portal.description {
                check_markdown(&format!("{at}.description"), description)?;
            }
            check_logos(&format!("{at}.logos"), &portal.logos)?;
            check_license(&format!("{at}.logo_license"), portal.logo_license.as_deref())?;
            // SMART App Launch 2.2, "User-access Brands": the endpoint of a portal is one of the brand's.
            let own = |id: &String| self.endpoints.contains(id);
            check_references(&format!("{at}.endpoints"), &portal.endpoints, own)?;
        }
        Ok(())
    }

    /// SMART App Launch 2.2, "User-access Brands": at most two levels.
    fn check_parent(&self, at: &str, document: &BrandsDocument) -> Checked {
        let Some(parent) = &self.part_of else { return Ok(()) };
        match document.brands.iter().find(|brand| brand.id == *parent) {
            None => Err(fault(at, format!("{parent} is no brand of this document"))),
            Some(brand) if brand.part_of.is_some() => Err(fault(
                at,
                format!("{parent} is itself part of another brand; two levels are the most"),
            )),
            Some(_) if *parent == self.id => Err(fault(at, "is the brand itself")),
            Some(_) => Ok(()),
        }
    }
}

impl BrandAddress {
    fn check(&self, at: &str) -> Checked {
        let code = self.country.len();
        if !(2..=3).contains(&code) || !self.country.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(fault(
                format!("{at}.country"),
                format!("{} is no ISO 3166 code such as US", self.country),
            ));
        }
        let texts = self
            .line
            .iter()
            .chain(&self.city)
            .chain(&self.state)
            .chain(&self.postal_code);
        texts.into_iter().try_for_each(|text| check_text(at, text))
    }
}

fn check_ids<'a>(at: &str, ids: impl Iterator<Item = &'a str>) -> Checked {
    let mut seen = BTreeSet::new();
    for (position, id) in ids.enumerate() {
        let fits = (1..=40).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !fits {
            return Err(fault(
                format!("{at}[{position}].id"),
                "has 1 to 40 characters of a-z, 0-9 and -",
            ));
        }
        if !seen.insert(id) {
            return Err(fault(format!("{at}[{position}].id"), format!("{id} is used twice")));
        }
    }
    Ok(())
}

fn check_references(at: &str, ids: &[String], known: impl Fn(&String) -> bool) -> Checked {
    match ids.iter().find(|id| !known(id)) {
        Some(id) => Err(fault(at, format!("{id} is not an endpoint that can be named here"))),
        None => Ok(()),
    }
}

fn check_text(at: &str, text: &str) -> Checked {
    if text.trim().is_empty() || text.chars().count() > TEXT_LIMIT || text.chars().any(char::is_control) {
        Err(fault(
            at,
            format!("has 1 to {TEXT_LIMIT} characters and no control characters"),
        ))
    } else {
        Ok(())
    }
}

/// Markdown has lines.
fn check_markdown(at: &str, text: &str) -> Checked {
    check_text(at, &text.replace(['\n', '\t'], " "))
}

fn check_https(at: &str, text: &str) -> Checked {
    let plain = text.len() <= TEXT_LIMIT && text.bytes().all(|b| b.is_ascii_graphic());
    let url = Url::parse(text);
    if plain
        && text.starts_with("https://")
        && url.is_ok_and(|url| url.username().is_empty() && url.password().is_none())
    {
        Ok(())
    } else {
        Err(fault(at, "is not an https address"))
    }
}

/// SMART App Launch 2.2, "User-access Brands": https or data. A page of a stranger shows it, so a data address is an image.
fn check_logos(at: &str, logos: &[String]) -> Checked {
    for logo in logos {
        let image = ["data:image/png;base64,", "data:image/svg+xml;base64,"]
            .iter()
            .any(|kind| logo.starts_with(kind));
        if image && logo.len() <= DATA_LIMIT && logo.bytes().all(|b| b.is_ascii_graphic()) {
            continue;
        }
        // The logo of the tenant's own pages is at our address, which may be http on a developer's machine.
        let own = logo.starts_with("http://localhost") || logo.starts_with("http://127.0.0.1");
        if !own {
            check_https(at, logo).map_err(|_| {
                fault(
                    at,
                    "is neither an https address nor a PNG or SVG as a data address of at most 64 KiB",
                )
            })?;
        }
    }
    Ok(())
}

fn check_license(at: &str, license: Option<&str>) -> Checked {
    license.map_or(Ok(()), |url| check_https(at, url))
}

/// SMART App Launch 2.2, "User-access Brands": an address as identifier is the main site, without `www.` and path.
fn check_identifier(at: &str, identifier: &BrandIdentifier) -> Checked {
    check_text(at, &identifier.value)?;
    if let Some(system) = &identifier.system
        && Url::parse(system).is_err()
    {
        return Err(fault(at, format!("the system {system} is not a URI")));
    }
    let is_site = identifier.system.as_deref() == Some(URI_SYSTEM) && identifier.value.starts_with("http");
    let plain = Url::parse(&identifier.value).is_ok_and(|url| {
        url.scheme() == "https"
            && url.host_str().is_some_and(|host| !host.starts_with("www."))
            && url.origin().ascii_serialization() == identifier.value
    });
    if is_site && !plain {
        let problem = format!(
            "{} has to be https:// and the host, without www. and path",
            identifier.value
        );
        return Err(fault(at, problem));
    }
    Ok(())
}
