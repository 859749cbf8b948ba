//! Customs documents and container numbers.

use segel_model as model;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Day, Moment, Named};

mirror! {
    /// What kind of paper it is.
    DocumentKind of model::document::DocumentKind { Plp, Bc12, StoragePermit }
}

/// A customs document.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Document {
    /// Its number in Segel.
    pub id: u64,
    /// What kind of paper.
    pub kind: DocumentKind,
    /// The TPS-Online code of that kind.
    #[schema(example = 3)]
    pub kind_code: u16,
    /// Its number, as printed.
    #[schema(example = "016805")]
    pub number: String,
    /// Its date.
    pub date: Day,
    /// The last day it may be used.
    pub valid_until: Option<Day>,
    /// The office that issued it.
    #[schema(example = "060100")]
    pub office: String,
    /// The office at the other end.
    pub destination_office: String,
    /// TPS the goods leave.
    pub tps_origin: String,
    /// TPS they go to.
    pub tps_destination: String,
    /// Manifest number and date.
    pub bc11: Option<String>,
    /// Nomor aju.
    pub submission_number: Option<String>,
    /// Whose goods.
    pub owner: Named,
    /// The containers it lists.
    pub lines: Vec<DocumentLine>,
    /// The paper itself, as a stored file; read it at `/documents/{id}/scan`.
    pub scan: Option<String>,
    /// Where it stands.
    pub status: DocumentStatus,
    /// Why it was refused or cancelled.
    pub reason: Option<String>,
    /// When it was entered.
    pub registered: Moment,
    /// Who decided.
    pub decided_by: Option<Named>,
    /// When it was decided.
    pub decided: Option<Moment>,
}

/// Where a document stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DocumentStatus {
    /// Waits for an officer.
    Submitted,
    /// An officer found it right.
    Verified,
    /// An officer refused it.
    Refused,
    /// It was cancelled.
    Cancelled,
}

/// One container on a document.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DocumentLine {
    /// Its position, from 0; `approved` of a verification names it.
    pub position: u16,
    /// Which container.
    #[schema(example = "CSQU3054383")]
    pub container: String,
    /// Its check digit is the one it should be.
    pub check_digit_holds: bool,
    /// 20, 40 or 45 feet.
    pub size_ft: u8,
    /// ISO size and type.
    pub size_type: Option<String>,
    /// An officer approved it.
    pub approved: bool,
    /// The trip it backs.
    pub trip: Option<u64>,
}

/// Enter a document.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "kind": "plp", "number": "016805", "date": "2026-11-20", "valid_until": "2026-12-20",
    "office": "060100", "destination_office": "060100", "tps_origin": "TPKS", "tps_destination": "GRHA",
    "bc11": "001234 2026-11-18", "submission_number": null, "owner": 3,
    "lines": [{"container": "CSQU3054383", "size_ft": 40, "size_type": "45R1"}], "scan": null
}))]
pub struct NewDocument {
    /// What kind of paper.
    pub kind: DocumentKind,
    /// Its number, as printed.
    pub number: String,
    /// Its date.
    pub date: Day,
    /// The last day it may be used.
    pub valid_until: Option<Day>,
    /// The office that issued it.
    pub office: String,
    /// The office at the other end; the same where nothing is said.
    pub destination_office: Option<String>,
    /// TPS the goods leave.
    pub tps_origin: String,
    /// TPS they go to.
    pub tps_destination: String,
    /// Manifest number and date.
    pub bc11: Option<String>,
    /// Nomor aju.
    pub submission_number: Option<String>,
    /// Whose goods; the asker's own organisation where nothing is said.
    pub owner: Option<u64>,
    /// The containers it lists, 1 to 500.
    pub lines: Vec<NewDocumentLine>,
    /// SHA-256 of a file stored through `/scans` before.
    pub scan: Option<String>,
}

/// One container on a new document.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewDocumentLine {
    /// As typed; spaces and dashes are forgiven.
    pub container: String,
    /// 20, 40 or 45 feet.
    pub size_ft: u8,
    /// ISO size and type.
    pub size_type: Option<String>,
}

/// An officer has seen the document and found it right.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"approved": [0], "remark": "sesuai"}))]
pub struct VerifyDocument {
    /// Positions of the approved lines.
    pub approved: Vec<u16>,
    /// A remark.
    #[serde(default)]
    pub remark: String,
}

/// A paper was stored; name it in `NewDocument.scan`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StoredScan {
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// As its bytes say: a PDF or a picture.
    pub media_type: String,
    /// Its length.
    pub bytes: u64,
}

/// Ask about a container number.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"number": "csqu 305438-3"}))]
pub struct ContainerQuestion {
    /// As typed.
    pub number: String,
}

/// What ISO 6346 says of a container number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"number": "CSQU3054383", "fault": null, "check_digit_holds": true, "expected_check_digit": 3}))]
pub struct ContainerAnswer {
    /// In capitals, without spaces; nothing where the form is wrong.
    pub number: Option<String>,
    /// What is wrong with the form.
    pub fault: Option<ContainerFault>,
    /// The check digit is the one it should be. A wrong one asks for confirmation, it is no refusal.
    pub check_digit_holds: Option<bool>,
    /// The check digit it should have.
    pub expected_check_digit: Option<u8>,
}

mirror! {
    /// What is wrong with a text that should be a container number.
    ContainerFault of model::container::ContainerFault { Length, Owner, Category, Digits }
}

impl ContainerAnswer {
    /// What ISO 6346 says of a number as typed.
    pub fn of(typed: &str) -> Self {
        match model::container::ContainerNumber::parse(typed) {
            Ok(number) => Self {
                number: Some(number.as_str().into()),
                fault: None,
                check_digit_holds: Some(number.check_digit_holds()),
                expected_check_digit: Some(number.expected_check_digit()),
            },
            Err(fault) => Self {
                number: None,
                fault: Some(fault.into()),
                check_digit_holds: None,
                expected_check_digit: None,
            },
        }
    }
}
