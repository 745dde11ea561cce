//! Setting up how patients are found and who may choose them.

use super::{Change, ControlError, Precondition, TenantAdmin};
use crate::kernel::Secret;
use crate::patient_directory::{
    CheckStep, PATIENT_DIRECTORY_SECRET, PatientDirectory, ProvideKeyError, provide_backend_key,
};
use crate::smart::{FhirBase, SearchRestriction};
use crate::tenant::TenantDocument;
use crate::tenant::patient_directory::{DirectoryAuthentication, PickerPage};
use crate::tenant::roles::Permission;
use serde::Serialize;

/// How this server is to reach the tenant's FHIR server.
pub struct DirectoryAccess {
    /// The FHIR server, when that is not the tenant's first FHIR base.
    pub fhir_base: Option<FhirBase>,
    /// How to authenticate there.
    pub authentication: DirectoryAuthentication,
    /// The bearer token or client secret; the stored one stays when none is given.
    pub secret: Option<Secret<String>>,
    /// Whether encounters can be chosen.
    pub encounters: bool,
    /// Whether a new key is made, although there is one.
    pub new_key: bool,
}

/// The settings, as administration shows them: without the secret.
#[derive(Clone, Debug, Serialize)]
pub struct DirectorySummary {
    /// The FHIR server that is asked.
    pub fhir_base: Option<String>,
    /// How.
    pub auth: &'static str,
    /// The token endpoint.
    pub token_endpoint: Option<String>,
    /// Our client id there.
    pub client_id: Option<String>,
    /// The scope asked for.
    pub scope: Option<String>,
    /// Whether a secret is stored.
    pub secret: bool,
    /// The JWKS to register at the FHIR server's authorization server, for `private-key-jwt`.
    pub jwks_uri: Option<String>,
    /// Whether encounters can be chosen.
    pub encounters: bool,
    /// Roles that may choose; empty for every practitioner.
    pub roles: Vec<String>,
    /// Which patients they may choose.
    pub restriction: Option<String>,
    /// The tenant's own page for choosing.
    pub picker_page: Option<PickerPage>,
}

impl From<ProvideKeyError> for ControlError {
    fn from(error: ProvideKeyError) -> Self {
        match error {
            ProvideKeyError::Keys(error) => error.into(),
            ProvideKeyError::Store(error) => error.into(),
        }
    }
}

impl TenantAdmin {
    async fn change_document(&self, change: impl FnOnce(&mut TenantDocument)) -> Result<Change, ControlError> {
        let (_, change) = self
            .change_settings(&Precondition::None, |old| {
                let mut document = old.clone();
                change(&mut document);
                Ok(document)
            })
            .await?;
        Ok(change)
    }

    /// Sets how the tenant's FHIR server is asked for patients and encounters.
    pub async fn set_patient_directory(&self, access: DirectoryAccess) -> Result<Change, ControlError> {
        self.require(Permission::ManageSettings)?;
        let authentication = access.authentication;
        let stored = self
            .cx
            .read()
            .await?
            .find_tenant_secret(PATIENT_DIRECTORY_SECRET)
            .await?;
        if authentication.needs_secret() && access.secret.is_none() && stored.is_none() {
            let problem = format!("{} needs one; give --secret-file", authentication.name());
            return Err(ControlError::invalid("secret", problem));
        }
        // The tenant's own first base is what is meant by none, wherever it is later.
        let first = self.cx.tenant().fhir_bases.first();
        let fhir_base = access.fhir_base.filter(|base| Some(base) != first);
        let before = self.cx.document().directory().authentication.clone();
        let change = self
            .change_document(|document| {
                let mut directory = document.directory().clone();
                directory.fhir_base = fhir_base;
                directory.authentication = authentication.clone();
                directory.encounters = access.encounters;
                document.patient_directory = Some(directory);
            })
            .await?;
        if self.is_dry_run() {
            return Ok(change);
        }
        let mut made = false;
        if let DirectoryAuthentication::PrivateKeyJwt(client) = &authentication {
            made = provide_backend_key(&self.cx, client.algorithm, access.new_key).await?;
        }
        let secret = access
            .secret
            .map(|secret| Secret::new(secret.expose().as_bytes().to_vec()));
        let same = match (&secret, &stored) {
            (Some(given), Some(stored)) => given.ct_eq(stored.expose()),
            (Some(_), None) => false,
            // A secret is for the way of authenticating that it was given for, and is forgotten with it.
            (None, stored) => stored.is_none() || before.name() == authentication.name(),
        };
        if !same {
            let mut rows = self.cx.begin().await?;
            match &secret {
                Some(secret) => {
                    rows.save_tenant_secret(PATIENT_DIRECTORY_SECRET, secret, self.cx.now(), self.cx.entropy())
                        .await?;
                }
                None => rows.delete_tenant_secret(PATIENT_DIRECTORY_SECRET).await?,
            }
            self.record(&mut rows, "patient_directory.secret_changed", None, None)
                .await?;
            rows.commit().await?;
        }
        if made || !same {
            self.announce().await?;
            return Ok(Change::Updated);
        }
        Ok(change)
    }

    /// Sets who may choose which patients: holders of these roles (every practitioner when there are none), within a search
    /// (every patient when there is none).
    pub async fn set_patient_choice(
        &self,
        roles: Vec<String>,
        restriction: Option<SearchRestriction>,
    ) -> Result<Change, ControlError> {
        self.change_document(|document| {
            let mut directory = document.directory().clone();
            directory.restriction = restriction;
            document.patient_directory = Some(directory);
            document.patient_picker_roles = roles;
        })
        .await
    }

    /// Sets or removes the tenant's own page for choosing a patient.
    pub async fn set_picker_page(&self, page: Option<PickerPage>) -> Result<Change, ControlError> {
        self.change_document(|document| {
            let mut directory = document.directory().clone();
            directory.picker_page = page;
            document.patient_directory = Some(directory);
        })
        .await
    }

    /// The settings in force.
    pub async fn get_patient_directory(&self) -> Result<DirectorySummary, ControlError> {
        self.require(Permission::ReadSettings)?;
        let cx = &self.cx;
        let settings = cx.document().directory();
        let stored = cx.read().await?.find_tenant_secret(PATIENT_DIRECTORY_SECRET).await?;
        let client = settings.authentication.client();
        let base = settings.fhir_base.as_ref().or_else(|| cx.tenant().fhir_bases.first());
        let by_key = matches!(settings.authentication, DirectoryAuthentication::PrivateKeyJwt(_));
        Ok(DirectorySummary {
            fhir_base: base.map(ToString::to_string),
            auth: settings.authentication.name(),
            token_endpoint: client.map(|client| client.token_endpoint.clone()),
            client_id: client.map(|client| client.client_id.clone()),
            scope: client.map(|client| client.scope.clone()),
            secret: stored.is_some(),
            jwks_uri: by_key.then(|| cx.urls().endpoint("backend-jwks")),
            encounters: settings.encounters,
            roles: cx.document().patient_picker_roles.clone(),
            restriction: settings.restriction.as_ref().map(ToString::to_string),
            picker_page: settings.picker_page.clone(),
        })
    }

    /// Really asks the FHIR server, step by step.
    pub async fn check_patient_directory(&self, directory: &PatientDirectory) -> Result<Vec<CheckStep>, ControlError> {
        self.require(Permission::ManageSettings)?;
        Ok(directory.check(&self.cx).await)
    }
}
