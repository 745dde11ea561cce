//! Mapping rules: templates to begin with, and trying rules out on what a provider said.

use super::{Change, ControlError, TenantAdmin};
use crate::federation::mapping::templates::{self, MappingTemplate};
use crate::federation::mapping::{CompiledMapping, MappingRules, Resolver, RuleResult};
use crate::federation::trace::{SignInTrace, mask};
use crate::federation::{
    IdentityProvider, InvalidProvider, NotInspected, OidcDocument, SamlDocument, inspect_response, provider,
};
use crate::kernel::id::SignInTraceId;
use crate::kernel::{Secret, Timestamp};
use crate::patient_directory::PatientDirectory;
use crate::store::tenant::IdentityProviderRecord;
use crate::tenant::roles::Permission;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What rules are tried on.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MappingSubject {
    /// Claims that somebody pasted, as an ID token or a trace has them.
    Claims(Map<String, Value>),
    /// SAML attributes that somebody pasted: values, or lists of values, by name.
    Attributes(Map<String, Value>),
    /// What was recorded at a sign-in.
    Trace(SignInTraceId),
    /// A SAML response that somebody pasted: XML, or Base64 as the form carried it.
    SamlResponse(String),
}

/// What a pasted SAML response is worth.
#[derive(Clone, Debug, Serialize)]
pub struct PastedResponse {
    /// Whether the provider's keys prove it, and every check passes for the moment in which it was made and the request that it names.
    /// If not, anybody may have written what the rules were tried on.
    pub verified: bool,
    /// The check that refuses it.
    pub check: Option<&'static str>,
    /// Why.
    pub detail: Option<String>,
    /// When it was made, by its own words, RFC 3339.
    pub issued_at: Option<String>,
}

/// What came of a dry run.
#[derive(Clone, Debug, Serialize)]
pub struct MappingReport {
    /// Whether the sign-in would go on.
    pub accepted: bool,
    /// Why it would be refused.
    pub refusal: Option<String>,
    /// What each rule did.
    pub rules: Vec<RuleResult>,
    /// What the rules made of the claims; `None` when they refused.
    pub identity: Option<Value>,
    /// Whether the values are shapes only.
    pub masked: bool,
    /// Of a pasted SAML response, whether it is the provider's.
    pub response: Option<PastedResponse>,
}

/// What the rules are applied to.
struct Said {
    /// None of a response that cannot be read.
    claims: Option<Map<String, Value>>,
    masked: bool,
    response: Option<PastedResponse>,
}

impl From<Map<String, Value>> for Said {
    fn from(claims: Map<String, Value>) -> Self {
        Self {
            claims: Some(claims),
            masked: false,
            response: None,
        }
    }
}

impl TenantAdmin {
    /// The templates.
    pub fn list_mapping_templates(&self) -> Result<&'static [MappingTemplate], ControlError> {
        self.require(Permission::ReadIdentityProviders)?;
        Ok(templates::list())
    }

    /// The rules of a provider.
    pub async fn get_mapping(&self, alias: &str) -> Result<MappingRules, ControlError> {
        self.require(Permission::ReadIdentityProviders)?;
        let record = self.get_mapped_provider(alias).await?;
        rules_of(&record)
    }

    /// Replaces the rules of a provider, and nothing else of it.
    pub async fn save_mapping(&self, alias: &str, rules: &MappingRules) -> Result<Change, ControlError> {
        self.require(Permission::ManageIdentityProviders)?;
        CompiledMapping::compile(rules).map_err(InvalidProvider::Mapping)?;
        let record = self.get_mapped_provider(alias).await?;
        let secret = record.secret.as_ref();
        let secret = secret.and_then(|secret| String::from_utf8(secret.expose().clone()).ok().map(Secret::new));
        let document = if record.kind == provider::SAML {
            let mut document: SamlDocument = serde_json::from_str(&record.document)?;
            document.mapping = rules.clone();
            serde_json::to_string(&document)?
        } else {
            let mut document: OidcDocument = serde_json::from_str(&record.document)?;
            document.mapping = rules.clone();
            serde_json::to_string(&document)?
        };
        Box::pin(self.save_provider(alias, &record.kind, &record.display_name, document, secret)).await
    }

    /// Applies rules, those of the provider unless others are given, as a sign-in would, and changes nothing. The table of
    /// users and the FHIR server are really asked.
    ///
    /// The values of a recorded sign-in, and of a pasted response that only our key could open, are masked, unless `reveal` is wanted
    /// and allowed; that is recorded.
    pub async fn dry_run_mapping(
        &self,
        directory: &PatientDirectory,
        alias: &str,
        rules: Option<&MappingRules>,
        subject: &MappingSubject,
        reveal: bool,
    ) -> Result<MappingReport, ControlError> {
        self.require(Permission::ManageIdentityProviders)?;
        let record = self.get_mapped_provider(alias).await?;
        let stored = rules_of(&record)?;
        let provider_id = record.id;
        let compiled = CompiledMapping::compile(rules.unwrap_or(&stored)).map_err(InvalidProvider::Mapping)?;
        let said = match subject {
            MappingSubject::Claims(claims) => claims.clone().into(),
            MappingSubject::Attributes(attributes) => claims_of_attributes(attributes).into(),
            MappingSubject::SamlResponse(pasted) => self.look_into(record, pasted, reveal).await?,
            MappingSubject::Trace(id) => {
                let (listed, trace) = self.read_trace(*id, reveal).await?;
                if listed.provider != provider_id {
                    return Err(ControlError::Conflict(format!(
                        "the trace is of a sign-in at another provider than {alias}"
                    )));
                }
                Said {
                    masked: !reveal,
                    ..Said::from(recorded_claims(trace)?)
                }
            }
        };
        let Said {
            claims,
            masked,
            response,
        } = said;
        let refused_by = response.as_ref().and_then(|response| {
            let detail = response.detail.as_deref().unwrap_or_default();
            response.check.map(|check| format!("{check}: {detail}"))
        });
        let Some(claims) = claims else {
            return Ok(MappingReport {
                accepted: false,
                refusal: refused_by,
                rules: Vec::new(),
                identity: None,
                masked,
                response,
            });
        };
        let resolver = Resolver::new(&self.cx, directory);
        // A setup link tells nothing of the tenant's own people: neither its table nor its records are asked.
        let outcome = match self.actor().connection() {
            Some(_) => compiled.apply(&claims, alias),
            None => resolver.apply(&compiled, &claims, alias).await?,
        };
        let (identity, refusal) = match outcome.identity {
            Ok(identity) => (Some(serde_json::to_value(identity)?), None),
            Err(refusal) => (None, Some(refusal.to_string())),
        };
        let identity = identity.map(|mut identity| {
            if masked {
                mask(&mut identity);
            }
            identity
        });
        let refusal = refused_by.or(refusal);
        Ok(MappingReport {
            accepted: refusal.is_none(),
            refusal,
            rules: outcome.trace,
            identity,
            masked,
            response,
        })
    }

    /// What a pasted response says. What only our key could open is shown to those who may see values, and that is recorded.
    async fn look_into(
        &self,
        record: IdentityProviderRecord,
        pasted: &str,
        reveal: bool,
    ) -> Result<Said, ControlError> {
        let alias = record.alias.clone();
        let provider = IdentityProvider::try_from(record)?;
        let inspected = match inspect_response(&self.cx, &provider, pasted.to_owned()).await {
            Ok(Some(inspected)) => inspected,
            Ok(None) => {
                return Err(ControlError::invalid(
                    "saml_response",
                    format!("is not what {alias} sends: it is an OpenID Connect provider; paste claims"),
                ));
            }
            Err(NotInspected::Refused(refusal)) => {
                return Err(ControlError::invalid("saml_response", refusal.to_string()));
            }
            Err(NotInspected::Store(error)) => return Err(error.into()),
        };
        if inspected.encrypted && reveal {
            self.require(Permission::RevealTraces)?;
            let mut rows = self.cx.begin().await?;
            self.record(
                &mut rows,
                "sign_in_trace.revealed",
                Some(&alias),
                Some("a pasted response"),
            )
            .await?;
            rows.commit().await?;
        }
        let refusal = inspected.proof.err();
        Ok(Said {
            claims: inspected.claims,
            masked: inspected.encrypted && !reveal,
            response: Some(PastedResponse {
                verified: refusal.is_none(),
                check: refusal.as_ref().map(|refusal| refusal.check.as_str()),
                detail: refusal.map(|refusal| refusal.detail.into_owned()),
                issued_at: inspected.issued_at.map(Timestamp::to_rfc3339),
            }),
        })
    }

    /// A provider that has rules.
    async fn get_mapped_provider(&self, alias: &str) -> Result<IdentityProviderRecord, ControlError> {
        let record = self.find_provider(alias).await?;
        let record = record.ok_or_else(|| ControlError::NotFound {
            what: "identity provider",
            name: alias.to_owned(),
        })?;
        if record.kind == provider::LOCAL {
            return Err(ControlError::Conflict(format!(
                "{alias} has the tenant's own accounts, which need no mapping rules"
            )));
        }
        Ok(record)
    }
}

fn rules_of(record: &IdentityProviderRecord) -> Result<MappingRules, ControlError> {
    let mut document: Value = serde_json::from_str(&record.document)?;
    Ok(match document.get_mut("mapping").map(Value::take) {
        Some(mapping) => serde_json::from_value(mapping)?,
        None => MappingRules::default(),
    })
}

fn recorded_claims(trace: SignInTrace) -> Result<Map<String, Value>, ControlError> {
    if trace.claims_left_out {
        return Err(ControlError::Conflict(
            "the trace has no claims, because they were too long to be kept".into(),
        ));
    }
    if trace.protocol.is_none() {
        return Err(ControlError::Conflict(
            "the trace has no claims, because the sign-in was refused before anything was proven".into(),
        ));
    }
    Ok(trace.claims)
}

/// Attributes as the rules see those of an assertion. Whoever pastes them may not know which names are friendly, so each counts
/// as both; a subject is made up unless one is pasted too.
fn claims_of_attributes(attributes: &Map<String, Value>) -> Map<String, Value> {
    let mut lists = Map::new();
    for (name, value) in attributes {
        let list = match value {
            Value::Array(_) => value.clone(),
            single => json!([single]),
        };
        lists.insert(name.clone(), list);
    }
    let subject = "pasted-subject";
    Map::from_iter([
        ("sub".to_owned(), json!(subject)),
        (
            "name_id".to_owned(),
            json!({ "value": subject, "format": null, "name_qualifier": null }),
        ),
        ("attributes".to_owned(), Value::Object(lists.clone())),
        ("friendly".to_owned(), Value::Object(lists)),
    ])
}
