//! What users and groups have in common, so that the endpoints of both are written once (`endpoints`): how one is found, shown and
//! changed in a transaction of the caller's.

use super::connection::Connection;
use super::error::ScimError;
use super::filter::IndexKey;
use super::schema::ResourceKind;
use crate::store::{StoreError, TenantTx};
use serde_json::{Map, Value};
use std::fmt::Display;
use std::str::FromStr;

/// Attributes of a resource, by name.
pub(super) type Attributes = Map<String, Value>;

/// What is left to do when a change is committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Aftermath {
    /// Sessions ended of which apps are to be told.
    pub(super) has_notices: bool,
}

/// A resource of one kind. Everything is of one connection: what is another's is found by none of these.
pub(super) trait Resource: Sized + Send + Sync {
    /// What it is called by in addresses.
    type Id: Copy + Display + FromStr + Send + Sync;

    /// Its kind.
    const KIND: ResourceKind;
    /// The attribute that says to which resources of the other kind it belongs: shown and looked at only where it is wanted.
    const RELATED: &'static str;

    /// Counts its changes.
    fn version(&self) -> i64;

    /// The one of this id.
    fn find(
        connection: &Connection,
        tx: &mut TenantTx,
        id: Self::Id,
    ) -> impl Future<Output = Result<Option<Self>, StoreError>> + Send;

    /// The same, held until the transaction ends: nobody else changes it meanwhile.
    fn hold(
        connection: &Connection,
        tx: &mut TenantTx,
        id: Self::Id,
    ) -> impl Future<Output = Result<Option<Self>, StoreError>> + Send;

    /// Those that have this key. `None` when nothing is found by it.
    fn find_by(
        connection: &Connection,
        tx: &mut TenantTx,
        key: IndexKey<'_>,
    ) -> impl Future<Output = Result<Option<Vec<Self>>, StoreError>> + Send;

    /// How many there are.
    fn count(connection: &Connection, tx: &mut TenantTx) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Up to `limit` in order of their ids, behind the first `skip`.
    fn list(
        connection: &Connection,
        tx: &mut TenantTx,
        skip: u64,
        limit: u64,
    ) -> impl Future<Output = Result<Vec<Self>, StoreError>> + Send;

    /// As it is shown; with [`Self::RELATED`] only when `related`.
    fn shown(
        &self,
        connection: &Connection,
        tx: &mut TenantTx,
        related: bool,
    ) -> impl Future<Output = Result<Attributes, StoreError>> + Send;

    /// The attributes with which a change begins.
    fn attributes(&self, tx: &mut TenantTx) -> impl Future<Output = Result<Attributes, StoreError>> + Send;

    /// What a replacement by `attributes` makes of it, which has those of `before`.
    fn replacement(_before: &Attributes, attributes: Attributes) -> Attributes {
        attributes
    }

    /// Makes one.
    fn create(
        connection: &Connection,
        tx: &mut TenantTx,
        attributes: Attributes,
    ) -> impl Future<Output = Result<(Self::Id, Aftermath), ScimError>> + Send;

    /// Brings one that is held to these attributes.
    fn update(
        self,
        connection: &Connection,
        tx: &mut TenantTx,
        attributes: Attributes,
    ) -> impl Future<Output = Result<Aftermath, ScimError>> + Send;

    /// Removes one that is held.
    fn delete(
        self,
        connection: &Connection,
        tx: &mut TenantTx,
    ) -> impl Future<Output = Result<Aftermath, ScimError>> + Send;
}
