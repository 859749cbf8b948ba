//! Every refusal and its sentence: what happened and what to do next, in Indonesian and in English.

use segel_model::Refusal;
use segel_model::refusal::RefusalSort;

/// There is no such trip, or it is not theirs to see.
pub fn no_such_trip() -> Refusal {
    Refusal::new(
        RefusalSort::NotFound,
        "no_such_trip",
        "perjalanan itu tidak ada; periksa nomornya",
        "there is no such trip; check its number",
    )
}
