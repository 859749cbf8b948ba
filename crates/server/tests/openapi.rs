//! The committed OpenAPI document is the one the routes make. `SEGEL_BLESS=1` renews it; read that diff.

use std::path::PathBuf;

#[test]
fn the_committed_openapi_document_is_the_one_the_routes_make() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schemas/openapi.json");
    let made = segel_server::api::openapi_json();
    if std::env::var_os("SEGEL_BLESS").is_some() {
        std::fs::write(&path, &made).expect("the document is writable");
    }
    let committed = std::fs::read_to_string(&path).expect("schemas/openapi.json is committed");
    assert!(
        committed == made,
        "schemas/openapi.json is old: renew it with SEGEL_BLESS=1 and read the diff"
    );
}
