//! Spanish.

use super::notice::Identity;
use super::{Phrases, join};
use crate::smart::categories::Category;
use crate::smart::scope::{Constraint, Level, Parameter, Permissions, Scope};

pub(super) struct Spanish;

impl Phrases for Spanish {
    fn heading(&self, level: Level, permissions: Permissions) -> String {
        let record = match level {
            Level::Patient => "la historia clínica del paciente",
            Level::User => "cualquier historia clínica a la que usted tenga acceso",
            Level::System => {
                "cualquier historia clínica que la organización abra a esta aplicación, sin que nadie haya iniciado sesión"
            }
        };
        if permissions == Permissions::READ_AND_SEARCH {
            return format!("Ver datos de {record}");
        }
        if permissions == Permissions::READ {
            return format!("Ver datos de {record}, de uno en uno y sin hacer búsquedas");
        }
        if permissions == Permissions::SEARCH {
            return format!("Buscar datos en {record}");
        }
        let [create, update, delete] = [Permissions::CREATE, Permissions::UPDATE, Permissions::DELETE]
            .map(|permission| permissions.contains(permission));
        // The preposition belongs to the verb: "añadir a", "modificar de".
        let verbs = match (create, update, delete) {
            (true, false, false) => return format!("Añadir datos a {record}"),
            (false, true, false) => "Modificar",
            (false, false, _) => "Eliminar",
            (true, true, false) => "Añadir y modificar",
            (true, false, true) => "Añadir y eliminar",
            (false, true, true) => "Modificar y eliminar",
            (true, true, true) => "Añadir, modificar y eliminar",
        };
        format!("{verbs} datos en {record}")
    }

    fn all_types(&self) -> &'static str {
        "Todo, también los tipos de datos que se incorporen en el futuro"
    }

    fn other_types(&self) -> &'static str {
        "Todo lo demás, también los tipos de datos que se incorporen en el futuro"
    }

    fn other_kinds(&self) -> &'static str {
        "Las demás entradas, también las de tipos que se incorporen en el futuro"
    }

    fn resource(&self, name: &str) -> Option<&'static str> {
        Some(match name {
            "Account" => "Cuentas de facturación",
            "AdverseEvent" => "Incidentes durante la atención",
            "AllergyIntolerance" => "Alergias e intolerancias",
            "Appointment" => "Citas",
            "AuditEvent" => "Registro de quién ha consultado la historia",
            "Basic" => "Datos guardados por aplicaciones",
            "Binary" => "Archivos e imágenes",
            "CarePlan" => "Planes de cuidados",
            "CareTeam" => "Equipo que atiende al paciente",
            "Claim" => "Reclamaciones al seguro",
            "ClinicalImpression" => "Valoraciones clínicas",
            "Communication" => "Mensajes",
            "Composition" => "Documentos clínicos",
            "Condition" => "Problemas de salud y diagnósticos",
            "Consent" => "Consentimientos",
            "Coverage" => "Cobertura del seguro",
            "Device" => "Implantes y dispositivos médicos",
            "DiagnosticReport" => "Informes de pruebas e imágenes",
            "DocumentReference" => "Notas y documentos clínicos",
            "Encounter" => "Consultas e ingresos hospitalarios",
            "Endpoint" => "Direcciones de sistemas informáticos",
            "EpisodeOfCare" => "Procesos asistenciales",
            "ExplanationOfBenefit" => "Facturas y pagos del seguro",
            "FamilyMemberHistory" => "Antecedentes familiares",
            "Flag" => "Avisos de la historia clínica",
            "Goal" => "Objetivos de salud",
            "Group" => "Grupos de pacientes",
            "HealthcareService" => "Servicios sanitarios",
            "ImagingStudy" => "Radiografías, escáneres y otras imágenes",
            "Immunization" => "Vacunas",
            "List" => "Listas de la historia clínica",
            "Location" => "Lugares de atención",
            "Media" => "Fotografías y grabaciones",
            "Medication" => "Información sobre medicamentos",
            "MedicationAdministration" => "Medicamentos administrados",
            "MedicationDispense" => "Medicamentos entregados en la farmacia",
            "MedicationRequest" => "Recetas y órdenes de medicación",
            "MedicationStatement" => "Medicamentos que se toman",
            "NutritionOrder" => "Dietas",
            "Observation" => "Resultados de laboratorio, constantes vitales y otras observaciones",
            "Organization" => "Hospitales, consultas y otras organizaciones",
            "Patient" => "Nombre, fecha de nacimiento, dirección y otros datos personales",
            "Person" => "Datos de personas vinculadas a historias clínicas",
            "Practitioner" => "Médicos, enfermeros y demás personal",
            "PractitionerRole" => "Funciones y servicios del personal",
            "Procedure" => "Operaciones y otros procedimientos",
            "Provenance" => "Quién anotó o cambió los datos, y cuándo",
            "Questionnaire" => "Cuestionarios",
            "QuestionnaireResponse" => "Respuestas a cuestionarios",
            "RelatedPerson" => "Familiares y otros contactos",
            "RiskAssessment" => "Evaluaciones de riesgo",
            "Schedule" => "Agendas",
            "ServiceRequest" => "Derivaciones y peticiones de pruebas y tratamientos",
            "Slot" => "Horas de cita libres",
            "Specimen" => "Muestras, como sangre o tejido",
            "Task" => "Tareas",
            _ => return None,
        })
    }

    fn unknown_resource(&self, name: &str) -> String {
        // FHIR names its types in English only, so the name is quoted rather than passed off as Spanish.
        format!("Datos del tipo «{name}»")
    }

    fn category(&self, category: Category) -> &'static str {
        match category {
            Category::EncounterDiagnosis => "Diagnósticos hechos en consultas e ingresos",
            Category::HealthConcern => "Preocupaciones de salud",
            Category::ProblemListItem => "Lista de problemas",
            Category::Laboratory => "Resultados de laboratorio",
            Category::SocialHistory => "Hábitos y antecedentes sociales, como el tabaquismo",
            Category::VitalSigns => "Constantes vitales, como la tensión arterial",
            Category::Survey => "Respuestas a encuestas y cribados",
            Category::SocialDeterminants => "Condiciones de vida, como vivienda y alimentación",
            Category::ClinicalTest => "Pruebas clínicas, como un electrocardiograma",
        }
    }

    fn restriction(&self, constraint: &Constraint) -> String {
        match constraint.parameter() {
            Parameter::Plain(name) => {
                let values: Vec<String> = constraint.alternatives().iter().cloned().collect();
                format!("solo cuando {name} sea {}", join(&values, "o"))
            }
            _ => format!("solo lo que cumpla la condición {constraint}"),
        }
    }

    fn list(&self, parts: &[String]) -> String {
        join(parts, "y")
    }

    fn identity(&self, parts: &[String]) -> String {
        format!("Saber quién es usted: {}", join(parts, "y"))
    }

    fn identity_part(&self, part: Identity) -> &'static str {
        match part {
            Identity::SignIn => "que es usted quien ha iniciado sesión",
            Identity::Profile => "su nombre y su perfil",
            Identity::FhirUser => "cuál es su ficha en el sistema de historias clínicas",
            Identity::Email => "su correo electrónico",
            Identity::Phone => "su número de teléfono",
            Identity::Address => "su dirección postal",
        }
    }

    fn launch(&self) -> &'static str {
        "Saber qué tiene usted abierto en la historia clínica al iniciar la aplicación"
    }

    fn launch_context(&self, context: &str) -> String {
        match context {
            "patient" => "Saber qué paciente elige usted".to_owned(),
            "encounter" => "Saber en qué consulta o ingreso está trabajando".to_owned(),
            other => format!("Saber con qué elemento de este tipo está trabajando: {other}"),
        }
    }

    fn offline(&self) -> &'static str {
        "Conservar este acceso hasta que usted lo retire, también cuando no esté usando la aplicación"
    }

    fn online(&self) -> &'static str {
        "Conservar este acceso mientras usted mantenga la sesión iniciada"
    }

    fn extension(&self, name: &str) -> String {
        match name {
            Scope::ADMIN => {
                "Administrar este servicio en su nombre, hasta donde lleguen sus propias funciones".to_owned()
            }
            Scope::ADMIN_READ => {
                "Ver lo que ven los administradores, hasta donde lleguen sus propias funciones".to_owned()
            }
            _ => format!("Usar una función especial: {name}"),
        }
    }
}
