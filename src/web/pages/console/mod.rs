//! The pages of the consoles: what administrators see. They share a layout with navigation, [`ConsoleFrame`].

mod day_chart;
mod event_words;
mod frame;
mod home;
mod operator_new_tenant;
mod operator_tenant;
mod operator_tenants;
mod problem;
mod role_words;
mod tenant_words;

pub use day_chart::{Counted, DayChart};
pub use frame::{ConsoleFrame, NavigationItem, Section};
pub use home::{ActivityRow, ConsoleHome, SetupStep, SetupStepState};
pub use operator_new_tenant::{OperatorNewTenant, OperatorTenantCreated, StepRow, TypedTenant};
pub use operator_tenant::{OperatorTenant, TenantActs, TenantDone, TenantInside};
pub use operator_tenants::{OperatorTenants, StateChip, TenantRow};
pub use problem::{ConsoleProblem, ConsoleProblemPage};

#[cfg(test)]
mod operator_samples;
#[cfg(test)]
pub(super) mod samples;
