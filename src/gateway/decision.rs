//! Whether a token's scopes allow a FHIR interaction (SMART App Launch 2.2, "Scopes for requesting FHIR Resources").
//!
//! Pure: what depends on a resource's content is answered as conditions, for the forwarding part to check. Scopes only
//! delegate; what the user may do at the FHIR server still cuts the answer down.

use super::compartment::{is_shared, shared_types};
use super::interaction::{Includes, Instance, Interaction, OperationTarget, Target};
use crate::smart::scope::{Constraint, Level, Permissions, ResourceScope, ResourceType};
use crate::smart::{FhirId, FhirUser, Scope, ScopeSet, TypeName};
use thiserror::Error;

/// What a token carries, as far as decisions need it.
#[derive(Debug, Clone, Copy)]
pub struct Granted<'a> {
    /// The granted scopes.
    pub scopes: &'a ScopeSet,
    /// The patient in context. Without one, `patient/` scopes allow nothing.
    pub patient: Option<&'a FhirId>,
    /// The user's own resource, on this FHIR server.
    pub fhir_user: Option<&'a FhirUser>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Forward.
    Allow,
    /// Forward, and let pass only resources for which [`Conditions::alternatives`] has one that is met: in a result,
    /// withhold the others; for a write, check the resource before and after.
    AllowIfMatches(Conditions),
    /// Answer 403 `insufficient_scope` (RFC 6750 section 3.1).
    Deny(Denial),
}

/// Which resources may pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditions {
    permitted: Vec<Permitted>,
}

/// One way in which a resource may pass: it is of the type, about the patient if one is named, and meets all constraints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permitted {
    /// The type.
    pub resource: ResourceType,
    /// The patient it must be about.
    pub patient: Option<FhirId>,
    /// The search criteria it must meet.
    pub constraints: Vec<Constraint>,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Denial {
    /// No granted scope gives this permission on this type.
    #[error("no granted scope allows this interaction on this resource type")]
    Scope,
    /// Only a `patient/` scope would, but no patient is in context.
    #[error("the granted scope is about one patient, but no patient is in context")]
    NoPatient,
    /// The request is about another patient than the one in context.
    #[error("the granted scope is about one patient, and this request is about another")]
    OtherPatient,
    /// The criteria look at resources the scopes do not open altogether, or choose what is written.
    #[error(
        "these search criteria reach beyond the granted scopes: use no chained, `_has`, `_filter` or `_query` parameters, and write by id"
    )]
    Criteria,
    /// The operation is not on the list.
    #[error("this operation is not enabled at this FHIR server")]
    Operation,
    /// A batch is decided by its entries.
    #[error("the entries of a batch are decided one by one")]
    Batch,
}

/// An operation that is allowed, and what a token must hold for it. SMART gives operations no scopes, so what is not
/// listed is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRule {
    /// The name without the `$`.
    pub name: String,
    /// Where it may be called.
    pub place: OperationPlace,
    /// The access it amounts to; all of it is needed. With nothing here, any valid token may call it.
    pub needs: Vec<(ResourceType, Permissions)>,
}

/// Where an operation is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationPlace {
    /// `[base]/$name`.
    System,
    /// `[base]/Type/$name`.
    Type(TypeName),
    /// `[base]/Type/id/$name`.
    Instance(TypeName),
}

impl OperationRule {
    fn applies(&self, name: &str, on: &OperationTarget) -> bool {
        let place = match (&self.place, on) {
            (OperationPlace::System, OperationTarget::System) => true,
            (OperationPlace::Type(own), OperationTarget::Type(resource)) => own == resource,
            (OperationPlace::Instance(own), OperationTarget::Instance(instance)) => *own == instance.resource,
            _ => false,
        };
        place && self.name == name
    }
}

impl Permitted {
    /// Whether nothing but the type is asked.
    pub fn is_unconditional(&self) -> bool {
        self.patient.is_none() && self.constraints.is_empty()
    }
}

impl Conditions {
    /// The ways in which a resource of this type may pass; none means that it may not.
    pub fn alternatives(&self, resource: &TypeName) -> impl Iterator<Item = &Permitted> {
        self.permitted
            .iter()
            .filter(move |permitted| permitted.resource.includes(resource))
    }
}

/// Decides one interaction.
pub fn decide(granted: &Granted<'_>, interaction: &Interaction, operations: &[OperationRule]) -> Decision {
    match interaction {
        Interaction::Discovery => Decision::Allow,
        Interaction::Read(instance) if is_own_resource(granted, instance) => Decision::Allow,
        // `r`: read, vread and the history of one instance.
        Interaction::Read(instance) | Interaction::VersionRead(instance) | Interaction::InstanceHistory(instance) => {
            on_instance(granted, instance, Permissions::READ)
        }
        // `s`: search, and the history of a type or of the system.
        Interaction::TypeSearch { resource, includes } => search(granted, std::slice::from_ref(resource), includes),
        Interaction::SystemSearch { resources, includes } => search(granted, resources, includes),
        Interaction::CompartmentSearch {
            compartment,
            resources,
            includes,
        } => compartment_search(granted, compartment, resources, includes),
        Interaction::TypeHistory(resource) => search(granted, std::slice::from_ref(resource), &Includes::default()),
        Interaction::SystemHistory => search(granted, &[], &Includes::default()),
        Interaction::Create(resource) => create(granted, resource),
        Interaction::Update(target) => on_target(granted, target, Permissions::UPDATE),
        Interaction::Delete(target) => on_target(granted, target, Permissions::DELETE),
        Interaction::Batch => Decision::Deny(Denial::Batch),
        Interaction::Operation { name, on } => operation(granted, name, on, operations),
    }
}

/// Decides the entries of a batch or transaction, each by itself. A batch answers refused entries one by one; a
/// transaction is refused as a whole when one of them is.
pub fn decide_entries(granted: &Granted<'_>, entries: &[Interaction], operations: &[OperationRule]) -> Vec<Decision> {
    entries.iter().map(|entry| decide(granted, entry, operations)).collect()
}

/// An app that may know who the user is may read that one resource (SMART App Launch 2.2, "Scopes for requesting
/// identity data": the claim's URL is meant to be read).
fn is_own_resource(granted: &Granted<'_>, instance: &Instance) -> bool {
    granted.scopes.contains(&Scope::OpenId)
        && granted.scopes.contains(&Scope::FhirUser)
        && granted
            .fhir_user
            .is_some_and(|user| user.is(&instance.resource, &instance.id))
}

/// What the scopes permit with this letter on these types.
fn permitted(
    granted: &Granted<'_>,
    resource: &ResourceType,
    permission: Permissions,
) -> Result<Vec<Permitted>, Denial> {
    let reaching =
        |scope: &&ResourceScope| scope.permissions().contains(permission) && scope.resource().covers(resource);
    let scopes: Vec<&ResourceScope> = granted.scopes.resources().filter(reaching).collect();
    let ways: Vec<Permitted> = scopes
        .iter()
        .filter_map(|scope| way(granted, scope, resource.clone(), permission))
        .collect();
    match ways.iter().find(|way| way.is_unconditional()) {
        // One unconditional way makes the others moot.
        Some(free) => Ok(vec![free.clone()]),
        None if !ways.is_empty() => Ok(ways),
        None if granted.patient.is_none() && scopes.iter().any(|scope| scope.level() == Level::Patient) => {
            Err(Denial::NoPatient)
        }
        None => Err(Denial::Scope),
    }
}

/// What one scope contributes. A `patient/` scope binds to the patient in context, except that it may read and search
/// what is shared by all patients; changing that is never about one patient.
fn way(
    granted: &Granted<'_>,
    scope: &ResourceScope,
    resource: ResourceType,
    permission: Permissions,
) -> Option<Permitted> {
    let constraints = scope.constraints().to_vec();
    let patient = match scope.level() {
        Level::User | Level::System => None,
        Level::Patient => {
            let patient = granted.patient?;
            let shared = matches!(&resource, ResourceType::Named(name) if is_shared(name));
            if shared && !(permission & Permissions::WRITE).is_empty() {
                return None;
            }
            (!shared).then(|| patient.clone())
        }
    };
    Some(Permitted {
        resource,
        patient,
        constraints,
    })
}

fn answer(permitted: Vec<Permitted>) -> Decision {
    if permitted.iter().all(Permitted::is_unconditional) {
        Decision::Allow
    } else {
        Decision::AllowIfMatches(Conditions { permitted })
    }
}

fn on_instance(granted: &Granted<'_>, instance: &Instance, permission: Permissions) -> Decision {
    let resource = ResourceType::Named(instance.resource.clone());
    let mut ways = match permitted(granted, &resource, permission) {
        Ok(ways) => ways,
        Err(denial) => return Decision::Deny(denial),
    };
    // Whether a Patient is the one in context is known from the id; no need to look into the resource.
    if instance.resource.as_str() == "Patient" {
        ways.retain(|way| way.patient.as_ref().is_none_or(|patient| *patient == instance.id));
        if ways.is_empty() {
            return Decision::Deny(Denial::OtherPatient);
        }
        for way in &mut ways {
            way.patient = None;
        }
        if ways.iter().any(Permitted::is_unconditional) {
            return Decision::Allow;
        }
    }
    answer(ways)
}

fn on_target(granted: &Granted<'_>, target: &Target, permission: Permissions) -> Decision {
    match target {
        Target::Instance(instance) => on_instance(granted, instance, permission),
        Target::Criteria(resource) => {
            match permitted(granted, &ResourceType::Named(resource.clone()), permission) {
                // The server chooses the resource by its criteria, so nobody could check it before it is written.
                Ok(ways) if !ways.iter().all(Permitted::is_unconditional) => Decision::Deny(Denial::Criteria),
                Ok(_) => Decision::Allow,
                Err(denial) => Decision::Deny(denial),
            }
        }
    }
}

fn create(granted: &Granted<'_>, resource: &TypeName) -> Decision {
    match permitted(granted, &ResourceType::Named(resource.clone()), Permissions::CREATE) {
        // A new Patient is by definition not the one in context.
        Ok(ways) if resource.as_str() == "Patient" && ways.iter().all(|way| way.patient.is_some()) => {
            Decision::Deny(Denial::OtherPatient)
        }
        Ok(mut ways) => {
            if resource.as_str() == "Patient" {
                ways.retain(|way| way.patient.is_none());
            }
            answer(ways)
        }
        Err(denial) => Decision::Deny(denial),
    }
}

/// A search is allowed when every type it asks for is; what it brings along is read by following references, so it needs
/// `r` or `s` on its type. Where only the answer tells the type, everything readable may pass and the rest is withheld.
fn search(granted: &Granted<'_>, resources: &[TypeName], includes: &Includes) -> Decision {
    let wanted: Vec<ResourceType> = if resources.is_empty() {
        vec![ResourceType::Any]
    } else {
        resources.iter().cloned().map(ResourceType::Named).collect()
    };
    let mut all = Vec::new();
    for resource in &wanted {
        match permitted(granted, resource, Permissions::SEARCH) {
            Ok(ways) => all.extend(ways),
            Err(denial) => return Decision::Deny(denial),
        }
    }
    if includes.elsewhere && !all_searchable(granted) {
        return Decision::Deny(Denial::Criteria);
    }
    for name in includes.named.iter().filter(|name| !resources.contains(name)) {
        match disclosed(granted, &ResourceType::Named(name.clone())) {
            Ok(ways) => all.extend(ways),
            Err(denial) => return Decision::Deny(denial),
        }
    }
    let unconditional = |ways: &[Permitted]| ways.iter().all(Permitted::is_unconditional);
    let anything_may_pass = || disclosed(granted, &ResourceType::Any).is_ok_and(|ways| unconditional(&ways));
    if unconditional(&all) && (!(resources.is_empty() || includes.unknown) || anything_may_pass()) {
        return Decision::Allow;
    }
    if resources.is_empty() {
        // Shared types pass under `patient/*` too, so the wildcard's own binding is not the whole answer.
        all.extend(by_type(granted, Permissions::SEARCH));
        return Decision::AllowIfMatches(Conditions { permitted: all });
    }
    if includes.unknown {
        let searched = |way: &Permitted| {
            resources
                .iter()
                .any(|name| way.resource == ResourceType::Named(name.clone()))
        };
        all.extend(
            by_type(granted, Permissions::READ_AND_SEARCH)
                .into_iter()
                .filter(|way| !searched(way)),
        );
        return Decision::AllowIfMatches(Conditions { permitted: all });
    }
    answer(all)
}

/// Whether every resource of every type may be searched. Criteria on other resources than those returned tell
/// something about them, and no filter on the result can take that back.
fn all_searchable(granted: &Granted<'_>) -> bool {
    permitted(granted, &ResourceType::Any, Permissions::SEARCH)
        .is_ok_and(|ways| ways.iter().all(Permitted::is_unconditional))
}

/// What may appear beside the results proper: resources the token may read or search.
fn disclosed(granted: &Granted<'_>, resource: &ResourceType) -> Result<Vec<Permitted>, Denial> {
    match (
        permitted(granted, resource, Permissions::READ),
        permitted(granted, resource, Permissions::SEARCH),
    ) {
        (Ok(mut read), Ok(search)) => {
            read.extend(search.into_iter().filter(|way| !read.contains(way)).collect::<Vec<_>>());
            match read.iter().find(|way| way.is_unconditional()) {
                Some(free) => Ok(vec![free.clone()]),
                None => Ok(read),
            }
        }
        (Ok(ways), Err(_)) | (Err(_), Ok(ways)) => Ok(ways),
        (Err(denial), Err(_)) => Err(denial),
    }
}

/// Everything some of these letters open, by type.
fn by_type(granted: &Granted<'_>, letters: Permissions) -> Vec<Permitted> {
    let mut ways = Vec::new();
    for scope in granted.scopes.resources() {
        let letters = scope.permissions() & letters;
        if letters.is_empty() {
            continue;
        }
        ways.extend(way(granted, scope, scope.resource().clone(), letters));
        if *scope.resource() == ResourceType::Any && scope.level() == Level::Patient {
            ways.extend(shared_types().filter_map(|name| way(granted, scope, ResourceType::Named(name), letters)));
        }
    }
    ways
}

/// As a search. In the compartment of another patient, `patient/` scopes count for nothing: even shared resources would
/// tell something about that patient there.
fn compartment_search(
    granted: &Granted<'_>,
    compartment: &Instance,
    resources: &[TypeName],
    includes: &Includes,
) -> Decision {
    let foreign = compartment.resource.as_str() == "Patient" && granted.patient != Some(&compartment.id);
    if !foreign {
        return search(granted, resources, includes);
    }
    match search(
        &Granted {
            patient: None,
            ..*granted
        },
        resources,
        includes,
    ) {
        Decision::Deny(Denial::NoPatient) if granted.patient.is_some() => Decision::Deny(Denial::OtherPatient),
        decision => decision,
    }
}

fn operation(granted: &Granted<'_>, name: &str, on: &OperationTarget, rules: &[OperationRule]) -> Decision {
    let Some(rule) = rules.iter().find(|rule| rule.applies(name, on)) else {
        return Decision::Deny(Denial::Operation);
    };
    // Joined letters: one scope must give all that is needed of a type, so that its constraints hold for all of it.
    let scopes = granted.scopes.normalise();
    let granted = Granted {
        scopes: &scopes,
        ..*granted
    };
    let mut all = Vec::new();
    for (resource, permissions) in &rule.needs {
        let mut ways = match permitted(&granted, resource, *permissions) {
            Ok(ways) => ways,
            Err(denial) => return Decision::Deny(denial),
        };
        if let OperationTarget::Instance(instance) = on
            && instance.resource.as_str() == "Patient"
        {
            ways.retain(|way| way.patient.as_ref().is_none_or(|patient| *patient == instance.id));
            if ways.is_empty() {
                return Decision::Deny(Denial::OtherPatient);
            }
        }
        let bound = !ways.iter().all(Permitted::is_unconditional);
        if *resource == ResourceType::Any && bound && (*permissions & Permissions::WRITE).is_empty() {
            let shared = |way: &Permitted| matches!(&way.resource, ResourceType::Named(name) if is_shared(name));
            ways.extend(by_type(&granted, *permissions).into_iter().filter(shared));
        }
        all.extend(ways);
    }
    answer(all)
}

#[cfg(test)]
mod tests;
