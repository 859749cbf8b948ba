//! What must survive: journal, reports, read models, accounts, outbox, blobs.
//!
//! One folder is one Segel. `segel.db` is the truth, `history.db` the sealed blocks of old reports, `blobs/` the photos and
//! documents, `snapshots/` copies of the state that only make the start quick, `checkpoints/` what the journal was. `Store` writes, `Reader` reads, and
//! a commit is durable when its call returns: whoever answers the world waits for that.

#[cfg(all(feature = "sabotage", not(debug_assertions)))]
compile_error!(
    "a release that deletes reports before history has them would lose them: build it without `sabotage`"
);

mod error;
mod folder;
mod schema;

mod batch;
mod bytes;
pub mod chain;
mod store;

pub mod journal;
pub mod outbox;
pub mod record;
pub mod side;
mod staged;

pub mod history;
mod reader;
pub mod reports;

pub mod recover;
pub mod snapshot;

pub mod checkpoints;
pub mod backup;
pub mod blob;
mod metrics;
pub mod verify;
pub mod measured;

pub use backup::{BackupList, backup, restore};
pub use batch::*;
pub use blob::{Blob, Blobs};
pub use checkpoints::Checkpointer;
pub use error::StoreError;
pub use folder::Folder;
pub use history::{Compactor, Progress};
pub use journal::Line;
pub use metrics::{Figures, Metrics};
pub use reader::Reader;
pub use record::{Count, Cursor, Listing, Page, Record, Scope};
pub use recover::{Recovered, Replay, Step, rebuild, recover};
pub use reports::{ReportCursor, ReportPage, ReportQuery, Stored};
pub use snapshot::Snapshots;
pub use staged::StagedRow;
pub use store::{Committed, Opened, Options, Position, Store};
pub use verify::{Verified, verify};
