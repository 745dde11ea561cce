//! Where a tenant's rows live, and the wall that PostgreSQL keeps between tenants in one database.

use crate::support::app::TestApp;
use crate::support::database::{Database, on_each_database};
use sqlx::{Connection, PgConnection, Row};
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::store::DatabaseUrl;
use wardkey::store::control::Tier;
use wardkey::tenant::TenantDocument;

const SCOPE: &str = "openid launch/patient patient/*.rs";

fn dedicated(slug: &str, url: Option<DatabaseUrl>) -> NewTenant {
    NewTenant {
        slug: slug.to_owned(),
        display_name: format!("Hospital {slug}"),
        tier: Tier::Enterprise,
        placement: NewPlacement::Dedicated(url),
        document: TenantDocument::default(),
    }
}

on_each_database! {
    async fn a_tenant_with_a_database_of_its_own_works_like_any_other(database: Database) {
        let app = TestApp::on(database).await;
        let own = app.tenant_as(dedicated("own-database", None)).await;
        let shared = app.tenant("shared-database").await;
        for tenant in [own, shared] {
            let tokens = tenant.tokens(SCOPE, "pat").await;
            let access = tokens["access_token"].as_str().unwrap();
            assert_eq!(tenant.introspect(access).await["active"], true);
        }
    }

    async fn creating_a_tenant_again_changes_nothing(database: Database) {
        let app = TestApp::on(database).await;
        let new = dedicated("again", None);
        let (first, created) = app.platform.create_tenant(&new).await.unwrap();
        let (second, unchanged) = app.platform.create_tenant(&new).await.unwrap();
        assert_eq!(first.id, second.id);
        assert_eq!((created.as_str(), unchanged.as_str()), ("created", "unchanged"));
        let moved = NewTenant { placement: NewPlacement::Shared, ..new };
        assert!(app.platform.create_tenant(&moved).await.is_err());
    }
}

#[tokio::test]
async fn one_broken_database_is_that_tenants_problem_only() {
    let app = TestApp::new().await;
    let broken = app.tenant_as(dedicated("broken", None)).await;
    let healthy = app.tenant_as(dedicated("healthy", None)).await;
    let shared = app.tenant("shared").await;
    // The file is replaced by something that is no database, behind the server's back.
    app.platform.directory().parts().dedicated.close().await;
    let id = app.platform.get_tenant("broken").await.unwrap().id;
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(app.dedicated_folder().join(format!("{id}.db{suffix}")));
    }
    std::fs::write(app.dedicated_folder().join(format!("{id}.db")), vec![7; 8192]).unwrap();
    app.platform
        .directory()
        .forget(&wardkey::tenant::Slug::parse("broken").unwrap())
        .await;
    for _ in 0..5 {
        broken.get(&broken.path("jwks")).await.assert_status(503);
    }
    for tenant in [healthy, shared] {
        tenant.tokens(SCOPE, "pat").await;
    }
}

#[tokio::test]
async fn postgres_shows_no_row_without_a_tenant_and_only_its_own_with_one() {
    let Some(database) = Database::postgres().await else {
        return;
    };
    let url = database.url();
    let app = TestApp::on(database).await;
    let a = app.tenant("hospital-a").await;
    let b = app.tenant("hospital-b").await;
    for tenant in [&a, &b] {
        tenant
            .tokens("openid launch/patient patient/*.rs offline_access", "pat")
            .await;
    }
    // A raw connection with the role of the server.
    let mut raw = PgConnection::connect(&url).await.unwrap();
    // Of the registry's own tables, which one transaction reads over all tenants, brands are public by purpose; what is due at
    // providers, how they fare, and what the fleet serves is no more than ids, times and counts.
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.columns WHERE table_schema = 'public' \
         AND column_name = 'tenant_id' AND table_name NOT IN ('tenants', 'tenant_data_keys', 'brands', \
         'onboardings', 'onboarding_steps', 'provider_upkeep', 'provider_health', \
         'tenant_traffic', 'open_breakers')",
    )
    .fetch_all(&mut raw)
    .await
    .unwrap();
    assert!(tables.len() >= 16, "{tables:?}");
    let of_a = app.platform.get_tenant("hospital-a").await.unwrap().id;
    for table in &tables {
        let protected: bool =
            sqlx::query("SELECT relrowsecurity AND relforcerowsecurity AS forced FROM pg_class WHERE relname = $1")
                .bind(table)
                .fetch_one(&mut raw)
                .await
                .unwrap()
                .get("forced");
        assert!(protected, "{table} has no forced row-level security");
        let count = format!("SELECT COUNT(*) FROM {table}");
        let seen: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count))
            .fetch_one(&mut raw)
            .await
            .unwrap();
        assert_eq!(seen, 0, "{table} shows rows without a tenant");
    }
    let set = format!("SET wardkey.tenant = '{}'", of_a.uuid());
    sqlx::raw_sql(sqlx::AssertSqlSafe(set)).execute(&mut raw).await.unwrap();
    let mut rows_of_a = 0;
    for table in &tables {
        let count = format!(
            "SELECT COUNT(*), COUNT(*) FILTER (WHERE tenant_id <> '{}') FROM {table}",
            of_a.uuid()
        );
        let (seen, foreign): (i64, i64) = sqlx::query_as(sqlx::AssertSqlSafe(count))
            .fetch_one(&mut raw)
            .await
            .unwrap();
        assert_eq!(foreign, 0, "{table} shows another tenant's rows");
        rows_of_a += seen;
    }
    assert!(rows_of_a > 10, "{rows_of_a}");
    // Nor can a row be planted at another tenant.
    let of_b = app.platform.get_tenant("hospital-b").await.unwrap().id;
    let planted = sqlx::query(
        "INSERT INTO consents (tenant_id, account_id, client_id, scope, granted_at) VALUES ($1, $1, 'x', 'x', 0)",
    )
    .bind(of_b.uuid())
    .execute(&mut raw)
    .await;
    assert!(planted.is_err());
}

#[tokio::test]
async fn a_suspended_tenant_says_so_and_a_resumed_one_serves_again() {
    use wardkey::store::control::TenantStatus;
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    app.platform
        .set_tenant_status("northside", TenantStatus::Suspended)
        .await
        .unwrap();
    let refused = tenant.get(&tenant.path("jwks")).await.assert_status(503);
    assert_eq!(refused.json()["error"], "temporarily_unavailable");
    assert!(refused.header("retry-after").is_some());
    app.platform
        .set_tenant_status("northside", TenantStatus::Active)
        .await
        .unwrap();
    tenant.get(&tenant.path("jwks")).await.assert_status(200);
}
