//! English.

use super::notice::Identity;
use super::{Phrases, join};
use crate::smart::categories::Category;
use crate::smart::scope::{Constraint, Level, Parameter, Permissions, Scope};

pub(super) struct English;

impl Phrases for English {
    fn heading(&self, level: Level, permissions: Permissions) -> String {
        let object = match level {
            Level::Patient => "information in the patient's record",
            Level::User => "information in any record you have access to",
            Level::System => "information in any record the organisation opens to this app, with nobody signed in",
        };
        if permissions == Permissions::READ_AND_SEARCH {
            format!("See {object}")
        } else if permissions == Permissions::READ {
            format!("See {object}, one entry at a time and without searching")
        } else if permissions == Permissions::SEARCH {
            format!("Search for {object}")
        } else {
            let verbs = [
                (Permissions::CREATE, "add"),
                (Permissions::UPDATE, "change"),
                (Permissions::DELETE, "delete"),
            ];
            let verbs: Vec<String> = verbs
                .into_iter()
                .filter(|(permission, _)| permissions.contains(*permission))
                .map(|(_, verb)| verb.to_owned())
                .collect();
            let mut sentence = format!("{} {object}", join(&verbs, "and"));
            capitalise(&mut sentence);
            sentence
        }
    }

    fn all_types(&self) -> &'static str {
        "Everything, including kinds of information that are added in future"
    }

    fn other_types(&self) -> &'static str {
        "Everything else, including kinds of information that are added in future"
    }

    fn other_kinds(&self) -> &'static str {
        "All other entries, including kinds that are added in future"
    }

    fn resource(&self, name: &str) -> Option<&'static str> {
        Some(match name {
            "Account" => "Billing accounts",
            "AdverseEvent" => "Harmful events in care",
            "AllergyIntolerance" => "Allergies and intolerances",
            "Appointment" => "Appointments",
            "AuditEvent" => "Logs of who used the record",
            "Basic" => "Data that apps have stored",
            "Binary" => "Files and pictures",
            "CarePlan" => "Care plans",
            "CareTeam" => "Care team members",
            "Claim" => "Insurance claims",
            "ClinicalImpression" => "Clinical assessments",
            "Communication" => "Messages",
            "Composition" => "Clinical documents",
            "Condition" => "Health problems and diagnoses",
            "Consent" => "Consents",
            "Coverage" => "Insurance coverage",
            "Device" => "Implants and medical devices",
            "DiagnosticReport" => "Test and imaging reports",
            "DocumentReference" => "Clinical notes and documents",
            "Encounter" => "Visits and hospital stays",
            "Endpoint" => "Addresses of computer systems",
            "EpisodeOfCare" => "Episodes of care",
            "ExplanationOfBenefit" => "Insurance bills and payments",
            "FamilyMemberHistory" => "Family health history",
            "Flag" => "Warnings in the record",
            "Goal" => "Health goals",
            "Group" => "Groups of patients",
            "HealthcareService" => "Healthcare services",
            "ImagingStudy" => "X-rays, scans and other images",
            "Immunization" => "Vaccinations",
            "List" => "Lists in the record",
            "Location" => "Places of care",
            "Media" => "Photos and recordings",
            "Medication" => "Details of medicines",
            "MedicationAdministration" => "Medicines given",
            "MedicationDispense" => "Medicines handed out by pharmacies",
            "MedicationRequest" => "Prescriptions and medication orders",
            "MedicationStatement" => "Medicines taken",
            "NutritionOrder" => "Diets",
            "Observation" => "Lab results, vital signs and other observations",
            "Organization" => "Hospitals, practices and other organisations",
            "Patient" => "Name, birth date, address and other personal details",
            "Person" => "Personal details of people linked to records",
            "Practitioner" => "Doctors, nurses and other staff",
            "PractitionerRole" => "Roles and departments of staff",
            "Procedure" => "Operations and other procedures",
            "Provenance" => "Who entered or changed information, and when",
            "Questionnaire" => "Questionnaires",
            "QuestionnaireResponse" => "Answers to questionnaires",
            "RelatedPerson" => "Relatives and other contacts",
            "RiskAssessment" => "Risk assessments",
            "Schedule" => "Calendars",
            "ServiceRequest" => "Referrals and orders for tests and treatments",
            "Slot" => "Free appointment times",
            "Specimen" => "Samples, such as blood or tissue",
            "Task" => "Tasks",
            _ => return None,
        })
    }

    fn unknown_resource(&self, name: &str) -> String {
        name.to_owned()
    }

    fn category(&self, category: Category) -> &'static str {
        match category {
            Category::EncounterDiagnosis => "Diagnoses made at visits",
            Category::HealthConcern => "Health concerns",
            Category::ProblemListItem => "Problem list",
            Category::Laboratory => "Lab results",
            Category::SocialHistory => "Social history, such as smoking",
            Category::VitalSigns => "Vital signs, such as blood pressure",
            Category::Survey => "Answers to surveys and screenings",
            Category::SocialDeterminants => "Living conditions, such as housing and food",
            Category::ClinicalTest => "Clinical tests, such as an ECG",
        }
    }

    fn restriction(&self, constraint: &Constraint) -> String {
        match constraint.parameter() {
            Parameter::Plain(name) => {
                let values: Vec<String> = constraint.alternatives().iter().cloned().collect();
                format!("only where {name} is {}", join(&values, "or"))
            }
            _ => format!("only what meets the condition {constraint}"),
        }
    }

    fn list(&self, parts: &[String]) -> String {
        join(parts, "and")
    }

    fn identity(&self, parts: &[String]) -> String {
        format!("Know who you are: {}", join(parts, "and"))
    }

    fn identity_part(&self, part: Identity) -> &'static str {
        match part {
            Identity::SignIn => "that it is you who signed in",
            Identity::Profile => "your name and profile",
            Identity::FhirUser => "which entry in the health record system is yours",
            Identity::Email => "your e-mail address",
            Identity::Phone => "your phone number",
            Identity::Address => "your postal address",
        }
    }

    fn launch(&self) -> &'static str {
        "Know what you have open in the health record when you start the app"
    }

    fn launch_context(&self, context: &str) -> String {
        match context {
            "patient" => "Know which patient you choose".to_owned(),
            "encounter" => "Know which visit you are working on".to_owned(),
            other => format!("Know which entry of this kind you are working on: {other}"),
        }
    }

    fn offline(&self) -> &'static str {
        "Keep this access until you withdraw it, also when you are away and not using the app"
    }

    fn online(&self) -> &'static str {
        "Keep this access for as long as you stay signed in"
    }

    fn extension(&self, name: &str) -> String {
        match name {
            Scope::ADMIN => "Administer this service in your name, as far as your own roles reach".to_owned(),
            Scope::ADMIN_READ => "See what administrators see, as far as your own roles reach".to_owned(),
            _ => format!("Use a special function: {name}"),
        }
    }
}

fn capitalise(text: &mut str) {
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
}
