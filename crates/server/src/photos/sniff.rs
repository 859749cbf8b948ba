//! What a file is, by its first bytes; what its name or sender claims does not count.

/// A picture that is taken as a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// JPEG (ISO 10918-1).
    Jpeg,
    /// PNG (ISO 15948).
    Png,
    /// WebP.
    WebP,
    /// HEIC or HEIF (ISO 23008-12): kept, without a small copy.
    Heic,
}

impl Picture {
    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Heic => "image/heic",
        }
    }
}

/// Brands of the box `ftyp` that say HEIC or HEIF.
const HEIF_BRANDS: [&[u8; 4]; 10] = [
    b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1",
];

/// Which picture the bytes are.
pub fn picture(bytes: &[u8]) -> Option<Picture> {
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return Some(Picture::Jpeg);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(Picture::Png);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some(Picture::WebP);
    }
    let is_heif = bytes.get(4..8) == Some(b"ftyp")
        && brands(bytes).any(|brand| HEIF_BRANDS.iter().any(|known| brand == *known));
    is_heif.then_some(Picture::Heic)
}

/// The major brand and the compatible ones; AVIF names `mif1` too, so a file that says `avif` is none of ours.
fn brands(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let length = bytes
        .first_chunk::<4>()
        .map_or(0, |length| u32::from_be_bytes(*length) as usize);
    let first = bytes
        .get(8..length.clamp(8, 256).min(bytes.len()))
        .unwrap_or_default();
    let is_avif = first
        .chunks_exact(4)
        .any(|brand| brand == b"avif" || brand == b"avis");
    let all = first.chunks_exact(4).enumerate().filter(|(place, _)| *place != 1);
    all.map(|(_, brand)| brand).filter(move |_| !is_avif)
}

/// The media type of a paper's scan: a picture or a PDF.
pub fn scan(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"%PDF-") {
        return Some("application/pdf");
    }
    picture(bytes).map(Picture::media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_first_bytes() {
        for (bytes, is) in [
            (&b"\xff\xd8\xff\xe1rest"[..], Some(Picture::Jpeg)),
            (b"\x89PNG\r\n\x1a\nrest", Some(Picture::Png)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(Picture::WebP)),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Some(Picture::Heic)),
            (b"\0\0\0\x18ftypmsf1\0\0\0\0msf1hevc", Some(Picture::Heic)),
            (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", None),
            (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", None),
            (b"GIF89a", None),
            (b"RIFF\x10\0\0\0WAVE", None),
            (b"<svg xmlns=", None),
            (b"\xff\xd8", None),
            (b"", None),
        ] {
            assert_eq!(picture(bytes), is, "{bytes:?}");
        }
        assert_eq!(scan(b"%PDF-1.7"), Some("application/pdf"));
    }
}
