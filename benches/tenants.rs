//! How long it takes until a pooled tenant is served, and what operators' questions cost at ten and at ten thousand tenants.
//!
//! `cargo bench --bench tenants` prints times. They vary between machines, ratios less.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a bench stops at the first surprise"
)]

use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use wardkey::control::onboarding::Onboarding;
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::control::{Actor, NewOwner, Platform, PlatformOptions};
use wardkey::kernel::id::TenantId;
use wardkey::kernel::{Clock as _, SystemClock, SystemEntropy};
use wardkey::keys::MasterKey;
use wardkey::store::control::{Placement, TenantRecord, TenantStatus, Tier};
use wardkey::store::{DatabaseUrl, PlacementSettings};
use wardkey::tenant::{PublicUrl, TenantDocument};

const ROUNDS: u32 = 20;

async fn open(folder: &tempfile::TempDir) -> Platform {
    Platform::open(PlatformOptions {
        public_url: PublicUrl::parse("https://auth.test").unwrap(),
        mtls_url: None,
        control: DatabaseUrl::Sqlite(folder.path().join("control.db")),
        shared: DatabaseUrl::Sqlite(folder.path().join("tenants.db")),
        dedicated_folder: folder.path().join("tenants"),
        max_connections: 8,
        placement: PlacementSettings::default(),
        master_key: MasterKey::generate(&SystemEntropy).unwrap(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    })
    .await
    .unwrap()
}

fn described(slug: String) -> Onboarding {
    Onboarding {
        owner: Some(NewOwner {
            username: "it@hospital.example".to_owned(),
            name: None,
            email: None,
        }),
        ..Onboarding::of(NewTenant {
            display_name: format!("Hospital {slug}"),
            slug,
            tier: Tier::Standard,
            placement: NewPlacement::Shared,
            document: TenantDocument::default(),
        })
    }
}

/// Entries of the registry, as of tenants that were made long ago.
async fn register(platform: &Platform, numbers: std::ops::Range<u32>) {
    let now = SystemClock.now();
    let mut control = platform.directory().parts().control.begin().await.unwrap();
    for number in numbers {
        let record = TenantRecord {
            id: TenantId::new(now, &SystemEntropy),
            slug: format!("many-{number:05}"),
            display_name: format!("Hospital number {number}"),
            status: TenantStatus::Active,
            tier: Tier::Standard,
            placement: Placement::Shared,
            sealed_database_url: None,
            generation: 1,
            created_at: now,
        };
        control.insert_tenant(&record).await.unwrap();
    }
    control.commit().await.unwrap();
}

/// The questions behind the operators' pages, in order.
const QUESTIONS: [&str; 5] = ["first page", "search", "search for one", "tenant", "health"];

async fn questions(platform: &Platform) -> [Duration; QUESTIONS.len()] {
    let actor = Actor::machine();
    let mut times = [Duration::ZERO; QUESTIONS.len()];
    for _ in 0..ROUNDS {
        let mut started = Instant::now();
        let mut lap = || std::mem::replace(&mut started, Instant::now()).elapsed();
        platform.attention(&actor).await.unwrap();
        let first = lap();
        platform
            .search_tenants(&actor, Some("number 7"), None, "", 26)
            .await
            .unwrap();
        let search = lap();
        // One fits: the whole registry is read.
        platform
            .search_tenants(&actor, Some("made-19"), None, "", 26)
            .await
            .unwrap();
        let rare = lap();
        platform.get_tenant("made-0").await.unwrap();
        platform.tenant_health(&actor, "made-0").await.unwrap();
        platform.onboarding_steps(&actor, "made-0").await.unwrap();
        let tenant = lap();
        platform.fleet_health(&actor).await.unwrap();
        let health = lap();
        for (sum, time) in times.iter_mut().zip([first, search, rare, tenant, health]) {
            *sum += time;
        }
    }
    times.map(|time| time / ROUNDS)
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let platform = open(&folder).await;
    let mut made = Vec::new();
    for number in 0..ROUNDS {
        let started = Instant::now();
        let onboarding = described(format!("made-{number}"));
        Box::pin(platform.onboard(&Actor::machine(), &onboarding, &|_| {}))
            .await
            .unwrap();
        made.push(started.elapsed());
    }
    made.sort();
    println!(
        "a pooled tenant with keys, settings, apps, audit and its owner's link: median {:?}, longest {:?}",
        made[made.len() / 2],
        made[made.len() - 1]
    );
    register(&platform, 0..10).await;
    let few = questions(&platform).await;
    register(&platform, 10..10_000).await;
    let many = questions(&platform).await;
    for (what, (few, many)) in QUESTIONS.iter().zip(few.iter().zip(many)) {
        let ratio = many.as_secs_f64() / few.as_secs_f64();
        println!("{what}: {few:?} at 30 tenants, {many:?} at 10,020, ratio {ratio:.1}");
    }
}
