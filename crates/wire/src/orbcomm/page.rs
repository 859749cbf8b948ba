//! One page of a mailbox: what the gateway answers to `get_return_messages` (handbook, section 9).

use alloc::{string::String, vec::Vec};

use segel_model::ServerTime;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    message::{self, Message},
    time::MailboxTime,
};

/// What a page says.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Why the gateway gave nothing; 0 where all is well.
    pub error: i64,
    /// From where on to ask next; nothing where the gateway does not say, as it does where the mailbox is empty.
    pub next_start: Option<MailboxTime>,
    /// There are more messages than this page holds.
    pub more: bool,
    /// Its messages in its order.
    pub messages: Vec<Message>,
}

/// The object as it is written. What stands in it besides is passed over.
#[derive(Deserialize)]
struct Written<'a> {
    #[serde(rename = "ErrorID", default)]
    error: Option<i64>,
    #[serde(rename = "NextStartUTC", default)]
    next_start: Option<String>,
    #[serde(rename = "More", default)]
    more: Option<bool>,
    #[serde(rename = "Messages", default, borrow)]
    messages: Option<Vec<&'a RawValue>>,
}

impl Page {
    /// Reads a page whole, or says why it is none: a page that is cut short gives nothing, so that it is asked for again.
    pub fn read(bytes: &[u8], received: ServerTime) -> Result<Self, &'static str> {
        let written: Written<'_> = serde_json::from_slice(bytes).map_err(|_| "no_such_json")?;
        let next = written.next_start.filter(|text| !text.trim().is_empty());
        let next_start = next.as_deref().map(MailboxTime::parse);
        if next_start == Some(None) {
            return Err("no_such_time");
        }
        let messages = written.messages.unwrap_or_default();
        Ok(Self {
            error: written.error.unwrap_or(0),
            next_start: next_start.flatten(),
            more: written.more.unwrap_or(false),
            messages: messages
                .into_iter()
                .map(|raw| message::read(raw.get(), received))
                .collect(),
        })
    }
}

/// Whether an object is a page and not one message of it: a message names its terminal.
pub(crate) fn is_page(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Marks<'a> {
        #[serde(rename = "ErrorID", borrow)]
        error: Option<&'a RawValue>,
        #[serde(rename = "Messages", borrow)]
        messages: Option<&'a RawValue>,
        #[serde(rename = "MobileID", borrow)]
        mobile: Option<&'a RawValue>,
    }
    let is_page =
        |marks: Marks<'_>| marks.mobile.is_none() && (marks.error.is_some() || marks.messages.is_some());
    serde_json::from_slice(bytes).is_ok_and(is_page)
}
