//! The pages of the consoles: what administrators see. They share a layout with navigation, [`ConsoleFrame`].

mod activity;
mod app;
mod app_edit;
mod app_form;
mod app_keys;
mod apps;
mod branding;
mod changes;
mod chart;
mod directory;
mod directory_form;
mod event_words;
mod fhir_server;
mod frame;
mod home;
mod keys;
mod launch;
mod operator_health;
mod operator_home;
mod operator_new_tenant;
mod operator_settings;
mod operator_tenant;
mod operator_tenants;
mod operators;
mod people;
mod problem;
mod role_words;
mod sign_in;
mod tenant_words;
mod usage;

pub use activity::{ActivityFilter, ConsoleActivity};
pub use app::{AppActions, AppDone, AppLinks, AppRequest, AppUsers, ConsoleApp, ConsoleAppSecret, SecondLook};
pub use app_edit::{AppEditValues, ConsoleAppEdit};
pub use app_form::{AppFormValues, ConsoleAppForm, ConsoleAppKinds, FieldFault};
pub use app_keys::{AppKeyRow, ConsoleAppKeys};
pub use apps::{AppKind, AppRow, ConsoleApps};
pub use branding::{BrandingValues, ConsoleBranding, ContrastRow, PreviewPage, PreviewSample};
pub use changes::{ChangeRow, ChangeUndo, ChangedThing, ConsoleChange, ConsoleChanges, MemberRow, UndoOffer};
pub(in crate::web) use changes::{difference_words, undo_words};
pub use chart::{Chart, ChartSpan, Measure, Series};
pub use directory::{
    AppDirectory, DirectoryActs, DirectoryAppPage, DirectoryApproval, DirectoryEdit, DirectoryFacts, DirectoryRow,
    TypedApproval,
};
pub use directory_form::{DirectoryFields, DirectoryForm};
pub(in crate::web) use event_words::event_row_words;
pub use fhir_server::{ConsoleFhirServer, DiscoveryRow, FhirServerRow};
pub use frame::{ConsoleFrame, NavigationItem, Section};
pub use home::{ActivityRow, ConsoleHome, SetupStep, SetupStepState};
pub use keys::{ConsoleKeys, KeyActions, KeyRow};
pub use launch::{ConsoleLaunch, ConsoleLaunchReady, Forecast, ForecastEnd, LaunchValues, WithheldRow};
pub use operator_health::{EndRow, OperatorHealth, TenantLink};
pub use operator_home::{Attention, OperatorHome};
pub use operator_new_tenant::{OperatorNewTenant, OperatorTenantCreated, StepRow, TypedTenant};
pub use operator_settings::{OperatorSettings, TypedSettings};
pub use operator_tenant::{AskedRequest, OperatorTenant, RefusedRow, ServiceRow, TenantActs, TenantDone, TenantInside};
pub use operator_tenants::{OperatorTenants, StateChip, TenantRow};
pub use operators::{OperatorActs, OperatorDone, OperatorRow, Operators, TypedOperator};
pub use people::{
    ConsentRow, ConsoleInvite, ConsolePeople, ConsolePerson, ConsoleUserLink, InviteValues, LocalFacts, PeopleFilter,
    PersonActions, PersonDone, PersonFacts, PersonForm, PersonRow, RoleRow, SessionRow, Unconfirmed,
};
pub use problem::{ConsoleProblem, ConsoleProblemPage};
pub use sign_in::{
    BringBackForm, CertificateRow, CertificatesPage, CheckedThing, Choice, ConnectPage, FieldRow, Finding, MethodHead,
    MethodKind, MethodPage, MethodRow, MethodSteps, NewMethodPage, OfferPage, RuleField, RulesPage, SetupLinkRow,
    SetupWelcome, SetupWelcomeState, SignInMethodsPage, TestPage, TestRow, Worth,
};
pub use usage::{ConsoleUsage, UsageAppRow};

#[cfg(test)]
mod directory_samples;
#[cfg(test)]
mod operator_samples;
#[cfg(test)]
pub(super) mod samples;
