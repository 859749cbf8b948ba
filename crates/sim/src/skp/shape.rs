//! What a message must hold, typed by hand from the page of the dialect: the fake would prove little if it took anything.

use serde_json::Value;

/// Fields of the envelope that must say something.
const SAID: [&str; 14] = [
    "idMesin",
    "idPesan",
    "nomorEntri",
    "kodePesan",
    "versi",
    "waktuKirim",
    "kodeProvider",
    "kodeKantor",
    "kodeDokumen",
    "nomorDokumen",
    "tanggalDokumen",
    "nomorKontainer",
    "waktuKejadian",
    "zonaWaktu",
];
/// Fields that must be there, though they may be empty.
const THERE: [&str; 8] = [
    "nomorESeal",
    "nomorPolisi",
    "lintang",
    "bujur",
    "akurasi",
    "kecepatan",
    "statusSegel",
    "statusBaterai",
];

/// What a payload must say, and what must be there though it may be empty. A field of the things in a list is `list[].field`.
type Payload = (&'static [&'static str], &'static [&'static str]);

const CLOCKS: [&str; 2] = ["waktuSop[].jam", "waktuSop[].batasDetik"];

fn payload_of(code: &str, kind: &str) -> Option<Payload> {
    Some(match (code, kind) {
        ("E02", "PERMOHONAN") => (
            &["tpsAsal", "tpsTujuan", "modus"],
            &["waktuPasangDiminta", "mulaiBerangkat", "batasBerangkat"],
        ),
        ("E02", "PENUGASAN") => (&["petugas.id"], &["petugas.nama"]),
        ("E03", _) => (
            &[
                "nomorRute",
                "jarakMeter",
                "waktuTempuhDetik",
                "intervalLokasiDetik",
            ],
            &[],
        ),
        ("E04", _) => (
            &["petugas", "petugas.id", "waktuSop"],
            &["petugas.nama", "segelBaut", "dicatatManual"],
        ),
        ("E05" | "E14", _) => (
            &[
                "foto",
                "foto[].jenis",
                "foto[].sha256",
                "foto[].waktuSimpan",
                "foto[].terlambat",
                "waktuSop",
            ],
            &["foto[].waktuFoto", "foto[].lintang", "foto[].bujur"],
        ),
        ("E06", _) => (
            &[
                "dari",
                "sampai",
                "lokasi",
                "lokasi[].waktu",
                "lokasi[].lintang",
                "lokasi[].bujur",
                "lokasi[].sah",
                "lokasi[].tersimpan",
            ],
            &[
                "lokasi[].kecepatan",
                "lokasi[].statusSegel",
                "lokasi[].statusBaterai",
            ],
        ),
        ("E07", _) => (&["kodeAlarm", "tingkat", "keterangan"], &[]),
        ("E11", _) => (
            &["dasar"],
            &["waktuBerangkat", "waktuTempuhRencanaDetik", "pejabat"],
        ),
        ("E12", _) => (
            &[
                "nomorIzin",
                "pelaksana.id",
                "metode",
                "tempat",
                "berlakuDari",
                "berlakuSampai",
                "alasan",
            ],
            &["pelaksana.nama", "pejabat"],
        ),
        ("E13", _) => (&["nomorIzin", "pelaksana.id", "metode"], &["kredensial"]),
        ("E15", _) => (
            &[
                "keterangan",
                "waktuSop",
                "jumlahLaporan",
                "alarm",
                "jumlahPembukaan",
                "pembukaanTanpaIzin",
                "jumlahFoto",
                "sha256Jurnal",
            ],
            &[],
        ),
        _ => return None,
    })
}

/// Why a message is no message of that code; nothing where it is one.
pub fn missing(code: &str, message: &Value) -> Option<String> {
    let wanted = |field: &str| format!("1028 {field} wajib diisi");
    if let Some(field) = SAID.iter().find(|field| !holds(message, field, is_said)) {
        return Some(wanted(field));
    }
    if let Some(field) = THERE.iter().find(|field| !holds(message, field, |_| true)) {
        return Some(wanted(field));
    }
    if message["kodePesan"] != code {
        return Some(format!("1042 kodePesan harus {code}"));
    }
    let digest = message["sha256"].as_str().unwrap_or_default();
    if digest.len() != 64 || !digest.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Some("1023 sha256 tidak sesuai pola".into());
    }
    in_payload(code, &message["payload"])
}

fn in_payload(code: &str, payload: &Value) -> Option<String> {
    let wanted = |field: &str| format!("1028 payload.{field} wajib diisi");
    let kind = payload["jenis"].as_str().unwrap_or_default();
    let Some((said, there)) = payload_of(code, kind) else {
        return Some(format!("1008 {code} tidak dikenal"));
    };
    let clocks: &[&str] = if payload.get("waktuSop").is_some() {
        &CLOCKS
    } else {
        &[]
    };
    let unsaid = said
        .iter()
        .chain(clocks)
        .find(|field| !holds(payload, field, is_said));
    let absent = || there.iter().find(|field| !holds(payload, field, |_| true));
    unsaid.or_else(absent).map(|field| wanted(field))
}

fn is_said(value: &Value) -> bool {
    !value.is_null() && value.as_str() != Some("")
}

/// Whether a field is there and good; of things in a list every one must have it.
fn holds(value: &Value, field: &str, good: impl Fn(&Value) -> bool + Copy) -> bool {
    let (first, rest) = field.split_once('.').unwrap_or((field, ""));
    let (name, is_list) = first
        .strip_suffix("[]")
        .map_or((first, false), |name| (name, true));
    let Some(found) = value.get(name) else {
        return false;
    };
    match (is_list, rest) {
        (true, rest) => found
            .as_array()
            .is_some_and(|all| all.iter().all(|one| holds(one, rest, good))),
        (false, "") => good(found),
        (false, rest) => holds(found, rest, good),
    }
}

/// The page's own examples as whole messages.
#[cfg(test)]
pub mod examples {
    use serde_json::{Value, json};

    /// The headings of the page, and the code each example belongs to.
    pub const HEADINGS: [(&str, &str); 12] = [
        ("E02, a request", "E02"),
        ("E02, an assignment", "E02"),
        ("E03", "E03"),
        ("E04", "E04"),
        ("E05, E14", "E05"),
        ("E05, E14", "E14"),
        ("E06", "E06"),
        ("E07", "E07"),
        ("E11", "E11"),
        ("E12", "E12"),
        ("E13", "E13"),
        ("E15", "E15"),
    ];

    /// The first example of a code as a whole message.
    pub fn message(code: &str) -> Value {
        let (heading, _) = HEADINGS
            .iter()
            .find(|(_, known)| *known == code)
            .unwrap_or_else(|| panic!("no example of {code}"));
        whole(code, heading)
    }

    /// An example as a whole message.
    pub fn whole(code: &str, heading: &str) -> Value {
        json!({
            "idMesin": "01010101-0101-4101-8101-010101010101", "idPesan": "7-0", "nomorEntri": "7-0",
            "kodePesan": code, "versi": "1.1", "waktuKirim": "26-11-2025 09:10:20", "kodeProvider": "TT01",
            "kodeKantor": "060100", "kodeDokumen": "4", "nomorDokumen": "000123",
            "tanggalDokumen": "05-11-2025", "nomorKontainer": "CSQU3054383", "nomorESeal": null,
            "nomorPolisi": null, "waktuKejadian": "26-11-2025 09:10:15", "zonaWaktu": "WIB", "lintang": null,
            "bujur": null, "akurasi": null, "kecepatan": null, "statusSegel": null, "statusBaterai": null,
            "payload": payload(heading), "sha256": "ab".repeat(32),
        })
    }

    fn payload(heading: &str) -> Value {
        let page = include_str!("../../../../docs/skp-dialect.md");
        let (_, after) = page
            .split_once(&format!("### {heading}\n"))
            .unwrap_or_else(|| panic!("no heading {heading}"));
        let (_, after) = after.split_once("```json\n").expect("an example");
        let (example, _) = after.split_once("```").expect("its end");
        serde_json::from_str(example).unwrap_or_else(|failure| panic!("{heading}: {failure}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_example_of_the_page_is_a_message() {
        for (heading, code) in examples::HEADINGS {
            let message = examples::whole(code, heading);
            assert_eq!(missing(code, &message), None, "{heading}");
        }
    }

    /// Each field of the envelope and of each payload, taken away alone, is missed by its name.
    #[test]
    fn a_field_that_is_missing_is_named() {
        for (heading, code) in examples::HEADINGS {
            let whole = examples::whole(code, heading);
            let fields = whole.as_object().expect("fields").keys().cloned();
            for field in fields.filter(|field| field != "payload") {
                let mut message = whole.clone();
                message.as_object_mut().expect("fields").remove(&field);
                let said = missing(code, &message).unwrap_or_else(|| panic!("{code} without {field}"));
                assert!(said.contains(&field), "{said}");
            }
            let fields = whole["payload"].as_object().expect("fields").keys().cloned();
            for field in fields {
                let mut message = whole.clone();
                message["payload"].as_object_mut().expect("fields").remove(&field);
                assert!(
                    missing(code, &message).is_some(),
                    "{code} without payload.{field}"
                );
            }
        }
    }

    #[test]
    fn what_is_empty_inside_a_list_is_missed_too() {
        let mut message = examples::message("E05");
        message["payload"]["foto"][0]["sha256"] = json!(null);
        assert_eq!(
            missing("E05", &message),
            Some("1028 payload.foto[].sha256 wajib diisi".into())
        );
        let mut message = examples::message("E15");
        message["payload"]["waktuSop"][2]
            .as_object_mut()
            .expect("a clock")
            .remove("jam");
        assert_eq!(
            missing("E15", &message),
            Some("1028 payload.waktuSop[].jam wajib diisi".into())
        );
    }

    #[test]
    fn a_message_under_another_code_or_an_unknown_one_is_refused() {
        let message = examples::message("E04");
        assert_eq!(missing("E05", &message), Some("1042 kodePesan harus E05".into()));
        let mut strange = message.clone();
        strange["kodePesan"] = json!("E99");
        assert_eq!(missing("E99", &strange), Some("1008 E99 tidak dikenal".into()));
        let mut unsigned = message;
        unsigned["sha256"] = json!("x");
        assert_eq!(
            missing("E04", &unsigned),
            Some("1023 sha256 tidak sesuai pola".into())
        );
    }
}
