//! The pages of the consoles: what administrators see. They share a layout with navigation, [`ConsoleFrame`].

mod activity;
mod app;
mod app_form;
mod apps;
mod event_words;
mod frame;
mod home;
mod keys;
mod people;
mod problem;
mod role_words;
mod sign_in;
mod usage;

pub use activity::{ActivityFilter, ConsoleActivity};
pub use app::{AppActions, AppDone, ConsoleApp, ConsoleAppSecret};
pub use app_form::{AppFormValues, ConsoleAppForm, ConsoleAppKinds, FieldFault};
pub use apps::{AppKind, AppRow, ConsoleApps};
pub use frame::{ConsoleFrame, NavigationItem, Section};
pub use home::{ActivityRow, ConsoleHome, SetupStep, SetupStepState};
pub use keys::{ConsoleKeys, KeyActions, KeyRow};
pub use people::{
    ConsentRow, ConsoleInvite, ConsolePeople, ConsolePerson, ConsoleUserLink, InviteValues, LocalFacts, PeopleFilter,
    PersonActions, PersonDone, PersonFacts, PersonForm, PersonRow, RoleRow, SessionRow,
};
pub use problem::{ConsoleProblem, ConsoleProblemPage};
pub use sign_in::{
    BringBackForm, CertificateRow, CertificatesPage, Choice, ConnectPage, FieldRow, Finding, MethodHead, MethodKind,
    MethodPage, MethodRow, MethodSteps, NewMethodPage, OfferPage, RuleField, RulesPage, SetupLinkRow, SetupWelcome,
    SetupWelcomeState, SignInMethodsPage, TestPage, TestRow, Worth,
};
pub use usage::{Chart, ConsoleUsage, Series, UsageAppRow, UsageSpan};

#[cfg(test)]
pub(super) mod samples;
