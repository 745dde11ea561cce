//! Who lives in the demonstration, and setting it up.

use super::clients::{self, CLIENTS, DEMO_SECRET};
use super::fhir::FhirWorld;
use super::keyed_client::KeyedClient;
use super::saml_idp;
use crate::control::clients::SecretPolicy;
use crate::control::tenants::{NewPlacement, NewTenant};
use crate::control::{ControlError, Platform, TenantAdmin};
use crate::federation::local::password::PasswordPool;
use crate::federation::mapping::MappingRules;
use crate::federation::{Offer, OidcDocument, Provisioning};
use crate::kernel::Secret;
use crate::oauth::AskConsent;
use crate::oauth::client_registration::ClientRegistration;
use crate::store::control::Tier;
use crate::store::tenant::AccountProfile;
use crate::tenant::document::BrandingDocument;
use crate::tenant::local_accounts::{LocalAccountsDocument, LocalSignIn};
use crate::tenant::{PatientDirectoryDocument, TenantDocument};
use crate::web::pages::DemoFault;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

const DEMO_PASSWORD: &str = "demonstration";
/// The tenant behind Northside's staff sign-in.
const STAFF_SLUG: &str = "northside-staff";
const UPSTREAM_CLIENT: &str = "northside";
/// The clinic that signs in through SAML.
pub(super) const LAKESIDE: &str = "lakeside";

/// A person who can sign in.
pub struct Person {
    /// The user name.
    pub username: &'static str,
    /// The name people see.
    pub name: &'static str,
    /// What they are.
    pub role: &'static str,
    /// The FHIR resource.
    pub fhir_user: Option<&'static str>,
    /// The patient for whom they sign in, when that is not themselves.
    pub patient: Option<&'static str>,
    /// National Provider Identifier.
    pub npi: Option<&'static str>,
}

/// A hospital.
pub struct Hospital {
    /// The tenant's slug.
    pub slug: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its colour.
    pub colour: &'static str,
    /// How people sign in there.
    pub sign_in: &'static str,
    /// Its logo, an SVG.
    logo: &'static str,
    /// Who can.
    pub people: &'static [Person],
}

impl Hospital {
    /// Whether people have accounts of the hospital's own, which are there from the start.
    pub(super) fn has_accounts(&self) -> bool {
        self.slug == LAKESIDE
    }
}

const CLINICIAN: Person = Person {
    username: "ana",
    name: "Dr. Ana Ruiz",
    role: "physician",
    fhir_user: Some("Practitioner/ana"),
    patient: None,
    npi: Some("1234567893"),
};
const NURSE: Person = Person {
    username: "ben",
    name: "Ben Carter",
    role: "nurse",
    fhir_user: Some("Practitioner/ben"),
    patient: None,
    npi: None,
};
const PATIENT: Person = Person {
    username: "maria",
    name: "Maria Lopez",
    role: "patient",
    fhir_user: Some("Patient/maria"),
    patient: None,
    npi: None,
};
const PARENT: Person = Person {
    username: "rosa",
    name: "Rosa Adeyemi",
    role: "parent of a patient",
    fhir_user: Some("RelatedPerson/rosa"),
    patient: Some("samuel"),
    npi: None,
};
const PEOPLE: [Person; 4] = [CLINICIAN, NURSE, PATIENT, PARENT];

/// The hospitals of the demonstration.
pub const HOSPITALS: [Hospital; 2] = [
    Hospital {
        slug: "northside",
        name: "Northside General",
        colour: "#0b5fa5",
        logo: include_str!("logos/northside.svg"),
        sign_in: "People sign in at the hospital's own sign-in service, over OpenID Connect.",
        people: &PEOPLE,
    },
    Hospital {
        slug: LAKESIDE,
        name: "Lakeside Clinic",
        colour: "#0f6b4f",
        logo: include_str!("logos/lakeside.svg"),
        sign_in: "People sign in with accounts of the clinic's own, or at its sign-in service, over SAML.",
        people: &PEOPLE,
    },
];

/// The demonstration at one address.
#[derive(Clone, Debug)]
pub struct Population {
    base: String,
}

impl Population {
    /// The demonstration at the public URL `base`.
    pub fn new(base: &str) -> Self {
        Self { base: base.to_owned() }
    }

    /// The public URL.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A tenant's issuer.
    pub fn issuer(&self, slug: &str) -> String {
        format!("{}/{slug}/auth", self.base)
    }

    /// A tenant's FHIR base.
    pub fn fhir_base(&self, slug: &str) -> String {
        format!("{}/{slug}/fhir", self.base)
    }

    /// Where the apps take answers.
    pub fn redirect_uri(&self) -> String {
        format!("{}/demo/app", self.base)
    }

    /// Where the EHR's launcher is.
    pub fn launcher(&self) -> String {
        format!("{}/demo/launcher", self.base)
    }

    /// The EHR's own style document.
    pub(super) fn style_url(&self) -> String {
        format!("{}/demo/style/dusk.json", self.base)
    }

    /// A tenant's authorization endpoint.
    pub(super) fn authorization_endpoint(&self, slug: &str) -> String {
        format!("{}/authorize", self.issuer(slug))
    }

    /// A tenant's token endpoint.
    pub(super) fn token_endpoint(&self, slug: &str) -> String {
        format!("{}/token", self.issuer(slug))
    }

    /// Where an EHR registers launches at a tenant.
    pub(super) fn launch_endpoint(&self, slug: &str) -> String {
        format!("{}/launch", self.issuer(slug))
    }

    /// An endpoint that has this fault and stands before a tenant's.
    pub(super) fn faulty(&self, fault: DemoFault, slug: &str, endpoint: &str) -> String {
        format!("{}/demo/faults/{}/{slug}/{endpoint}", self.base, fault.name())
    }

    /// The FHIR base of a server that has this fault and stands before a tenant's.
    pub(super) fn faulty_fhir_base(&self, fault: DemoFault, slug: &str) -> String {
        self.faulty(fault, slug, "fhir")
    }

    /// Everybody's password.
    pub const fn password() -> &'static str {
        DEMO_PASSWORD
    }
}

/// Sets everything up, or finds it set up. Returns the FHIR data.
pub(super) async fn provision(
    platform: &Platform,
    passwords: &PasswordPool,
    population: &Population,
    keyed: [&KeyedClient; 2],
) -> Result<FhirWorld, ControlError> {
    let [ehr, app] = keyed;
    let mut fhir = FhirWorld::default();
    let [northside, _] = &HOSPITALS;
    create(platform, population, STAFF_SLUG, "Northside staff accounts", northside).await?;
    let staff = platform.tenant(STAFF_SLUG).await?;
    people(&staff, passwords, northside).await?;
    upstream_client(&staff, population).await?;
    for hospital in &HOSPITALS {
        create(platform, population, hospital.slug, hospital.name, hospital).await?;
        let admin = platform.tenant(hospital.slug).await?;
        if hospital.slug == UPSTREAM_CLIENT {
            upstream_provider(&admin, population).await?;
        } else {
            people(&admin, passwords, hospital).await?;
            saml_idp::provision(&admin, population).await?;
        }
        for client in &CLIENTS {
            clients::register(&admin, client, population).await?;
        }
        clients::register_ehr(&admin, ehr).await?;
        clients::register_keyed_app(&admin, app, population).await?;
        admin.save_brands(super::brands::of(hospital)).await?;
        fhir.add(hospital.slug, hospital.name);
    }
    Ok(fhir)
}

/// A tenant that looks like `hospital`.
async fn create(
    platform: &Platform,
    population: &Population,
    slug: &str,
    name: &str,
    hospital: &Hospital,
) -> Result<(), ControlError> {
    let document = TenantDocument {
        branding: BrandingDocument {
            primary_colour: hospital.colour.to_owned(),
            logo: Some(STANDARD.encode(hospital.logo)),
            ..BrandingDocument::default()
        },
        // The demonstration's FHIR servers take its tenants' tokens, so each asks its own with a token of its own.
        patient_directory: Some(PatientDirectoryDocument::default()),
        // The launcher shows apps, and with them the sign-in, in a frame.
        frame_ancestors: vec![population.base().to_owned()],
        help_contact: Some("Service desk, extension 4400".to_owned()),
        // Its people sign in both ways, to show both.
        local_accounts: LocalAccountsDocument {
            sign_in: LocalSignIn::Everyone,
            ..LocalAccountsDocument::default()
        },
        ..TenantDocument::default()
    };
    let new = NewTenant {
        slug: slug.to_owned(),
        display_name: name.to_owned(),
        tier: Tier::Standard,
        placement: NewPlacement::Shared,
        document,
    };
    platform.create_tenant(&new).await.map(drop)
}

async fn people(admin: &TenantAdmin, passwords: &PasswordPool, hospital: &Hospital) -> Result<(), ControlError> {
    admin.save_local_provider("local", "Hospital account").await?;
    for person in hospital.people {
        let profile = AccountProfile {
            subject: person.username.to_owned(),
            name: Some(person.name.to_owned()),
            email: None,
            fhir_user: person.fhir_user.map(str::to_owned),
            patient: person.patient.map(str::to_owned),
            patients: Vec::new(),
            npi: person.npi.map(str::to_owned),
            roles: vec![person.role.to_owned()],
        };
        let password = Secret::new(DEMO_PASSWORD.to_owned());
        admin
            .save_local_account("local", &profile, &password, passwords)
            .await?;
    }
    Ok(())
}

/// Northside, as a client of its staff's sign-in service.
async fn upstream_client(staff: &TenantAdmin, population: &Population) -> Result<(), ControlError> {
    let registration = ClientRegistration {
        client_name: Some("Northside General".to_owned()),
        token_endpoint_auth_method: Some("client_secret_basic".to_owned()),
        scope: Some("openid profile fhirUser".to_owned()),
        redirect_uris: vec![format!(
            "{}/federation/staff/callback",
            population.issuer(UPSTREAM_CLIENT)
        )],
        grant_types: Some(vec!["authorization_code".to_owned()]),
        response_types: Some(vec!["code".to_owned()]),
        ask_consent: Some(AskConsent::Never),
        ..ClientRegistration::default()
    };
    let secret = SecretPolicy::Known(Secret::new(DEMO_SECRET.to_owned()));
    staff.save_client(UPSTREAM_CLIENT, registration, secret).await.map(drop)
}

/// The staff's sign-in service, as Northside's identity provider. Its `fhirUser` claim is a URL at its own FHIR base, of
/// which the rule keeps type and id.
async fn upstream_provider(admin: &TenantAdmin, population: &Population) -> Result<(), ControlError> {
    let settings = json!({
        "issuer": population.issuer(STAFF_SLUG),
        "client_id": UPSTREAM_CLIENT,
        "authentication": "client_secret_basic",
        "scopes": ["openid", "profile", "fhirUser"],
        "fetch_user_info": true,
    });
    let base = population.fhir_base(STAFF_SLUG);
    let mapping = MappingRules {
        name: Some("claims.name".to_owned()),
        fhir_user: Some(format!("claims.fhirUser.substring({})", base.len() + 1)),
        roles: Some(format!("[{}]", rule_by_person(|person| Some(person.role)))),
        npi: Some(rule_by_person(|person| person.npi)),
        patient: Some(rule_by_person(|person| person.patient)),
        ..MappingRules::default()
    };
    let provider = settings.as_object().cloned().unwrap_or_default();
    let document = OidcDocument {
        provider,
        mapping,
        offer: Offer::default(),
        provisioning: Provisioning::default(),
    };
    let secret = Secret::new(DEMO_SECRET.to_owned());
    admin
        .save_oidc_provider("staff", "Staff account", &document, Some(secret))
        .await
        .map(drop)
}

/// A mapping rule that knows each person's value by their `fhirUser`, since the sign-in service tells nothing more of them.
/// Yields nothing for everybody else.
fn rule_by_person(value: impl Fn(&Person) -> Option<&'static str>) -> String {
    PEOPLE.iter().fold("\"\"".to_owned(), |rest, person| {
        match person.fhir_user.zip(value(person)) {
            Some((user, value)) => format!("claims.fhirUser.endsWith(\"/{user}\") ? \"{value}\" : ({rest})"),
            None => rest,
        }
    })
}
