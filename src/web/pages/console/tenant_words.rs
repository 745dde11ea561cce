//! What states, contracts, places and steps of tenants are called.

use crate::web::language::words;

words! {
    /// Words that several pages about tenants share.
    TenantWords {
        active { "Active" "Activa" }
        preparing { "Being prepared" "En preparación" }
        suspended { "Suspended" "Suspendida" }
        deleted { "Deleted" "Eliminada" }
        standard { "Standard" "Estándar" }
        enterprise { "Enterprise" "Empresa" }
        shared { "Shared database" "Base de datos compartida" }
        dedicated { "Own database" "Base de datos propia" }
        record { "Entry in the registry and data keys" "Entrada en el registro y claves de datos" }
        database { "Database and its schema" "Base de datos y su esquema" }
        signing_keys { "Signing keys" "Claves de firma" }
        settings { "Settings and issuer" "Configuración y emisor" }
        apps { "Apps that every tenant has" "Aplicaciones de toda organización" }
        identity_provider { "Sign-in service" "Servicio de acceso" }
        fhir_server { "FHIR server" "Servidor FHIR" }
        audit { "Audit log" "Registro de auditoría" }
        invitation { "Invitation of the owner" "Invitación de la persona responsable" }
        activation { "Check, and open for sign-ins" "Comprobación y apertura" }
        waiting { "Waiting" "En espera" }
        running { "Running" "En curso" }
        done { "Done" "Hecho" }
        skipped { "Not needed" "No necesario" }
        failed { "Failed" "Falló" }
    }
}

impl TenantWords {
    /// A contract, by its name in the API.
    pub(in crate::web) fn tier(self, name: &str) -> &'static str {
        if name == "enterprise" {
            self.enterprise()
        } else {
            self.standard()
        }
    }

    /// A place, by its name in the API.
    pub(in crate::web) fn placement(self, name: &str) -> &'static str {
        if name == "dedicated" {
            self.dedicated()
        } else {
            self.shared()
        }
    }

    /// A step of onboarding, by its name in the API.
    pub(in crate::web) fn step(self, name: &str) -> &'static str {
        match name {
            "record" => self.record(),
            "database" => self.database(),
            "signing_keys" => self.signing_keys(),
            "settings" => self.settings(),
            "apps" => self.apps(),
            "identity_provider" => self.identity_provider(),
            "fhir_server" => self.fhir_server(),
            "audit" => self.audit(),
            "invitation" => self.invitation(),
            _ => self.activation(),
        }
    }

    /// What has become of a step, by its name in the API.
    pub(in crate::web) fn step_state(self, name: &str) -> &'static str {
        match name {
            "running" => self.running(),
            "done" => self.done(),
            "skipped" => self.skipped(),
            "failed" => self.failed(),
            _ => self.waiting(),
        }
    }
}

/// A state, by its name in the API.
pub(in crate::web) fn status_in_words(words: TenantWords, name: &str) -> &'static str {
    match name {
        "active" => words.active(),
        "preparing" => words.preparing(),
        "suspended" => words.suspended(),
        _ => words.deleted(),
    }
}

/// The look of a state's badge.
pub(in crate::web) fn status_class(name: &str) -> &'static str {
    match name {
        "active" => "good",
        "preparing" => "warning",
        "suspended" => "danger",
        _ => "plain",
    }
}
