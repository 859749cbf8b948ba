//! The web app inside the binary, and the basemap that the operator has beside it.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use tower_http::compression::CompressionLayer;
use tower_http::services::ServeFile;

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/web"]
struct App;

/// Files whose names carry a hash of their content never change.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// All others are asked for again, and usually answered with 304.
const ASK_AGAIN: &str = "no-cache";

/// The operator's own basemap. Browsers read pieces of it, so it is served by ranges and never compressed.
pub struct Basemap(PathBuf);

impl Basemap {
    /// Where browsers find it.
    pub const PATH: &str = "/basemap.pmtiles";
    /// How a file of version 3 begins (PMTiles specification, header).
    const BEGINS: [u8; 8] = *b"PMTiles\x03";

    /// The file, once it is known to be what it is taken for.
    pub fn open(file: &Path) -> Result<Self> {
        let mut begins = [0; 8];
        let read = File::open(file).and_then(|mut opened| opened.read_exact(&mut begins));
        read.with_context(|| format!("could not read the basemap {}", file.display()))?;
        if begins != Self::BEGINS {
            bail!(
                "{} is no PMTiles file of version 3: make one with `pmtiles convert` or leave the setting out",
                file.display()
            );
        }
        Ok(Self(file.to_owned()))
    }
}

/// Serves the app; a path that is no file is one of the app's own pages.
pub fn router(basemap: Option<Basemap>) -> Router {
    let app = Router::new().fallback(page).layer(CompressionLayer::new());
    match basemap {
        Some(Basemap(file)) => app.route_service(Basemap::PATH, ServeFile::new(file)),
        None => app,
    }
}

async fn page(uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if let Some(file) = App::get(path) {
        return serve(path, &file, &headers);
    }
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    match App::get("index.html").filter(|_| !is_file) {
        Some(index) => serve("index.html", &index, &headers),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn serve(path: &str, file: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..16]));
    let known = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let keep = if path.starts_with("assets/") {
        FOR_EVER
    } else {
        ASK_AGAIN
    };
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        file.data.to_vec().into_response()
    };
    let about = response.headers_mut();
    about.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    about.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        about.insert(header::ETAG, tag);
    }
    response
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "geojson" => "application/geo+json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn get(path: &str, tag: Option<&HeaderValue>) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(tag) = tag {
            headers.insert(header::IF_NONE_MATCH, tag.clone());
        }
        page(path.parse().expect("a path"), headers).await
    }

    #[tokio::test]
    async fn a_page_of_the_app_is_the_app_and_a_missing_file_is_missing() {
        let page = get("/trips/7", None).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(page.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(get("/assets/none.js", None).await.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_piece_of_the_basemap_is_sent_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("java.pmtiles");
        std::fs::write(&file, b"PMTiles\x03 and what follows").expect("written");
        let map = Basemap::open(&file).expect("it begins as it must");
        let ask = Request::get(Basemap::PATH)
            .header(header::RANGE, "bytes=8-11")
            .header(header::ACCEPT_ENCODING, "gzip")
            .body(Body::empty())
            .expect("a request");
        let answer = router(Some(map)).oneshot(ask).await.expect("answered");
        assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT);
        assert!(!answer.headers().contains_key(header::CONTENT_ENCODING));
        let piece = axum::body::to_bytes(answer.into_body(), 100).await.expect("read");
        assert_eq!(&piece[..], b" and");
    }

    #[test]
    fn a_basemap_that_is_none_ends_the_start_with_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("java.mbtiles");
        let said = |path: &Path| Basemap::open(path).err().map(|failure| format!("{failure:#}"));
        assert!(said(&file).is_some_and(|said| said.starts_with("could not read the basemap")));
        std::fs::write(&file, b"SQLite format 3\0").expect("written");
        assert!(said(&file).is_some_and(|said| said.contains("pmtiles convert")));
    }

    #[tokio::test]
    async fn what_the_browser_has_already_is_not_sent_again() {
        let first = get("/", None).await;
        let again = get("/", first.headers().get(header::ETAG)).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let other = HeaderValue::from_static("\"00\"");
        assert_eq!(get("/", Some(&other)).await.status(), StatusCode::OK);
    }
}
