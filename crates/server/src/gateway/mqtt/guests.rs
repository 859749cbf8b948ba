//! Who is here under which name: whoever comes again under the same name takes the place of the older connection, which its
//! network may have left half open [MQTT-3.1.4-2]. A provider cannot take another's names.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use segel_model::OrganisationId;

/// Everybody who is here.
#[derive(Default)]
pub(super) struct Guests {
    here: Mutex<HashMap<Name, Here>>,
}

/// A client's own name, within its organisation.
type Name = (OrganisationId, String);

struct Here {
    connection: u64,
    must_go: Arc<Notify>,
}

/// One who is here; leaving the scope takes the name off.
pub(super) struct Guest {
    guests: Arc<Guests>,
    name: Option<Name>,
    connection: u64,
    must_go: Arc<Notify>,
}

impl Guests {
    /// A client has come in. One without a name of its own is nobody's second.
    pub(super) fn enter(
        self: &Arc<Self>,
        organisation: OrganisationId,
        client: &str,
        connection: u64,
    ) -> Guest {
        let must_go = Arc::<Notify>::default();
        let name = (!client.is_empty()).then(|| (organisation, client.to_owned()));
        if let Some(name) = &name {
            let here = Here {
                connection,
                must_go: Arc::clone(&must_go),
            };
            let mut all = self.here.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(older) = all.insert(name.clone(), here) {
                older.must_go.notify_one();
            }
        }
        Guest {
            guests: Arc::clone(self),
            name,
            connection,
            must_go,
        }
    }
}

impl Guest {
    /// Waits until somebody else has come under its name.
    pub(super) async fn must_go(&self) {
        self.must_go.notified().await;
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let Some(name) = &self.name else { return };
        let mut all = self.guests.here.lock().unwrap_or_else(PoisonError::into_inner);
        if all
            .get(name)
            .is_some_and(|here| here.connection == self.connection)
        {
            all.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: OrganisationId = OrganisationId(1);

    #[tokio::test]
    async fn who_comes_again_under_a_name_takes_its_place() {
        let guests = Arc::<Guests>::default();
        let older = guests.enter(OURS, "cloud", 1);
        let newer = guests.enter(OURS, "cloud", 2);
        older.must_go().await;
        drop(older);
        assert_eq!(
            guests.here.lock().expect("no panic before").len(),
            1,
            "the newer one stays"
        );
        drop(newer);
        assert!(guests.here.lock().expect("no panic before").is_empty());
    }

    #[tokio::test]
    async fn another_organisation_and_another_nameless_one_are_others() {
        let guests = Arc::<Guests>::default();
        let ours = [guests.enter(OURS, "cloud", 1), guests.enter(OURS, "", 2)];
        let _theirs = [
            guests.enter(OrganisationId(2), "cloud", 3),
            guests.enter(OURS, "", 4),
        ];
        for guest in &ours {
            let mut waits = std::pin::pin!(guest.must_go());
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(waits.as_mut().poll(&mut context).is_pending());
        }
    }
}
