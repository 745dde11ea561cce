//! What the demonstration can make go wrong in a launch, by name and in words.

use crate::web::Language;
use crate::web::language::words;

/// One fault. It happens where its step says, and what the app is told of it is the server's own answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DemoFault {
    /// The app is sent to another hospital's FHIR server than the one where the launch was registered.
    WrongHospital,
    /// The authorization request has another `client_id`.
    UnknownClient,
    /// It has another `redirect_uri`.
    OtherRedirect,
    /// Its `scope` holds nothing that can be granted.
    UnusableScope,
    /// It asks for less than the app did.
    FewerScopes,
    /// Its `aud` is another hospital.
    WrongAudience,
    /// Its `launch` is a handle that nobody knows, or no longer.
    StaleLaunch,
    /// It has no `code_challenge`.
    NoChallenge,
    /// It forbids pages (`prompt=none`).
    NoSignIn,
    /// The token request has wrong credentials.
    WrongCredentials,
    /// The app's assertion has expired.
    ExpiredAssertion,
    /// The app's assertion was used before.
    UsedAssertion,
    /// The code is a made-up one, for which the answer is that of an expired one.
    ExpiredCode,
    /// The code was used before.
    UsedCode,
    /// The `code_verifier` is another one.
    WrongVerifier,
    /// The refresh token is a made-up one.
    ExpiredRefresh,
    /// The refresh asks for more than was granted.
    WiderRefresh,
    /// The token endpoint takes its time.
    SlowToken,
    /// The token endpoint is out of order.
    TokenDown,
    /// The access token's signature is damaged.
    DamagedToken,
    /// The access token has expired.
    ExpiredToken,
    /// The access token is good, and for something else.
    ForeignScope,
    /// The access token is another hospital's.
    ForeignToken,
    /// The FHIR server is out of order.
    FhirDown,
}

/// Where a fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemoFaultStep {
    /// On the way to the sign-in.
    Authorize,
    /// At the token endpoint.
    Token,
    /// At the FHIR server.
    Fhir,
}

words! {
    FaultWords {
        wrong_hospital { "The launch belongs to the other hospital" "El lanzamiento pertenece al otro hospital" }
        unknown_client { "The app is unknown (client_id)" "La aplicación es desconocida (client_id)" }
        other_redirect { "The return address is not registered (redirect_uri)" "La dirección de vuelta no está registrada (redirect_uri)" }
        unusable_scope { "Nothing it asks for can be granted (scope)" "Nada de lo que pide se puede conceder (scope)" }
        fewer_scopes { "It is granted less than it asked for" "Se le concede menos de lo que pidió" }
        wrong_audience { "It asks for another FHIR server (aud)" "Pide otro servidor FHIR (aud)" }
        stale_launch { "The launch has expired or was used" "El lanzamiento ha caducado o ya se usó" }
        no_challenge { "No PKCE challenge" "Sin desafío PKCE" }
        no_sign_in { "Nobody is signed in, and no page may be shown" "Nadie ha iniciado sesión y no se puede mostrar ninguna página" }
        wrong_credentials { "The app's credentials are wrong" "Las credenciales de la aplicación son incorrectas" }
        expired_assertion { "The app's assertion has expired (sample app with a key)" "La aserción de la aplicación ha caducado (aplicación con clave)" }
        used_assertion { "The app's assertion was used before (apps with a key)" "La aserción de la aplicación ya se usó (aplicaciones con clave)" }
        expired_code { "The code has expired" "El código ha caducado" }
        used_code { "The code was used before" "El código ya se usó" }
        wrong_verifier { "The PKCE verifier is another one" "El verificador PKCE es otro" }
        expired_refresh { "The refresh token has expired" "El token de renovación ha caducado" }
        wider_refresh { "The refresh asks for more than was granted" "La renovación pide más de lo concedido" }
        slow_token { "The answer takes eight seconds" "La respuesta tarda ocho segundos" }
        token_down { "Out of order" "Fuera de servicio" }
        damaged_token { "The access token is damaged" "El token de acceso está dañado" }
        expired_token { "The access token has expired" "El token de acceso ha caducado" }
        foreign_scope { "The access token is for something else (403)" "El token de acceso es para otra cosa (403)" }
        foreign_token { "The access token is another hospital's (403)" "El token de acceso es de otro hospital (403)" }
        fhir_down { "Out of order" "Fuera de servicio" }
    }
}

impl DemoFault {
    /// All of them, in the order in which a launch meets them.
    pub const ALL: [Self; 24] = [
        Self::WrongHospital,
        Self::UnknownClient,
        Self::OtherRedirect,
        Self::UnusableScope,
        Self::FewerScopes,
        Self::WrongAudience,
        Self::StaleLaunch,
        Self::NoChallenge,
        Self::NoSignIn,
        Self::WrongCredentials,
        Self::ExpiredAssertion,
        Self::UsedAssertion,
        Self::ExpiredCode,
        Self::UsedCode,
        Self::WrongVerifier,
        Self::ExpiredRefresh,
        Self::WiderRefresh,
        Self::SlowToken,
        Self::TokenDown,
        Self::DamagedToken,
        Self::ExpiredToken,
        Self::ForeignScope,
        Self::ForeignToken,
        Self::FhirDown,
    ];

    /// The name in addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WrongHospital => "wrong-hospital",
            Self::UnknownClient => "unknown-client",
            Self::OtherRedirect => "other-redirect",
            Self::UnusableScope => "unusable-scope",
            Self::FewerScopes => "fewer-scopes",
            Self::WrongAudience => "wrong-audience",
            Self::StaleLaunch => "stale-launch",
            Self::NoChallenge => "no-challenge",
            Self::NoSignIn => "no-sign-in",
            Self::WrongCredentials => "wrong-credentials",
            Self::ExpiredAssertion => "expired-assertion",
            Self::UsedAssertion => "used-assertion",
            Self::ExpiredCode => "expired-code",
            Self::UsedCode => "used-code",
            Self::WrongVerifier => "wrong-verifier",
            Self::ExpiredRefresh => "expired-refresh",
            Self::WiderRefresh => "wider-refresh",
            Self::SlowToken => "slow-token",
            Self::TokenDown => "token-down",
            Self::DamagedToken => "damaged-token",
            Self::ExpiredToken => "expired-token",
            Self::ForeignScope => "foreign-scope",
            Self::ForeignToken => "foreign-token",
            Self::FhirDown => "fhir-down",
        }
    }

    /// The fault with this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }

    /// Where it happens.
    pub const fn step(self) -> DemoFaultStep {
        match self {
            Self::WrongHospital
            | Self::UnknownClient
            | Self::OtherRedirect
            | Self::UnusableScope
            | Self::FewerScopes
            | Self::WrongAudience
            | Self::StaleLaunch
            | Self::NoChallenge
            | Self::NoSignIn => DemoFaultStep::Authorize,
            Self::WrongCredentials
            | Self::ExpiredAssertion
            | Self::UsedAssertion
            | Self::ExpiredCode
            | Self::UsedCode
            | Self::WrongVerifier
            | Self::ExpiredRefresh
            | Self::WiderRefresh
            | Self::SlowToken
            | Self::TokenDown => DemoFaultStep::Token,
            Self::DamagedToken | Self::ExpiredToken | Self::ForeignScope | Self::ForeignToken | Self::FhirDown => {
                DemoFaultStep::Fhir
            }
        }
    }

    pub(in crate::web) const fn label(self, language: Language) -> &'static str {
        let words = FaultWords(language);
        match self {
            Self::WrongHospital => words.wrong_hospital(),
            Self::UnknownClient => words.unknown_client(),
            Self::OtherRedirect => words.other_redirect(),
            Self::UnusableScope => words.unusable_scope(),
            Self::FewerScopes => words.fewer_scopes(),
            Self::WrongAudience => words.wrong_audience(),
            Self::StaleLaunch => words.stale_launch(),
            Self::NoChallenge => words.no_challenge(),
            Self::NoSignIn => words.no_sign_in(),
            Self::WrongCredentials => words.wrong_credentials(),
            Self::ExpiredAssertion => words.expired_assertion(),
            Self::UsedAssertion => words.used_assertion(),
            Self::ExpiredCode => words.expired_code(),
            Self::UsedCode => words.used_code(),
            Self::WrongVerifier => words.wrong_verifier(),
            Self::ExpiredRefresh => words.expired_refresh(),
            Self::WiderRefresh => words.wider_refresh(),
            Self::SlowToken => words.slow_token(),
            Self::TokenDown => words.token_down(),
            Self::DamagedToken => words.damaged_token(),
            Self::ExpiredToken => words.expired_token(),
            Self::ForeignScope => words.foreign_scope(),
            Self::ForeignToken => words.foreign_token(),
            Self::FhirDown => words.fhir_down(),
        }
    }
}
