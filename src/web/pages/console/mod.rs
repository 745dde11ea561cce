//! The pages of the consoles: what administrators see. They share a layout with navigation, [`ConsoleFrame`].

mod activity;
mod app;
mod app_form;
mod apps;
mod event_words;
mod frame;
mod home;
mod keys;
mod problem;
mod role_words;

pub use activity::{ActivityFilter, ConsoleActivity};
pub use app::{AppActions, AppDone, ConsoleApp, ConsoleAppSecret};
pub use app_form::{AppFormValues, ConsoleAppForm, ConsoleAppKinds, FieldFault};
pub use apps::{AppKind, AppRow, ConsoleApps};
pub use frame::{ConsoleFrame, NavigationItem, Section};
pub use home::{ActivityRow, ConsoleHome, SetupStep, SetupStepState};
pub use keys::{ConsoleKeys, KeyActions, KeyRow};
pub use problem::{ConsoleProblem, ConsoleProblemPage};

#[cfg(test)]
pub(super) mod samples;
