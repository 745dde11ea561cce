use super::{Entry, Guide, Product, Words};
use crate::federation::assertion::Protocol;
use crate::tenant::{IssuerUrls, PublicUrl, Slug};
use crate::web::Language;

const PROTOCOLS: [Protocol; 2] = [Protocol::OpenIdConnect, Protocol::Saml2];

fn guides() -> impl Iterator<Item = (Product, Protocol, &'static Guide)> {
    let pairs = Product::ALL
        .into_iter()
        .flat_map(|product| PROTOCOLS.map(|protocol| (product, protocol)));
    pairs.map(|(product, protocol)| (product, protocol, product.guide(protocol).unwrap()))
}

fn urls() -> IssuerUrls {
    let base = PublicUrl::parse("https://auth.example.org").unwrap();
    IssuerUrls::new(&base, &Slug::parse("northside").unwrap())
}

/// The page of a product; what is not listed has one per protocol.
fn page(product: Product, protocol: Protocol) -> String {
    let name = match (product, protocol) {
        (Product::Other, Protocol::Saml2) => "saml",
        (Product::Other, _) => "oidc",
        (product, _) => product.as_str(),
    };
    std::fs::read_to_string(format!("{}/docs/federation/{name}.md", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn every_field_of_the_tables_is_on_its_products_page_with_the_same_address() {
    let mut missing = Vec::new();
    for (product, protocol, guide) in guides() {
        let page = page(product, protocol);
        for field in guide.fields {
            let ending = field.entry.address(&urls(), "staff").map(|address| {
                let (_, ending) = address.rsplit_once('/').unwrap();
                format!("federation/staff/{ending}")
            });
            let told = page.lines().any(|line| {
                line.contains(field.name) && ending.as_ref().is_none_or(|ending| line.contains(ending.as_str()))
            });
            if !told {
                missing.push(format!("{product} {protocol:?}: {} {ending:?}", field.name));
            }
        }
    }
    assert!(missing.is_empty(), "not in docs/federation:\n{}", missing.join("\n"));
}

#[test]
fn every_protocol_begins_with_where_people_come_back_to() {
    for (product, protocol, guide) in guides() {
        let needed = match protocol {
            Protocol::Saml2 => Entry::EntityId,
            _ => Entry::RedirectUri,
        };
        let there = guide
            .fields
            .iter()
            .any(|field| field.entry == needed && !field.optional);
        assert!(there, "{product} {protocol:?}");
    }
}

#[test]
fn addresses_are_those_of_the_alias_and_choices_are_in_both_languages() {
    let guide = Product::Other.guide(Protocol::OpenIdConnect).unwrap();
    let filled = guide.filled(&urls(), "staff", Language::English);
    assert_eq!(
        filled[0].value,
        "https://auth.example.org/northside/auth/federation/staff/callback"
    );
    assert!(filled[0].copy);
    for (product, _, guide) in guides() {
        let cautions = guide.caution.into_iter();
        let texts = guide.fields.iter().filter_map(|field| match field.entry {
            Entry::Text(words) => Some(words),
            _ => None,
        });
        for Words { english, spanish } in cautions.chain(texts) {
            assert!(!english.is_empty() && !spanish.is_empty(), "{product}");
        }
    }
}

#[test]
fn a_product_is_recognised_by_its_address() {
    for (identifier, product) in [
        ("https://login.microsoftonline.com/9122040d/v2.0", Product::Entra),
        ("https://sts.windows.net/9122040d/", Product::Entra),
        ("https://hospital.okta.com", Product::Okta),
        ("http://adfs.hospital.example/adfs/services/trust", Product::Adfs),
        ("https://sso.hospital.example/realms/staff", Product::Keycloak),
        ("https://login.hospital.example", Product::Other),
    ] {
        assert_eq!(Product::recognise(identifier), product, "{identifier}");
    }
}

#[test]
fn names_of_products_are_read_as_they_are_written_and_no_others() {
    for product in Product::ALL {
        assert_eq!(product.as_str().parse::<Product>().unwrap(), product);
    }
    assert!("Entra".parse::<Product>().is_err());
}
