//! Prints the OpenAPI document; `schemas/openapi.json` is its committed copy.

fn main() {
    print!("{}", segel_server::api::openapi_json());
}
