//! How pages show what happened at a sign-in: what the rules did, what came of it, and what the provider sent.

use crate::web::Language;
use crate::web::language::words;

/// What one rule did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceOutcome {
    /// It yielded a usable value.
    Matched,
    /// It yielded nothing.
    Empty,
    /// It failed, or its value is not usable.
    Failed,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct TraceLine {
    /// The rule, as it is named in settings.
    pub rule: &'static str,
    /// What it did.
    pub outcome: TraceOutcome,
    /// Why it failed, or what else there is to know.
    pub reason: Option<String>,
}

/// A sign-in, or rules that were tried out.
#[derive(Clone, Debug)]
pub struct TraceLook {
    /// The language of the page.
    pub language: Language,
    /// Whether somebody would be signed in.
    pub passed: bool,
    /// The check that refused it, by its code.
    pub check: String,
    /// Why it was refused, for who sets the provider up.
    pub detail: Option<String>,
    /// What each rule did.
    pub rules: Vec<TraceLine>,
    /// What came of the rules, by name.
    pub identity: Vec<(&'static str, String)>,
    /// What the provider sent, as JSON.
    pub claims: Option<String>,
}

words! {
    TraceWords {
        passed { "This sign-in works." "Este inicio de sesión funciona." }
        refused { "This sign-in was refused." "Este inicio de sesión fue rechazado." }
        check { "Failed check" "Comprobación fallida" }
        reason { "Reason" "Motivo" }
        rules { "What each rule did" "Qué hizo cada regla" }
        identity { "Who this is here" "Quién es aquí" }
        claims { "Everything the sign-in service sent" "Todo lo que envió el servicio de inicio de sesión" }
        matched { "matched" "coincidió" }
        empty { "nothing" "nada" }
        failed { "failed" "falló" }
    }
}

impl TraceLook {
    pub(in crate::web) const fn words(&self) -> TraceWords {
        TraceWords(self.language)
    }

    pub(in crate::web) fn outcome_of(&self, line: &TraceLine) -> &'static str {
        let words = self.words();
        match line.outcome {
            TraceOutcome::Matched => words.matched(),
            TraceOutcome::Empty => words.empty(),
            TraceOutcome::Failed => words.failed(),
        }
    }
}

impl TraceLine {
    pub(in crate::web) const fn badge(&self) -> &'static str {
        match self.outcome {
            TraceOutcome::Matched => "badge good",
            TraceOutcome::Empty => "badge",
            TraceOutcome::Failed => "badge warning",
        }
    }
}
