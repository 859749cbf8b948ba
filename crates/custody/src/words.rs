//! What a seal can be told: its own language is asked before anybody tries, so that nobody waits for what cannot come.

use alloc::string::String;
use alloc::vec::Vec;

use segel_model::grant::{UnlockMethod, Way};
use segel_model::report::Protocol;
use segel_model::rulebook::Intervals;
use segel_model::seal::SealRegistration;
use segel_model::{Refusal, Role, Rulebook, SealOrder, ServerTime};
use segel_wire::{NotSpoken, Profile, vocabulary};

use crate::{may, refusals};

/// How one seal is spoken to.
#[derive(Debug, Clone, Copy)]
pub struct Tongue<'a> {
    protocol: Protocol,
    profile: Profile,
    /// Orders, by name, that its language has words for and its make does not take.
    lacks: &'a [String],
    /// How often its make can be told to report.
    interval: Option<Intervals>,
}

const LACKING: NotSpoken = NotSpoken {
    why: "this make of seal does not take this order",
};

const TOO_OFTEN: NotSpoken = NotSpoken {
    why: "this make of seal cannot report so often",
};

impl<'a> Tongue<'a> {
    /// A seal as it is registered: by its make, or by its way of speaking itself.
    pub fn of(seal: &SealRegistration, rules: &'a Rulebook, now: ServerTime) -> Self {
        let make = rules.makes.find(&seal.profile, now);
        let dialect = make.map_or(seal.profile.as_str(), |make| make.dialect.as_str());
        Self {
            protocol: seal.protocol,
            profile: Profile::from_text(dialect).unwrap_or_default(),
            lacks: make.map_or(&[][..], |make| make.lacks.as_slice()),
            interval: make.and_then(|make| make.interval),
        }
    }

    /// Whether the seal has words for an order, with these values.
    pub fn speaks(&self, order: &SealOrder) -> Result<(), NotSpoken> {
        if self.lacks.iter().any(|lacking| lacking == order.name()) {
            return Err(LACKING);
        }
        segel_wire::speaks(self.protocol, self.profile, order)
    }

    /// One of each order that the seal has words for, with example values.
    pub fn spoken(&self) -> Vec<SealOrder> {
        let mut orders = vocabulary::examples();
        orders.retain(|order| self.speaks(order).is_ok());
        orders
    }

    /// One of each order that the seal has words for and that somebody of that role may send.
    pub fn offered(&self, role: Role) -> Vec<SealOrder> {
        let mut orders = self.spoken();
        orders.retain(|order| !order.opens() && may::orderers(order).contains(&role));
        orders
    }

    /// Whether the seal can do as it is told. One that is to report more rarely than it can reports more often, which harms nobody.
    fn manages(&self, order: &SealOrder) -> Result<(), NotSpoken> {
        match (order, self.interval) {
            (SealOrder::Interval { awake_s, asleep_s }, Some(range))
                if *awake_s < range.awake_min_s || *asleep_s < range.asleep_min_s =>
            {
                Err(TOO_OFTEN)
            }
            _ => Ok(()),
        }
    }

    /// Refuses what the seal has no words for or cannot do, and says what it can do instead.
    pub(crate) fn expect(&self, order: &SealOrder) -> Result<(), Refusal> {
        let can = self.speaks(order).and_then(|()| self.manages(order));
        can.map_err(|not_spoken| match order.opens() {
            true => refusals::not_opened_from_here(&not_spoken),
            false => refusals::not_spoken(&not_spoken, &self.instead()),
        })
    }

    /// Refuses a way of opening that goes by an order for which the seal has no words. A card that it knows already, or its key,
    /// needs none.
    pub(crate) fn expect_way(&self, method: &UnlockMethod) -> Result<(), Refusal> {
        match method {
            UnlockMethod::Command => self.expect(&SealOrder::UnlockStatic),
            UnlockMethod::DynamicPassword => self.expect(&SealOrder::UnlockDynamic),
            UnlockMethod::Card { .. } | UnlockMethod::ByHand => Ok(()),
        }
    }

    /// The ways in which a grant may have it opened: what it has words for, its cards, and by hand where nothing sent opens it.
    pub fn ways(&self) -> Vec<Way> {
        let speaks = |order| self.speaks(&order).is_ok();
        let all = [
            (Way::Command, speaks(SealOrder::UnlockStatic)),
            (Way::DynamicPassword, speaks(SealOrder::UnlockDynamic)),
            (Way::Card, true),
            (Way::ByHand, self.opens_only_by_itself()),
        ];
        all.into_iter()
            .filter_map(|(way, is_one)| is_one.then_some(way))
            .collect()
    }

    /// Whether nothing that is sent opens the seal: then its own card or key must.
    pub(crate) fn opens_only_by_itself(&self) -> bool {
        !self.spoken().iter().any(SealOrder::opens)
    }

    /// What the seal can be told, by name, in Indonesian and in English.
    fn instead(&self) -> (String, String) {
        let orders = self.spoken();
        let harmless = || orders.iter().filter(|order| !order.opens()).map(name);
        let id: Vec<&str> = harmless().map(|(id, _)| id).collect();
        let en: Vec<&str> = harmless().map(|(_, en)| en).collect();
        (id.join(", "), en.join(", "))
    }
}

/// An order's name as people say it.
pub const fn name(order: &SealOrder) -> (&'static str, &'static str) {
    match order {
        SealOrder::UnlockStatic => ("buka dengan kata sandi tetap", "open with the fixed password"),
        SealOrder::UnlockDynamic => (
            "buka dengan kata sandi sekali pakai",
            "open with the one-time password",
        ),
        SealOrder::AuthoriseCards { .. } => ("izinkan kartu", "let cards in"),
        SealOrder::WithdrawCards { .. } => ("tarik kartu", "withdraw cards"),
        SealOrder::RotatePassword => ("ganti kata sandi tetap", "change the fixed password"),
        SealOrder::DynamicPassword { .. } => ("kata sandi sekali pakai", "one-time passwords"),
        SealOrder::Channels(_) => ("jalur pembukaan", "ways of opening"),
        SealOrder::Interval { .. } => ("jarak waktu laporan", "reporting interval"),
        SealOrder::AlwaysAwake { .. } => ("selalu bangun", "always awake"),
        SealOrder::SetTime => ("setel jam", "set the clock"),
        SealOrder::Lock => ("kunci", "lock"),
        SealOrder::PositionNow => ("posisi sekarang", "position now"),
        SealOrder::Restart => ("mulai ulang", "restart"),
        SealOrder::Text { .. } => ("teks di layar", "text on its display"),
        SealOrder::ConfirmAlarm => ("konfirmasi alarm", "confirm its alarms"),
        SealOrder::Track { .. } => ("ikuti sementara", "follow for a while"),
        SealOrder::Fence(_) => ("pagar di segel", "fence on the seal"),
        SealOrder::ClearFence { .. } => ("hapus pagar di segel", "delete a fence on the seal"),
    }
}

#[cfg(test)]
mod tests {
    use segel_model::rulebook::{Make, Makes};
    use segel_model::{DeviceId, OrganisationId};

    use super::*;

    const NOW: ServerTime = ServerTime::from_unix_ms(1_000_000);

    fn rules(makes: Makes) -> Rulebook {
        Rulebook {
            editions: Vec::new(),
            offices: Vec::new(),
            makes,
        }
    }

    fn seal(protocol: Protocol, profile: &str) -> SealRegistration {
        SealRegistration {
            protocol,
            device: DeviceId("1".into()),
            label: "S-1".into(),
            profile: profile.into(),
            provider: OrganisationId(1),
            pool: None,
            certificate: None,
            certificate_needed: None,
        }
    }

    fn with<T>(protocol: Protocol, profile: &str, ask: impl FnOnce(Tongue<'_>) -> T) -> T {
        let rules = rules(Makes::default());
        ask(Tongue::of(&seal(protocol, profile), &rules, NOW))
    }

    #[test]
    fn a_refusal_says_what_the_seal_can_do_instead() {
        let refused = |protocol, profile: &str, order: SealOrder| {
            with(protocol, profile, |tongue| tongue.expect(&order)).expect_err("it has no such word")
        };
        let refusal = refused(Protocol::Jointech, "jt701d", SealOrder::PositionNow);
        assert_eq!(refusal.code, "not_spoken");
        assert!(
            refusal.say.id.contains("jarak waktu laporan"),
            "{}",
            refusal.say.id
        );
        assert!(
            refusal.say.en.contains("reporting interval"),
            "{}",
            refusal.say.en
        );
        let refusal = refused(Protocol::Kingwo, "any", SealOrder::Restart);
        assert!(refusal.say.en.ends_with("no order at all"), "{}", refusal.say.en);
    }

    #[test]
    fn a_seal_without_a_word_for_opening_opens_by_its_card_or_key() {
        with(Protocol::Jt808, "jt709", |card_only| {
            assert!(card_only.opens_only_by_itself());
            let refusal = card_only
                .expect_way(&UnlockMethod::Command)
                .expect_err("it has no word for it");
            assert_eq!(refusal.code, "not_opened_from_here");
            let cards = Vec::from([String::from("0000000001")]);
            assert_eq!(card_only.expect_way(&UnlockMethod::Card { cards }), Ok(()));
            assert_eq!(card_only.expect_way(&UnlockMethod::ByHand), Ok(()));
            assert_eq!(card_only.ways(), [Way::Card, Way::ByHand]);
        });
        assert!(!with(Protocol::Jt808, "hhd", |tongue| tongue.opens_only_by_itself()));
        let all = with(Protocol::Jointech, "jt701d", |tongue| tongue.ways());
        assert_eq!(all, [Way::Command, Way::DynamicPassword, Way::Card]);
    }

    #[test]
    fn a_make_speaks_as_its_version_of_the_day_says_and_may_lack_an_order() {
        let make = |since_ms, dialect: &str, lacks: &[&str]| Make {
            since: ServerTime::from_unix_ms(since_ms),
            dialect: dialect.into(),
            lacks: lacks.iter().map(|order| String::from(*order)).collect(),
            interval: None,
        };
        let mut makes = Makes::default();
        makes.add("padlock-1", make(2_000_000, "hhd@480", &["restart"]));
        makes.add("padlock-1", make(0, "jt709", &[]));
        let rules = rules(makes);
        let registered = seal(Protocol::Jt808, "padlock-1");
        let before = Tongue::of(&registered, &rules, NOW);
        assert!(before.speaks(&SealOrder::Lock).is_err());
        let after = Tongue::of(&registered, &rules, ServerTime::from_unix_ms(2_000_000));
        assert_eq!(after.speaks(&SealOrder::Lock), Ok(()));
        assert_eq!(after.speaks(&SealOrder::Restart), Err(LACKING));
        assert_ne!(LACKING.in_indonesian(), LACKING.why);
    }

    #[test]
    fn nobody_tells_a_seal_to_report_more_often_than_its_make_can() {
        let mut makes = Makes::default();
        let make = Make {
            since: ServerTime::from_unix_ms(0),
            dialect: "jt701d".into(),
            lacks: Vec::new(),
            interval: Some(Intervals {
                awake_min_s: 30,
                awake_max_s: 600,
                asleep_min_s: 300,
                asleep_max_s: 86_400,
            }),
        };
        makes.add("slow", make);
        let rules = rules(makes);
        let registered = seal(Protocol::Jointech, "slow");
        let tongue = Tongue::of(&registered, &rules, NOW);
        let told = |awake_s, asleep_s| tongue.expect(&SealOrder::Interval { awake_s, asleep_s });
        assert_eq!(told(30, 300), Ok(()));
        assert_eq!(told(3600, 86_400), Ok(()), "it reports more often than asked");
        for (awake_s, asleep_s) in [(29, 300), (30, 240)] {
            let refusal = told(awake_s, asleep_s).expect_err("it cannot");
            assert!(
                refusal.say.en.contains("cannot report so often"),
                "{}",
                refusal.say.en
            );
        }
    }

    #[test]
    fn everybody_is_offered_what_their_role_may_send() {
        let names = |role| -> Vec<&str> {
            let orders = with(Protocol::Jt808, "bsj", |tongue| tongue.offered(role));
            orders.iter().map(SealOrder::name).collect()
        };
        assert_eq!(
            names(Role::CustomsOfficer),
            [
                "position_now",
                "lock",
                "track",
                "text",
                "confirm_alarm",
                "fence",
                "clear_fence"
            ]
        );
        assert_eq!(names(Role::Technician), ["position_now", "lock", "restart"]);
        assert!(names(Role::ServiceUser).is_empty());
        assert!(!names(Role::ProviderOperator).contains(&"unlock_static"));
    }
}
