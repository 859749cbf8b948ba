//! Reasons that the rules themselves give. They stand in the journal in English and are told in Indonesian too; what a
//! person typed stays as it was typed.

use std::borrow::Cow;

/// A reason as it is told in Indonesian.
pub fn in_indonesian(reason: &str) -> Cow<'_, str> {
    match whole(reason).or_else(|| segel_wire::in_indonesian(reason)) {
        Some(told) => told.into(),
        None => beginning(reason).unwrap_or(reason.into()),
    }
}

/// Reasons in which the rules hand on what a person said.
fn beginning(reason: &str) -> Option<Cow<'_, str>> {
    let beginnings = [
        ("document refused: ", "dokumen ditolak: "),
        ("document cancelled: ", "dokumen dibatalkan: "),
        ("route refused: ", "rute ditolak: "),
    ];
    let told = |(en, id): (&str, &str)| Some(format!("{id}{}", reason.strip_prefix(en)?).into());
    beginnings.into_iter().find_map(told)
}

fn whole(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "document given" => "dokumen dilampirkan",
        "an officer must see the document" => "pejabat harus memeriksa dokumen",
        "the gate let it through" => "lolos gerbang dokumen",
        "route chosen" => "rute dipilih",
        "route approved" => "rute disetujui",
        "the route was approved before" => "rute sudah disetujui sebelumnya",
        "seal assigned" => "segel ditugaskan",
        "container and seal scanned" => "kontainer dan segel dipindai",
        "the seal says it is locked" => "segel menyatakan terkunci",
        "installation photos complete" => "foto pemasangan lengkap",
        "left the origin" => "meninggalkan area asal",
        "inside the destination for the dwell" => "cukup lama di dalam area tujuan",
        "seal compared with its papers" => "segel dibandingkan dengan dokumennya",
        "a discrepancy was seen at the check" => "pemeriksaan menemukan perbedaan",
        "customs lets it be opened" => "Bea Cukai mengizinkan dibuka",
        "the technician has taken it off" => "teknisi telah melepasnya",
        "opened inside the window, known late" => "dibuka di dalam jendela waktu, diketahui terlambat",
        "the window closed" => "jendela waktu habis",
        "the grant is over" => "izin sudah berakhir",
        "by card" => "dengan kartu",
        "by Bluetooth" => "dengan Bluetooth",
        "by command" => "dengan perintah",
        "by text message" => "dengan SMS",
        "by one-time password" => "dengan kata sandi sekali pakai",
        "by fixed password" => "dengan kata sandi tetap",
        "by key" => "dengan anak kunci",
        "in a way that it does not say" => "dengan cara yang tidak disebutkannya",
        "shown by its contacts" => "ditunjukkan oleh kontaknya",
        "left the origin without authorisation" => "meninggalkan area asal tanpa izin",
        "a critical alarm has not been decided about" => "alarm kritis belum diputuskan",
        "a critical alarm was raised" => "alarm kritis muncul",
        "complete" => "lengkap",
        "complete, with remarks" => "lengkap, dengan catatan",
        "by hand" => "dengan tangan",
        "the grant's window closed unused" => "jendela izin berakhir tanpa dipakai",
        "closed, recorded by hand" => "terkunci, dicatat dengan tangan",
        "document expires" => "dokumen habis masa berlakunya",
        "nobody asked for it in time" => "tidak diajukan dalam batas waktu",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_own_reasons_are_told_in_indonesian_and_peoples_words_are_left_alone() {
        for (reason, told) in [
            (
                "inside the destination for the dwell",
                "cukup lama di dalam area tujuan",
            ),
            ("container and seal scanned", "kontainer dan segel dipindai"),
            ("route refused: terlalu jauh", "rute ditolak: terlalu jauh"),
            ("dilihat petugas di gerbang", "dilihat petugas di gerbang"),
            ("sobek", "sobek"),
        ] {
            assert_eq!(in_indonesian(reason), told);
        }
    }
}
