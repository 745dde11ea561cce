//! Creating tenants: the same end from every beginning.

use crate::support::app::TestApp;
use crate::support::database::on_each_database;
use futures::future::join_all;
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::control::{Change, ControlError, Platform};
use wardkey::kernel::SystemEntropy;
use wardkey::keys::MasterKey;
use wardkey::store::DatabaseUrl;
use wardkey::store::control::{TenantStatus, Tier};
use wardkey::tenant::TenantDocument;

fn described(slug: &str) -> NewTenant {
    NewTenant {
        slug: slug.to_owned(),
        display_name: format!("Hospital {slug}"),
        tier: Tier::Standard,
        placement: NewPlacement::Shared,
        document: TenantDocument::default(),
    }
}

async fn generation(platform: &Platform, slug: &str) -> i64 {
    let mut control = platform.directory().parts().control.read().await.unwrap();
    control.find_tenant(slug).await.unwrap().unwrap().generation
}

on_each_database! {
    async fn name_contract_and_settings_follow_the_description(database: Database) {
        let app = TestApp::on(database).await;
        let new = described("northside");
        let (first, _) = app.platform.create_tenant(&new).await.unwrap();
        let renamed = NewTenant { display_name: "Northside General".into(), tier: Tier::Enterprise, ..new.clone() };
        let (second, change) = app.platform.create_tenant(&renamed).await.unwrap();
        assert_eq!((second.id, change), (first.id, Change::Updated));
        let stored = app.platform.get_tenant("northside").await.unwrap();
        assert_eq!((stored.display_name.as_str(), stored.tier), ("Northside General", Tier::Enterprise));
        let document = TenantDocument { help_contact: Some("+1 555 0100".into()), ..TenantDocument::default() };
        let helpful = NewTenant { document, ..renamed };
        assert_eq!(app.platform.create_tenant(&helpful).await.unwrap().1, Change::Updated);
        assert_eq!(app.platform.create_tenant(&helpful).await.unwrap().1, Change::Unchanged);
        let admin = app.platform.tenant("northside").await.unwrap();
        assert_eq!(admin.cx().document().help_contact.as_deref(), Some("+1 555 0100"));
    }

    async fn a_run_that_was_cut_off_is_finished_by_the_next(database: Database) {
        let app = TestApp::on(database).await;
        let folder = tempfile::tempdir().unwrap();
        let in_the_way = folder.path().join("tenant");
        std::fs::write(&in_the_way, b"x").unwrap();
        // The registry knows the tenant already when its own database turns out not to open.
        let url = DatabaseUrl::Sqlite(in_the_way.join("own.db"));
        let new = NewTenant { placement: NewPlacement::Dedicated(Some(url)), ..described("county") };
        app.platform.create_tenant(&new).await.unwrap_err();
        let begun = app.platform.get_tenant("county").await.unwrap();
        std::fs::remove_file(&in_the_way).unwrap();
        let (finished, _) = app.platform.create_tenant(&new).await.unwrap();
        assert_eq!(finished.id, begun.id);
        assert_eq!(app.platform.create_tenant(&new).await.unwrap().1, Change::Unchanged);
        let keys = app.platform.tenant("county").await.unwrap().list_signing_keys().await.unwrap();
        assert_eq!(keys.len(), 4, "an active and a next key for each of two algorithms");
    }

    async fn runs_at_the_same_moment_make_one_tenant(database: Database) {
        let app = TestApp::on(database).await;
        for new in [described("shared"), NewTenant { placement: NewPlacement::Dedicated(None), ..described("own") }] {
            let runs = join_all((0..4).map(|_| app.platform.create_tenant(&new))).await;
            let runs: Vec<_> = runs.into_iter().map(Result::unwrap).collect();
            assert_eq!(runs.iter().filter(|(_, change)| *change == Change::Created).count(), 1);
            assert!(runs.iter().all(|(tenant, _)| tenant.id == runs[0].0.id));
            let keys = app.platform.tenant(&new.slug).await.unwrap().list_signing_keys().await.unwrap();
            assert_eq!(keys.len(), 4, "{}", new.slug);
        }
    }

    async fn a_tenant_that_could_not_be_served_is_not_made(database: Database) {
        let app = TestApp::on(database).await;
        let refused = async |change: fn(&mut NewTenant)| {
            let mut new = described("northside");
            change(&mut new);
            match app.platform.create_tenant(&new).await.unwrap_err() {
                ControlError::Invalid { member, .. } => member,
                other => panic!("{other}"),
            }
        };
        assert_eq!(refused(|new| new.display_name = "  ".into()).await, "display_name");
        assert_eq!(refused(|new| new.display_name = "x".repeat(200)).await, "display_name");
        let pale = refused(|new| new.document.branding.primary_colour = "#ffffff".into()).await;
        assert_eq!(pale, "branding.primary_colour");
        assert_eq!(refused(|new| new.document.scope_ceiling = "patient/*.x".into()).await, "scope_ceiling");
        assert!(matches!(app.platform.get_tenant("northside").await, Err(ControlError::NotFound { .. })));
    }

    async fn tenants_are_listed_a_page_at_a_time_and_deleted_ones_not(database: Database) {
        let app = TestApp::on(database).await;
        for slug in ["ash", "birch", "cedar", "elm"] {
            app.platform.create_tenant(&described(slug)).await.unwrap();
        }
        app.platform.set_tenant_status("birch", TenantStatus::Deleted).await.unwrap();
        let page = async |after: &str| -> Vec<String> {
            let tenants = app.platform.list_tenants(after, 2).await.unwrap();
            tenants.into_iter().map(|tenant| tenant.slug).collect()
        };
        assert_eq!(page("").await, ["ash", "cedar"]);
        assert_eq!(page("cedar").await, ["elm"]);
        let again = app.platform.create_tenant(&described("birch")).await;
        assert!(matches!(again, Err(ControlError::Conflict(_))), "a slug is in issuers that were given out");
        let resumed = app.platform.set_tenant_status("birch", TenantStatus::Active).await;
        assert!(matches!(resumed, Err(ControlError::Conflict(_))));
    }

    async fn another_master_key_is_refused_at_the_start(database: Database) {
        let app = TestApp::on(database).await;
        app.platform.create_tenant(&described("northside")).await.unwrap();
        let other = MasterKey::generate(&SystemEntropy).unwrap();
        let refused = Platform::open(app.options(Some(other))).await.unwrap_err().to_string();
        assert!(refused.contains("restore the master key"), "{refused}");
        Platform::open(app.options(None)).await.unwrap().close().await;
    }
}

#[tokio::test]
async fn a_run_that_changes_nothing_still_tells_the_caches() {
    let app = TestApp::new().await;
    app.platform.create_tenant(&described("northside")).await.unwrap();
    let before = generation(&app.platform, "northside").await;
    app.platform.create_tenant(&described("northside")).await.unwrap();
    assert!(generation(&app.platform, "northside").await > before);
    let before = generation(&app.platform, "northside").await;
    let admin = app.platform.tenant("northside").await.unwrap();
    for _ in 0..2 {
        admin.save_local_provider("staff", "Staff").await.unwrap();
    }
    assert_eq!(generation(&app.platform, "northside").await, before + 2);
}
