//! The pages, one struct and one template each.
//!
//! Fields are plain data. What a page needs stands in its type: a page that posts has a `csrf`, every page a `chrome`.

mod account;
mod choose_identity_provider;
mod choose_password;
mod claim_words;
mod confirm_logout;
mod confirm_sign_in;
mod connected_apps;
mod consent;
pub mod console;
mod continue_sign_in;
mod demo_fault;
mod demo_home;
mod demo_launcher;
mod demo_people;
mod developers;
mod device_code;
mod device_confirm;
mod device_done;
mod encounter_picker;
mod error;
mod error_code;
mod forgot_password;
mod form_post;
mod not_found;
mod passkey;
mod password_saved;
mod patient_picker;
mod record_choice;
mod recovery_codes;
mod reference;
mod sample_app;
mod second_factor;
mod set_up_app;
mod sign_in;
mod signed_out;
mod suspended;
mod test_sign_in;
mod trace;
mod withdraw_app;
mod wrong_user;

pub use account::{AccountDone, AccountPage, PasskeyItem, SecurityFacts, SessionItem};
pub use choose_identity_provider::{AddressQuestion, ChooseIdentityProvider, IdentityProviderChoice};
pub use choose_password::{ChoosePassword, PasswordProblem};
pub use confirm_logout::ConfirmLogout;
pub use confirm_sign_in::ConfirmSignIn;
pub use connected_apps::{ConnectedAccess, ConnectedAppItem, ConnectedApps};
pub use consent::{
    AboutApp, AppLink, Consent, ConsentCheckbox, ConsentGroup, ConsentItem, ConsentKind, ConsentOffline, ConsentServer,
    PatientSummary,
};
pub use continue_sign_in::{ContinueReason, ContinueSignIn};
pub use demo_fault::{DemoFault, DemoFaultStep};
pub use demo_home::{DemoHome, DemoLaunch, DemoTenant, DemoUser};
pub use demo_launcher::{
    DemoLauncher, LaunchOutcome, LauncherHospital, LauncherProblem, LauncherSettings, ReadyLaunch,
};
pub use demo_people::DemoPeople;
pub use developers::{DeveloperApp, DeveloperAppGone, DeveloperExplain, DevelopersHome, Finding, RequestFault};
pub use device_code::{DeviceCode, DeviceCodeProblem};
pub use device_confirm::DeviceConfirm;
pub use device_done::{DeviceDone, DeviceOutcome};
pub use encounter_picker::{EncounterPicker, EncounterPickerState, EncounterRow};
pub use error::{Action, ErrorPage, Problem, Technical};
pub use error_code::{ErrorCodePage, ErrorCodesPage};
pub use forgot_password::{ForgotPassword, ForgotPasswordState};
pub use form_post::{FormPost, FormPostTarget};
pub use not_found::NotFound;
pub use passkey::PasskeyPage;
pub use password_saved::PasswordSaved;
pub use patient_picker::{Deceased, PatientPicker, PatientRow, PickerProblem, PickerState, RecordNumber, Sex};
pub use record_choice::{RecordChoice, RecordChoiceState};
pub use recovery_codes::{RecoveryCodes, RecoveryCodesState};
pub use sample_app::{SampleApp, SampleHospital};
pub use second_factor::{CodeProblem, SecondFactor};
pub use set_up_app::{QrPicture, SetUpApp};
pub use sign_in::{SignIn, SignInProblem};
pub use signed_out::{SignedOut, SignedOutUpstream};
pub use suspended::Suspended;
pub use test_sign_in::{TestSignIn, TestSignInState};
pub use trace::{TraceLine, TraceLook, TraceOutcome};
pub use withdraw_app::WithdrawApp;
pub use wrong_user::WrongUser;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
