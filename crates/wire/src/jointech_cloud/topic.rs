//! What a message is about: whose account, which device, what sort of thing.

use segel_model::DeviceId;

use crate::objects::value::device_id;

/// What the cloud's topics begin with.
const UPLOAD: &str = "upload";

/// A topic of the cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic<'a> {
    /// The account at the cloud. It opens the account's messages there, so it is a secret.
    pub account: &'a str,
    /// Which device spoke.
    pub device: DeviceId,
    /// What sort of thing it says.
    pub kind: Kind,
}

/// What sort of thing a message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Where it is and how its lock stands.
    Location,
    /// Something is wrong.
    Alarm,
    /// The lock was moved, or somebody tried.
    Event,
    /// The answer to a command of the cloud.
    Command,
    /// Something that no page of the maker names.
    Other,
}

impl<'a> Topic<'a> {
    /// Reads a topic; gives nothing where it is none of the cloud's, or names no device.
    pub fn read(topic: &'a str) -> Option<Self> {
        let mut parts = topic.splitn(4, '/');
        if parts.next() != Some(UPLOAD) {
            return None;
        }
        let account = parts.next()?;
        let device = device_id(parts.next()?)?;
        let kind = match parts.next()? {
            "location" => Kind::Location,
            "alarm" => Kind::Alarm,
            "event" => Kind::Event,
            "cmd" => Kind::Command,
            _ => Kind::Other,
        };
        Some(Self {
            account,
            device,
            kind,
        })
    }

    /// Whether a topic is one of the cloud's, whatever stands behind its first word.
    pub fn is_of_cloud(topic: &str) -> bool {
        topic.split('/').next() == Some(UPLOAD)
    }
}

impl Kind {
    /// A number that is never given to another sort.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Location => 0,
            Self::Alarm => 1,
            Self::Event => 2,
            Self::Command => 3,
            Self::Other => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_names_account_device_and_sort() {
        let topic = Topic::read("upload/k3y/7100000042/alarm").expect("a topic");
        assert_eq!(
            (topic.account, topic.device.0.as_str(), topic.kind),
            ("k3y", "7100000042", Kind::Alarm)
        );
        let kind = |topic| Topic::read(topic).map(|topic| topic.kind);
        assert_eq!(kind("upload/k/7/location"), Some(Kind::Location));
        assert_eq!(kind("upload/k/7/event"), Some(Kind::Event));
        assert_eq!(kind("upload/k/7/cmd"), Some(Kind::Command));
        assert_eq!(kind("upload/k/7/sub/8/event"), Some(Kind::Other));
        for other in [
            "upload/k/7",
            "upload/k//location",
            "download/k/7/location",
            "upload/k/a b/event",
            "",
        ] {
            assert_eq!(kind(other), None, "{other}");
        }
    }
}
