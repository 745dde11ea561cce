//! Keys of a SAML connection: ours as our metadata publish them, the provider's as it replaces them.

use crate::support::app::TestApp;
use crate::support::saml_idp::{IDP, Idp, OTHER, Sign};
use crate::support::saml_sign_in::{SLO, SSO, answer, begin, connect, document, draft, sp};
use wardkey::control::saml_providers::FederationKeyStep;
use wardkey::store::tenant::EventFilter;

#[tokio::test]
async fn our_metadata_name_the_endpoints_and_every_published_key() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let path = tenant.path("federation/hospital/metadata");
    let plain = tenant.get(&path).await.assert_status(200);
    assert_eq!(plain.header("content-type"), Some("application/samlmetadata+xml"));
    let xml = plain.text().to_owned();
    let sp = sp(&tenant);
    for part in [&sp.entity_id, &sp.acs_url, &sp.slo_url] {
        assert!(xml.contains(part.as_str()), "{xml}");
    }
    let count = |xml: &str| xml.matches("<md:KeyDescriptor").count();
    assert_eq!(count(&xml), 2, "one to sign, one to decrypt");
    assert!(!xml.contains("SignatureValue"));
    let signed = tenant.get(&format!("{path}?signed=true")).await.text().to_owned();
    assert!(signed.contains("<ds:SignatureValue>"));
    let dry = tenant.admin().await.dry(true);
    dry.roll_federation_keys("hospital", FederationKeyStep::PublishNext)
        .await
        .unwrap();
    assert!(
        dry.roll_federation_keys("hospital", FederationKeyStep::Switch)
            .await
            .is_err()
    );
    let admin = tenant.admin().await;
    admin
        .roll_federation_keys("hospital", FederationKeyStep::PublishNext)
        .await
        .unwrap();
    assert_eq!(count(tenant.get(&path).await.text()), 4, "current and next");
    assert!(
        admin
            .roll_federation_keys("hospital", FederationKeyStep::PublishNext)
            .await
            .is_err()
    );
    admin
        .roll_federation_keys("hospital", FederationKeyStep::Switch)
        .await
        .unwrap();
    let switched = tenant.get(&path).await.text().to_owned();
    assert_eq!(count(&switched), 2);
    assert_ne!(switched, xml, "other keys");
    assert!(
        admin
            .roll_federation_keys("hospital", FederationKeyStep::Switch)
            .await
            .is_err()
    );
    admin
        .roll_federation_keys("hospital", FederationKeyStep::RemovePrevious)
        .await
        .unwrap();
    assert!(
        admin
            .roll_federation_keys("hospital", FederationKeyStep::RemovePrevious)
            .await
            .is_err()
    );
    let events = admin.list_events(&EventFilter::default(), 100).await.unwrap();
    let rolled = events
        .iter()
        .filter(|event| event.event == "identity_provider.keys_rolled");
    assert_eq!(rolled.count(), 3, "what was refused or dry is not recorded as done");
}

#[tokio::test]
async fn the_providers_rollover_is_followed_and_a_removed_key_stops_at_once() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let admin = tenant.admin().await;
    let works = async |idp: &Idp, user: &str| {
        let mut browser = app.browser();
        let asked = begin(&tenant, &mut browser).await;
        let xml = draft(&tenant, user, Some(&asked.request)).write_by(idp, Sign::Both);
        answer(&tenant, &mut browser, &xml, &asked)
            .await
            .response
            .status
            .is_success()
    };
    assert!(works(&IDP, "one").await);
    assert!(!works(&OTHER, "two").await);
    let both = IDP.metadata(SSO, Some(SLO), &[IDP.key.certificate(), OTHER.key.certificate()]);
    admin
        .save_saml_provider("hospital", "Hospital account", &document(|_| {}), &both)
        .await
        .unwrap();
    assert!(works(&IDP, "three").await);
    assert!(works(&OTHER, "four").await);
    let new = IDP.metadata(SSO, Some(SLO), &[OTHER.key.certificate()]);
    admin
        .save_saml_provider("hospital", "Hospital account", &document(|_| {}), &new)
        .await
        .unwrap();
    assert!(!works(&IDP, "five").await);
    assert!(works(&OTHER, "six").await);
}
