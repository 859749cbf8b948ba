//! Why a report of another platform is refused, in words that say what to do.

use crate::api::types::Bilingual;
use crate::intake::UNKNOWN_SEAL;

/// What is wrong, by its stable name.
pub fn refusal(code: &str) -> Bilingual {
    let (id, en) = match code {
        UNKNOWN_SEAL => (
            "Tidak ada segel Anda yang terdaftar dengan nama ini; laporan disisihkan dan tidak dinilai. Daftarkan segel dengan protokol ini, lalu kirim lagi.",
            "No seal of yours is registered under this name; the report is set aside and not judged. Register the seal under this protocol, then send it again.",
        ),
        "missing" => (
            "Nilai ini wajib ada; tulis null bila tidak diketahui dan boleh kosong.",
            "This value must be there; say null where it is not known and may be empty.",
        ),
        "wrong_type" => (
            "Jenis nilainya salah; lihat bentuknya di dokumentasi.",
            "The value is of the wrong type; see the shape in the documentation.",
        ),
        "unknown_field" => (
            "Nama ini tidak dikenal; perbaiki ejaannya, atau taruh di dalam extra.",
            "This name is not known; mend its spelling, or put it into extra.",
        ),
        "unknown_word" => (
            "Kata ini tidak dikenal di sini; pakai salah satu kata di dokumentasi.",
            "This word is not known here; use one of the words in the documentation.",
        ),
        "no_such_particulars" => (
            "Rincian sinyal ini kurang, salah, atau berlebih; lihat rinciannya di dokumentasi.",
            "The particulars of this signal are missing, wrong or too many; see them in the documentation.",
        ),
        "out_of_range" => (
            "Nilai di luar batas; lihat batasnya di dokumentasi.",
            "The value is out of bounds; see the bounds in the documentation.",
        ),
        "no_single_value" => (
            "extra hanya menerima angka, ya/tidak, atau teks paling panjang 128 byte.",
            "extra takes numbers, yes or no, and texts of 128 bytes at most.",
        ),
        "too_many" => (
            "Terlalu banyak nilai; paling banyak 32 sinyal dan 48 nilai extra.",
            "Too many values; 32 signals and 48 extra values at most.",
        ),
        "no_such_device_id" | "not_a_device_id" | "no_device_id" => (
            "Tidak ada nama segel yang dapat dipakai: 1 sampai 64 huruf, angka, atau tanda -_.:@.",
            "There is no usable name of a seal: 1 to 64 letters, digits or signs -_.:@.",
        ),
        "no_such_time" => (
            "Bukan waktu RFC 3339 dengan zona, misalnya 2026-11-26T16:30:15+07:00; tulis null bila jam segel belum disetel.",
            "Not a moment by RFC 3339 with its zone, such as 2026-11-26T16:30:15+07:00; say null where the seal's clock is not set.",
        ),
        "time_in_future" => (
            "Waktunya lebih dari 10 menit di depan; periksa zona waktunya, atau tulis null bila jam segel salah.",
            "The time is more than 10 minutes ahead; check its zone, or say null where the seal's clock is wrong.",
        ),
        "object_too_long" => (
            "Laporan ini lebih dari 31 KiB; kirim tanpa nilai yang tidak perlu.",
            "This report has more than 31 KiB; send it without what is not needed.",
        ),
        "too_many_fixes" => (
            "Lebih dari 64 posisi sekaligus; bagi menjadi beberapa kiriman.",
            "More than 64 places at once; send them in parts.",
        ),
        "no_location" => (
            "Tidak ada posisi di dalamnya (location).",
            "There is no place in it (location).",
        ),
        _ => (
            "Laporan ini tidak terbaca; lihat bentuknya di dokumentasi.",
            "This report could not be read; see the shape in the documentation.",
        ),
    };
    Bilingual::new(id, en)
}
