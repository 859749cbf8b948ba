//! Every refusal and its sentence: what happened and what to do next, in Indonesian and in English.
//!
//! The code of a refusal is the name of its function; machines may rely on it, so a name is never reused.

use alloc::format;
use alloc::string::String;

use segel_model::Refusal;
use segel_model::document::Day;
use segel_model::refusal::RefusalSort;
use segel_wire::NotSpoken;

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident $sort:ident $id:literal $en:literal;)*) => {$(
        $(#[$doc])*
        pub fn $name() -> Refusal {
            Refusal::new(RefusalSort::$sort, stringify!($name), $id, $en)
        }
    )*};
}

// Whether they may, and whether it is theirs.
refusals! {
    /// The role may not.
    role_may_not NotAllowed
        "peran Anda tidak berwenang untuk ini; mintalah kepada yang berwenang"
        "your role may not do this; ask somebody whose role may";
    /// Their account was closed.
    person_disabled NotAllowed
        "akun Anda sudah ditutup; hubungi administrator"
        "your account is closed; ask an administrator";
    /// Nobody decides about their own.
    own_request NotAllowed
        "Anda tidak dapat memutuskan permohonan Anda sendiri; mintalah petugas lain"
        "you cannot decide about your own request; ask a colleague";
    /// Somebody else was named.
    not_the_named_person NotAllowed
        "tugas ini diberikan kepada orang lain; mintalah penugasan baru"
        "this job was given to somebody else; ask for a new assignment";
    /// Customs people are created by customs.
    only_customs_invites_customs NotAllowed
        "akun Bea Cukai hanya dibuat oleh Bea Cukai"
        "customs accounts are created only by customs";
    /// People of another office or organisation.
    not_your_people NotAllowed
        "orang itu bukan dari kantor atau organisasi Anda"
        "that person is not of your office or organisation";
    /// A role of the wrong place.
    role_does_not_fit_place Malformed
        "peran itu tidak cocok dengan kantor atau organisasi itu"
        "that role does not fit that office or organisation";
    /// No such trip.
    no_such_trip NotFound
        "perjalanan itu tidak ada; periksa nomornya"
        "there is no such trip; check its number";
    /// No such seal.
    no_such_seal NotFound
        "segel itu tidak ada; periksa nomornya"
        "there is no such seal; check its number";
    /// No such document.
    no_such_document NotFound
        "dokumen itu tidak ada; periksa nomornya"
        "there is no such document; check its number";
    /// No such route.
    no_such_route NotFound
        "Rencana Rute itu tidak ada; periksa nomornya"
        "there is no such route plan; check its number";
    /// No such person.
    no_such_person NotFound
        "orang itu tidak terdaftar atau akunnya sudah ditutup"
        "there is no such person, or their account is closed";
    /// No such organisation.
    no_such_organisation NotFound
        "organisasi itu tidak terdaftar"
        "there is no such organisation";
    /// No such office.
    no_such_office NotFound
        "kode kantor itu tidak ada di buku aturan"
        "that office is not in the rulebook";
    /// No such invitation.
    no_such_invitation NotFound
        "undangan itu tidak ada atau sudah dipakai; mintalah undangan baru"
        "there is no such invitation, or it was used; ask for a new one";
    /// No such token.
    no_such_token NotFound
        "token itu tidak ada atau sudah dicabut"
        "there is no such token, or it was revoked";
    /// No such alarm.
    no_such_alarm NotFound
        "alarm itu tidak ada; periksa nomornya"
        "there is no such alarm; check its number";
    /// A person has closed it.
    alarm_closed WrongState
        "alarm ini sudah ditutup; beri catatan bila perlu"
        "this alarm is closed; add a remark if need be";
    /// Somebody has seen it before.
    alarm_acknowledged WrongState
        "alarm ini sudah ditanggapi; mulai penanganan atau beri catatan"
        "this alarm is acknowledged; begin to act or add a remark";
    /// The role only remarks.
    may_not_close_alarm NotAllowed
        "peran Anda tidak dapat menutup alarm; beri catatan bagi petugas"
        "your role cannot close alarms; leave a remark for the officer";
    /// No such grant.
    no_such_grant NotFound
        "izin lepas itu tidak ada; periksa nomornya"
        "there is no such grant; check its number";
    /// No such photo.
    no_such_photo NotFound
        "foto itu tidak ada; periksa nomornya"
        "there is no such photo; check its number";
    /// No such message.
    no_such_message NotFound
        "pesan SKP itu tidak ada atau sudah diterima SKP"
        "there is no such message, or SKP has taken it";
}

// People.
refusals! {
    /// The invitation ran out.
    invitation_expired WrongState
        "undangan sudah kedaluwarsa; mintalah undangan baru"
        "the invitation has run out; ask for a new one";
    /// A moment that lies behind us.
    already_over Malformed
        "batas waktunya sudah lewat; pilih waktu yang akan datang"
        "its end lies in the past; choose a later time";
    /// Nobody locks themselves out.
    not_yourself Rule
        "Anda tidak dapat menutup akun Anda sendiri"
        "you cannot close your own account";
    /// Nothing was written.
    empty_text Malformed
        "isian wajib masih kosong; lengkapi dahulu"
        "a required field is empty; fill it in";
    /// The code is in use.
    code_in_use Rule
        "kode itu sudah dipakai; buat kode baru"
        "that code is in use; make a new one";
    /// A reason is asked for.
    reason_needed Malformed
        "tuliskan alasannya"
        "write the reason";
}

// Stock.
refusals! {
    /// The device or its label is known.
    seal_already_known Rule
        "perangkat atau nomor segel itu sudah terdaftar"
        "that device or that printed number is registered already";
    /// It must be a provider.
    not_a_provider Rule
        "organisasi itu bukan penyedia segel"
        "that organisation is not a provider";
    /// It is on a trip.
    seal_on_trip WrongState
        "segel sedang dipakai dalam perjalanan; lepaskan dahulu"
        "the seal is on a trip; release it first";
    /// Nothing to clear.
    no_doubt WrongState
        "tidak ada keraguan tentang segel itu"
        "there is no doubt about that seal";
    /// Openings need a grant.
    opening_needs_grant NotAllowed
        "perintah pembukaan hanya dengan izin lepas dari Bea Cukai"
        "an order that opens needs a grant of customs";
    /// A seal that watches a container must not stop doing so.
    restart_by_operator NotAllowed
        "segel yang sedang terpasang hanya dimulai ulang oleh operator penyedia, dengan alasan"
        "a seal that is on a container is started anew only by an operator of the provider, with a reason";
    /// A trip needs its reports.
    slacker_than_trip NotAllowed
        "segel sedang dalam perjalanan; intervalnya tidak boleh lebih jarang daripada rencana rute"
        "the seal is on a trip; it may not report more rarely than the route plan says";
}

// Documents and the gate.
refusals! {
    /// No container on it.
    document_without_lines Malformed
        "dokumen tidak memuat peti kemas; isi sekurangnya satu"
        "the document lists no container; enter at least one";
    /// Too many.
    document_too_long Malformed
        "dokumen memuat terlalu banyak peti kemas; bagi menjadi beberapa"
        "the document lists too many containers; split it";
    /// A container twice.
    container_listed_twice Malformed
        "peti kemas yang sama tercantum dua kali; hapus salah satu"
        "a container is listed twice; remove one of the lines";
    /// Known already.
    document_already_known Rule
        "dokumen dengan nomor dan tanggal itu sudah terdaftar; pakai yang ada"
        "a document of that number and date is registered; use that one";
    /// A PLP stays inside one office.
    plp_between_offices Malformed
        "PLP hanya dalam satu kantor; untuk kantor lain pakai BC 1.2"
        "a PLP stays inside one office; for another office use BC 1.2";
    /// Decided already.
    document_already_decided WrongState
        "dokumen itu sudah diputuskan"
        "that document has been decided about";
    /// A position that is not on it.
    no_such_line Malformed
        "baris yang disetujui tidak ada pada dokumen"
        "an approved line is not on the document";
    /// Nothing approved.
    nothing_approved Malformed
        "setujui sekurangnya satu baris, atau tolak dokumennya"
        "approve at least one line, or refuse the document";
    /// A wrong check digit.
    check_digit_wrong NeedsConfirmation
        "angka pemeriksa nomor peti kemas tidak cocok; periksa lagi, lalu konfirmasi bila memang demikian"
        "the container number's check digit is wrong; look again, and confirm if it really reads so";
    /// From after until.
    window_upside_down Malformed
        "awal jendela waktu harus sebelum akhirnya"
        "the window must begin before it ends";
    /// The gate: no document.
    document_missing Rule
        "belum ada BC 1.2, PLP, atau izin timbun; lampirkan dokumen dahulu"
        "there is no BC 1.2, PLP or storage permit yet; attach a document first";
    /// The gate: nobody has verified it.
    document_not_verified Rule
        "dokumen belum diverifikasi petugas; tunggu atau hubungi kantor"
        "no officer has verified the document yet; wait, or ask the office";
    /// The gate: not theirs.
    document_of_another_owner Rule
        "dokumen itu milik pengguna jasa lain; lampirkan dokumen yang benar"
        "the document belongs to another owner; attach the right one";
    /// The gate: not on it.
    container_not_listed Rule
        "peti kemas tidak tercantum pada dokumen; periksa nomornya atau lampirkan dokumen lain"
        "the document does not list this container; check its number or attach another document";
    /// The gate: the line was not approved.
    line_not_approved Rule
        "baris peti kemas ini tidak disetujui; ajukan dokumen baru"
        "this container's line was not approved; apply with a new document";
    /// The gate: the line backs another trip.
    line_in_use Rule
        "baris dokumen ini sudah dipakai perjalanan lain; batalkan yang itu atau pakai dokumen lain"
        "this line of the document backs another trip; cancel that one or use another document";
    /// The gate: the container is on another trip.
    container_on_other_trip Rule
        "peti kemas ini masih dalam perjalanan lain; selesaikan dahulu"
        "this container is on another trip; finish that one first";
    /// The gate: the TPS of departure.
    tps_origin_differs Rule
        "TPS asal tidak sama dengan dokumen; perbaiki permohonan"
        "the TPS of departure is not the document's; correct the request";
    /// The gate: the TPS of arrival.
    tps_destination_differs Rule
        "TPS tujuan tidak sama dengan dokumen; perbaiki permohonan"
        "the TPS of arrival is not the document's; correct the request";
    /// A sealed container is not cancelled.
    sealed_cannot_cancel WrongState
        "segel sudah terpasang; perjalanan hanya berakhir melalui pelepasan"
        "the seal is on; the trip ends only through removal";
}

// Routes.
refusals! {
    /// Not a route at all.
    route_not_drawable Malformed
        "rute, asal, atau tujuan tidak dapat digambar; perbaiki titik-titiknya"
        "the route, its origin or its destination cannot be drawn; mend its points";
    /// Too many areas.
    route_too_complex Malformed
        "rute memuat terlalu banyak titik atau area; sederhanakan"
        "the route has too many points or areas; simplify it";
    /// An interval nobody means.
    interval_implausible Malformed
        "interval lokasi harus 10 detik sampai 30 menit"
        "the location interval must be 10 seconds to 30 minutes";
    /// SOP: "Route Plan: route, geofence, distance, time estimate".
    route_without_distance Malformed
        "jarak rute 0 m; isi jarak dari TPS asal sampai TPS tujuan dalam meter (distance_m)"
        "the distance of the route is 0 m; enter the metres from origin to destination (distance_m)";
    /// SOP: "Route Plan: route, geofence, distance, time estimate".
    route_without_time Malformed
        "perkiraan waktu rute 0 detik; isi lama perjalanan dari asal sampai tujuan (transit_time_s)"
        "the time estimate of the route is 0 s; enter how long the way takes (transit_time_s)";
    /// Decided already.
    route_already_decided WrongState
        "Rencana Rute itu sudah diputuskan; ajukan versi baru"
        "that route plan has been decided about; propose a new version";
    /// It was refused.
    route_was_refused Rule
        "Rencana Rute itu ditolak; pilih yang lain"
        "that route plan was refused; choose another";
    /// Its start is elsewhere.
    route_origin_differs Rule
        "asal rute bukan TPS asal permohonan; pilih rute lain"
        "the route does not start at the request's TPS; choose another";
    /// Its end is elsewhere.
    route_destination_differs Rule
        "tujuan rute bukan TPS tujuan permohonan; pilih rute lain"
        "the route does not end at the request's TPS; choose another";
    /// Another office's.
    route_of_another_office Rule
        "Rencana Rute itu untuk kantor lain; pilih yang lain"
        "that route plan is for another office; choose another";
}

// Assignment.
refusals! {
    /// Another provider's.
    seal_of_another_provider Rule
        "segel itu milik penyedia lain; pilih segel sendiri"
        "that seal is another provider's; choose one of yours";
    /// Set aside or retired.
    seal_not_ready Rule
        "segel itu disisihkan atau sudah pensiun; pilih yang lain"
        "that seal is set aside or retired; choose another";
    /// Somebody else may speak as it.
    seal_in_doubt Rule
        "identitas segel diragukan; petugas harus menjernihkannya dahulu"
        "it is in doubt who speaks as this seal; an officer must clear that first";
    /// Another pool.
    seal_of_another_pool Rule
        "segel itu milik kumpulan kantor lain; pilih yang lain"
        "that seal belongs to another office's pool; choose another";
    /// No certificate that holds.
    certificate_missing Rule
        "sertifikat segel tidak ada atau akan habis sebelum perjalanan selesai; perbarui"
        "the seal's certificate is missing or runs out before the trip ends; renew it";
    /// Not the sort that its profile asks for.
    certificate_of_another_kind Rule
        "jenis sertifikat tidak sesuai dengan profil segel (e-seal atau pelacak); masukkan sertifikat yang jenisnya benar"
        "the certificate is not of the sort that the seal's profile asks for (e-seal or tracker); enter one of the right sort";
    /// It has not said how full it is.
    battery_unknown Rule
        "daya baterai belum diketahui; nyalakan segel dan tunggu laporannya"
        "the battery is unknown; wake the seal and wait for its report";
    /// It has not said where it is.
    fix_too_old Rule
        "segel belum mengirim posisi terbaru; bawa ke tempat terbuka dan tunggu"
        "the seal has sent no recent position; take it outside and wait";
    /// Not a technician of that provider.
    not_a_technician Rule
        "pemasang harus teknisi penyedia ini; pilih orang lain"
        "the fitter must be a technician of this provider; choose another person";
    /// No seal to take back.
    no_seal_assigned WrongState
        "belum ada segel pada perjalanan ini"
        "this trip has no seal";
}

// Installation.
refusals! {
    /// The scanned container is another.
    wrong_container Rule
        "peti kemas yang dipindai bukan yang dimohonkan; cari peti kemas yang benar"
        "the scanned container is not the requested one; find the right one";
    /// The scanned seal is another.
    wrong_seal Rule
        "segel yang dipindai bukan yang ditugaskan; ambil segel yang benar"
        "the scanned seal is not the assigned one; take the right one";
    /// It does not answer.
    seal_silent Rule
        "segel tidak terdengar; bangunkan, atau minta segel pengganti"
        "the seal is not heard; wake it, or ask for another";
    /// It was closed before.
    already_sealed Rule
        "segel sudah terkunci sebelum dipasang; buka dahulu, lalu mulai lagi"
        "the seal was locked before it was fitted; open it, then start again";
    /// Its self-test fails.
    seal_faulty Rule
        "segel gagal uji mandiri (motor macet atau penutup terbuka); minta segel pengganti"
        "the seal fails its self-test (motor stuck or cover open); ask for another";
}

// Photos.
refusals! {
    /// Too large.
    photo_too_large Rule
        "foto terlalu besar; kirim dengan resolusi lebih kecil"
        "the photo is too large; send a smaller one";
    /// Too many.
    too_many_photos Rule
        "foto perjalanan ini sudah terlalu banyak"
        "this trip has too many photos";
    /// Rejected already.
    photo_already_rejected WrongState
        "foto itu sudah ditolak"
        "that photo has been rejected";
}

// Departure, check and removal.
refusals! {
    /// Authorised already.
    already_authorised WrongState
        "keberangkatan sudah diizinkan"
        "departure has been authorised";
    /// A photo of the set is missing.
    photos_missing Rule
        "foto pemasangan belum lengkap; mintalah teknisi melengkapinya"
        "installation photos are missing; ask the technician to complete them";
    /// Not compared yet.
    seal_not_checked Rule
        "segel belum diperiksa; bandingkan dahulu dengan dokumen dan foto"
        "the seal has not been checked; compare it with papers and photos first";
    /// Critical alarms are open.
    critical_alarm_open Rule
        "ada alarm kritis yang belum diputuskan petugas; putuskan dahulu"
        "a critical alarm has not been decided about; an officer must decide first";
    /// Only a tracker is opened by hand.
    by_hand_only_without_lock Rule
        "pembukaan dengan tangan hanya untuk pelacak tanpa kunci dan segel yang tidak dapat dibuka dari sini"
        "opening by hand is only for a tracker without a lock and for a seal that cannot be opened from here";
    /// Cards as the maker counts them.
    bad_cards Malformed
        "nomor kartu harus sepuluh angka, satu sampai sepuluh kartu"
        "card numbers have ten digits, one to ten cards";
    /// A window beyond the rules.
    window_too_long Rule
        "jendela izin melampaui batas aturan; persingkat"
        "the grant's window exceeds the rules; shorten it";
    /// No place.
    place_not_drawable Malformed
        "tempat pelepasan tidak dapat digambar; perbaiki areanya"
        "the place of removal cannot be drawn; mend the area";
    /// No such fence.
    fence_not_drawable Malformed
        "pagar ini tidak dapat digambar; perbaiki titik-titiknya"
        "this fence cannot be drawn; mend its points";
    /// The executor must be a technician of the trip.
    executor_not_allowed Rule
        "pelaksana harus teknisi penyedia atau pengguna jasa; pilih orang lain"
        "the executor must be a technician of the provider or the user; choose another";
    /// Over.
    grant_over WrongState
        "izin lepas sudah berakhir; minta izin baru"
        "the grant is over; ask for a new one";
    /// Vouched already.
    already_vouched WrongState
        "tempatnya sudah dijamin petugas"
        "an officer has vouched for the place";
    /// Outside.
    outside_place Rule
        "segel berada di luar tempat pelepasan; bawa ke tempat yang diizinkan"
        "the seal is outside the place of removal; take it to the place granted";
    /// Nobody knows where it is.
    no_fix Rule
        "posisi segel tidak diketahui; minta petugas di tempat menjaminnya"
        "the seal's position is unknown; an officer on the spot must vouch for it";
    /// Waiting.
    opening_waits WrongState
        "perintah buka sudah menunggu; bangunkan segel"
        "the opening is waiting already; wake the seal";
    /// The card does it.
    use_the_card Rule
        "izin ini dengan kartu; tempelkan kartunya pada segel"
        "this grant is for a card; hold the card to the seal";
    /// The seal was opened otherwise.
    open_by_hand Rule
        "izin ini untuk pembukaan dengan tangan; catat pembukaannya"
        "this grant is for opening by hand; record the opening";
}

// SKP.
refusals! {
    /// Nothing to repair.
    message_not_refused WrongState
        "pesan itu tidak ditolak SKP; tidak ada yang diperbaiki"
        "SKP did not refuse that message; there is nothing to repair";
}

/// The trip is not in a state for it.
pub fn wrong_state(is: segel_model::trip::TripState) -> Refusal {
    let name = state_name(is);
    Refusal::new(
        RefusalSort::WrongState,
        "wrong_state",
        format!(
            "tidak mungkin selagi perjalanan {}; lihat langkah berikutnya",
            name.0
        ),
        format!("not while the trip is {}; see its next step", name.1),
    )
}

/// The gate: an officer refused it.
pub fn document_refused(reason: &str) -> Refusal {
    Refusal::new(
        RefusalSort::Rule,
        "document_refused",
        format!("dokumen ditolak petugas: {reason}; ajukan dokumen lain"),
        format!("an officer refused the document: {reason}; apply with another"),
    )
}

/// The gate: it was cancelled.
pub fn document_cancelled(reason: &str) -> Refusal {
    Refusal::new(
        RefusalSort::Rule,
        "document_cancelled",
        format!("dokumen sudah dibatalkan: {reason}; ajukan dokumen lain"),
        format!("the document was cancelled: {reason}; apply with another"),
    )
}

/// The gate: its last day is over.
pub fn document_expired(day: Day) -> Refusal {
    let Day { year, month, day } = day;
    Refusal::new(
        RefusalSort::Rule,
        "document_expired",
        format!("dokumen hanya berlaku sampai {day:02}-{month:02}-{year}; ajukan perpanjangan"),
        format!("the document held until {year}-{month:02}-{day:02}; apply for an extension"),
    )
}

/// The seal's language has no words for an order.
pub fn not_spoken(why: &NotSpoken, (can_id, can_en): &(String, String)) -> Refusal {
    let (can_id, can_en) = match can_id.is_empty() {
        true => (
            "tidak menerima perintah apa pun".into(),
            "takes no order at all".into(),
        ),
        false => (
            format!("dapat diperintah: {can_id}"),
            format!("can be told: {can_en}"),
        ),
    };
    Refusal::new(
        RefusalSort::Rule,
        "not_spoken",
        format!("{}; segel ini {can_id}", why.in_indonesian()),
        format!("{}; this seal {can_en}", why.why),
    )
}

/// The seal's language has no words for opening it.
pub fn not_opened_from_here(why: &NotSpoken) -> Refusal {
    Refusal::new(
        RefusalSort::Rule,
        "not_opened_from_here",
        format!(
            "{}; izinkan pembukaan dengan kartu yang sudah dikenal segel atau dengan anak kunci",
            why.in_indonesian()
        ),
        format!(
            "{}; grant the opening by a card that the seal knows already, or by its key",
            why.why
        ),
    )
}

/// The seal will not last.
pub fn battery_too_low(has: u8, needs: u8) -> Refusal {
    Refusal::new(
        RefusalSort::Rule,
        "battery_too_low",
        format!("baterai {has} %, perjalanan ini perlu {needs} %; isi daya atau pilih segel lain"),
        format!("the battery has {has} %, this trip needs {needs} %; charge it or choose another seal"),
    )
}

/// What a state is called in a sentence.
pub fn state_name(state: segel_model::trip::TripState) -> (&'static str, &'static str) {
    use segel_model::trip::TripState as T;
    match state {
        T::Draft => ("masih draf", "a draft"),
        T::AwaitingDocument => ("menunggu dokumen", "waiting for a document"),
        T::ManualVerification => (
            "menunggu verifikasi petugas",
            "waiting for an officer's verification",
        ),
        T::Submitted => ("sudah diajukan", "submitted"),
        T::RouteProposed => ("menunggu persetujuan rute", "waiting for its route's approval"),
        T::RouteApproved => ("menunggu segel", "waiting for a seal"),
        T::Assigned => ("menunggu pemasangan", "waiting for installation"),
        T::Installing => ("sedang dipasangi segel", "being sealed"),
        T::Installed => ("menunggu foto pemasangan", "waiting for installation photos"),
        T::ReadyToDepart => ("siap berangkat", "ready to depart"),
        T::InTransit => ("dalam perjalanan", "in transit"),
        T::Arrived => ("sudah tiba", "arrived"),
        T::SealCheck => ("dalam pemeriksaan segel", "at the seal check"),
        T::Compromised => ("ditahan karena kejanggalan", "held for a discrepancy"),
        T::RemovalGranted => ("sudah diizinkan lepas", "granted removal"),
        T::Removing => ("sedang dilepas", "being removed"),
        T::Removed => ("menunggu foto pelepasan", "waiting for removal photos"),
        T::Completed => ("sudah selesai", "completed"),
        T::Refused => ("ditolak", "refused"),
        T::Cancelled => ("dibatalkan", "cancelled"),
        T::Expired => ("kedaluwarsa", "expired"),
    }
}
