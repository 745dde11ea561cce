//! The pages of the consoles: what administrators see. They share a layout with navigation, [`ConsoleFrame`].

mod event_words;
mod frame;
mod home;
mod problem;
mod role_words;

pub use frame::{ConsoleFrame, NavigationItem, Section};
pub use home::{ActivityRow, ConsoleHome, SetupStep, SetupStepState};
pub use problem::{ConsoleProblem, ConsoleProblemPage};

#[cfg(test)]
pub(super) mod samples;
