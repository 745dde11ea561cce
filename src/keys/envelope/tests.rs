use super::*;
use crate::kernel::{SeededEntropy, Timestamp};
use crate::keys::MasterKey;

const PLACE: Place<'static> = Place {
    table: "accounts",
    column: "sealed_profile",
    row: b"row-1",
};

fn ring(seed: u64) -> (TenantKeyring, MasterKey, Vec<WrappedDataKey>) {
    let entropy = SeededEntropy::new(seed);
    let master = MasterKey::generate(&entropy).unwrap();
    let tenant = TenantId::new(Timestamp::EPOCH, &entropy);
    let keys = master.new_data_keys(tenant, Timestamp::EPOCH, &entropy).unwrap();
    (TenantKeyring::unwrap(tenant, &keys, &master).unwrap(), master, keys)
}

#[test]
fn what_is_sealed_opens_in_its_place() {
    let (ring, ..) = ring(1);
    let sealed = ring.seal(PLACE, b"secret", &SeededEntropy::new(9)).unwrap();
    assert_eq!(ring.open(PLACE, &sealed).unwrap().expose(), b"secret");
    assert!(!sealed.as_bytes().windows(6).any(|window| window == b"secret"));
}

#[test]
fn a_ciphertext_moved_to_another_row_column_or_table_does_not_open() {
    let (ring, ..) = ring(1);
    let sealed = ring.seal(PLACE, b"secret", &SeededEntropy::new(9)).unwrap();
    for place in [
        Place { row: b"row-2", ..PLACE },
        Place {
            column: "sealed_other",
            ..PLACE
        },
        Place {
            table: "grants",
            ..PLACE
        },
    ] {
        assert_eq!(
            ring.open(place, &sealed).err(),
            Some(EnvelopeError::Authentication),
            "{place:?}"
        );
    }
}

#[test]
fn a_ciphertext_moved_to_another_tenant_does_not_open() {
    let (ring_a, ..) = ring(1);
    let (ring_b, ..) = ring(2);
    let sealed = ring_a.seal(PLACE, b"secret", &SeededEntropy::new(9)).unwrap();
    assert!(matches!(ring_b.open(PLACE, &sealed), Err(EnvelopeError::UnknownKey(_))));
}

#[test]
fn a_tenant_that_is_given_the_other_tenants_data_key_cannot_unwrap_it() {
    let (ring_a, master, keys) = ring(1);
    let other = TenantId::new(Timestamp::from_seconds(5), &SeededEntropy::new(7));
    assert_ne!(other, ring_a.tenant());
    assert_eq!(
        TenantKeyring::unwrap(other, &keys, &master).err(),
        Some(EnvelopeError::Authentication)
    );
}

#[test]
fn field_boundaries_are_authenticated() {
    let (ring, ..) = ring(1);
    let sealed = ring
        .seal(
            Place {
                table: "ab",
                column: "c",
                row: b"",
            },
            b"x",
            &SeededEntropy::new(9),
        )
        .unwrap();
    assert!(
        ring.open(
            Place {
                table: "a",
                column: "bc",
                row: b""
            },
            &sealed
        )
        .is_err()
    );
}

#[test]
fn a_retired_data_key_still_opens_and_no_longer_seals() {
    let entropy = SeededEntropy::new(3);
    let master = MasterKey::generate(&entropy).unwrap();
    let tenant = TenantId::new(Timestamp::EPOCH, &entropy);
    let mut keys = master.new_data_keys(tenant, Timestamp::EPOCH, &entropy).unwrap();
    let old = TenantKeyring::unwrap(tenant, &keys, &master).unwrap();
    let sealed = old.seal(PLACE, b"before", &entropy).unwrap();
    for key in &mut keys {
        key.retired = key.purpose == DataKeyPurpose::Sealing;
    }
    let later = Timestamp::from_seconds(10);
    let fresh = master.new_data_keys(tenant, later, &entropy).unwrap();
    keys.extend(fresh.into_iter().filter(|key| key.purpose == DataKeyPurpose::Sealing));
    let ring = TenantKeyring::unwrap(tenant, &keys, &master).unwrap();
    assert_eq!(ring.open(PLACE, &sealed).unwrap().expose(), b"before");
    assert_ne!(ring.active, old.active);
}

#[test]
fn truncated_and_foreign_bytes_are_refused() {
    let (ring, ..) = ring(1);
    for bytes in [vec![], vec![1], vec![2; 60], vec![1; 20]] {
        assert!(ring.open(PLACE, &Sealed::from_bytes(bytes)).is_err());
    }
}

#[test]
fn blind_indexes_differ_between_tenants_and_domains() {
    let (a, ..) = ring(1);
    let (b, ..) = ring(2);
    assert_eq!(a.blind_index("subject", b"u1"), a.blind_index("subject", b"u1"));
    assert_ne!(a.blind_index("subject", b"u1"), b.blind_index("subject", b"u1"));
    assert_ne!(a.blind_index("subject", b"u1"), a.blind_index("username", b"u1"));
}
