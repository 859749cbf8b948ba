//! As much of HTTP/1.1 as a phone needs: a head, a body of stated length or in chunks, nothing else (RFC 9112).

mod chunks;

use alloc::borrow::Cow;
use alloc::vec::Vec;

use chunks::{Chunks, Step};

/// The longest head: a query of a phone has a few hundred bytes.
pub const HEAD_BYTES: usize = 8 * 1024;
/// The longest method name.
const METHOD_BYTES: usize = 8;
/// An empty line stands behind the head.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// A whole request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// Path and query.
    pub target: &'a str,
    /// What follows the head; put together where it came in chunks.
    pub body: Cow<'a, [u8]>,
    /// Whether the phone wants to go on speaking on this connection.
    pub keeps_alive: bool,
    /// Bytes of head and body.
    pub length: usize,
}

/// What the next bytes of a stream are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next<'a> {
    /// A whole request.
    Request(Request<'a>),
    /// The beginning of one.
    More,
    /// A request we cannot take: the status line to answer with.
    Refused(&'static str),
    /// No HTTP at all.
    NotHttp,
}

const BAD: Next<'static> = Next::Refused("400 Bad Request");
const TOO_LARGE: Next<'static> = Next::Refused("413 Content Too Large");
const NO_LENGTH: Next<'static> = Next::Refused("411 Length Required");

/// Looks at the bytes where a request should begin. Never asks for more than `longest` bytes.
pub fn next(bytes: &[u8], longest: usize) -> Next<'_> {
    Progress::default().next(bytes, longest)
}

/// How far a request that is not whole has been read, so that one which trickles in is not read anew for every byte.
#[derive(Debug, Default)]
pub struct Progress {
    /// The empty line behind the head begins nowhere before.
    head: usize,
    /// With fewer bytes it is not whole.
    least: usize,
    /// Where a body in chunks begins, and how far it has been put together.
    chunks: Option<(usize, Chunks)>,
}

impl Progress {
    /// Looks at the same request once more has come of it; a new one wants a new progress.
    pub fn next<'a>(&mut self, bytes: &'a [u8], longest: usize) -> Next<'a> {
        if bytes.len() < self.least {
            return Next::More;
        }
        if let Some((from, chunks)) = &mut self.chunks {
            match chunks.go_on(
                bytes.get(*from..).unwrap_or_default(),
                longest.saturating_sub(*from),
            ) {
                Step::Whole => {}
                step => return step.next(),
            }
        }
        if !looks_like_method(bytes) {
            return Next::NotHttp;
        }
        let window = &bytes[..bytes.len().min(HEAD_BYTES.min(longest))];
        let unseen = window.get(self.head..).unwrap_or_default();
        let Some(at) = unseen.windows(HEAD_END.len()).position(|four| four == HEAD_END) else {
            self.head = window.len().saturating_sub(HEAD_END.len() - 1);
            return if window.len() < bytes.len() {
                TOO_LARGE
            } else {
                Next::More
            };
        };
        self.head += at;
        self.with_head(bytes, longest)
    }

    fn with_head<'a>(&mut self, bytes: &'a [u8], longest: usize) -> Next<'a> {
        let Ok(head) = core::str::from_utf8(&bytes[..self.head]) else {
            return BAD;
        };
        let from = self.head + HEAD_END.len();
        match Head::parse(head) {
            Err(refused) => refused,
            Ok(Head {
                body_length: Some(_),
                chunked: true,
                ..
            }) => BAD,
            Ok(head) if head.chunked => self.in_chunks(bytes, from, &head, longest),
            Ok(head) => self.of_length(bytes, from, &head, longest),
        }
    }

    fn of_length<'a>(&mut self, bytes: &'a [u8], from: usize, head: &Head<'a>, longest: usize) -> Next<'a> {
        let length = from.checked_add(head.body_length.unwrap_or(0));
        let Some(length) = length.filter(|&length| length <= longest) else {
            return TOO_LARGE;
        };
        self.least = length;
        let body = bytes.get(from..length);
        body.map_or(Next::More, |body| head.request(Cow::Borrowed(body), length))
    }

    fn in_chunks<'a>(&mut self, bytes: &'a [u8], from: usize, head: &Head<'a>, longest: usize) -> Next<'a> {
        let (_, chunks) = self.chunks.get_or_insert_with(|| (from, Chunks::default()));
        match chunks.go_on(&bytes[from..], longest.saturating_sub(from)) {
            Step::Whole => {
                let (body, length) = chunks.take();
                head.request(Cow::Owned(body), from + length)
            }
            step => step.next(),
        }
    }
}

impl Step {
    /// What a body that is not whole is to its request.
    fn next(self) -> Next<'static> {
        match self {
            Self::Whole | Self::More => Next::More,
            Self::TooLarge => TOO_LARGE,
            Self::Broken => BAD,
        }
    }
}

/// The whole requests in `bytes`, and how many bytes are done with.
pub fn split(bytes: &[u8], longest: usize) -> (Vec<Vec<u8>>, usize) {
    let mut requests = Vec::new();
    let mut used = 0;
    while let Next::Request(request) = next(&bytes[used..], longest) {
        requests.push(bytes[used..used + request.length].to_vec());
        used += request.length;
    }
    (requests, used)
}

/// A method is a word of capitals.
fn looks_like_method(bytes: &[u8]) -> bool {
    let begin = bytes.iter().take(METHOD_BYTES + 1);
    let word = begin.take_while(|byte| byte.is_ascii_uppercase()).count();
    word <= METHOD_BYTES && (word == bytes.len() || 0 < word && bytes[word] == b' ')
}

struct Head<'a> {
    target: &'a str,
    body_length: Option<usize>,
    chunked: bool,
    keeps_alive: bool,
}

impl<'a> Head<'a> {
    fn request(&self, body: Cow<'a, [u8]>, length: usize) -> Next<'a> {
        Next::Request(Request {
            target: self.target,
            body,
            keeps_alive: self.keeps_alive,
            length,
        })
    }

    fn parse(head: &'a str) -> Result<Self, Next<'static>> {
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (Some(_method), Some(target), Some(version)) = (words.next(), words.next(), words.next()) else {
            return Err(BAD);
        };
        if !version.starts_with("HTTP/1.") {
            return Err(BAD);
        }
        let mut parsed = Self {
            target,
            body_length: None,
            chunked: false,
            keeps_alive: version != "HTTP/1.0",
        };
        for line in lines {
            let (name, value) = line.split_once(':').ok_or(BAD)?;
            parsed.header(name, value.trim())?;
        }
        Ok(parsed)
    }

    fn header(&mut self, name: &str, value: &str) -> Result<(), Next<'static>> {
        if name.eq_ignore_ascii_case("content-length") {
            self.body_length = Some(value.parse().map_err(|_| BAD)?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            // Any other encoding hides where the body ends.
            self.chunked = value.eq_ignore_ascii_case("chunked");
            return if self.chunked { Ok(()) } else { Err(NO_LENGTH) };
        } else if name.eq_ignore_ascii_case("connection") {
            self.keeps_alive = value.eq_ignore_ascii_case("keep-alive")
                || self.keeps_alive && !value.eq_ignore_ascii_case("close");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: usize = 1024;

    #[test]
    fn a_request_ends_with_its_body() {
        let whole = b"POST /?a=1 HTTP/1.1\r\nHost: x\r\ncontent-LENGTH: 3\r\n\r\nabcGET ";
        for cut in 0..whole.len() - 4 {
            assert_eq!(next(&whole[..cut], LONGEST), Next::More, "{cut}");
        }
        let request = Request {
            target: "/?a=1",
            body: Cow::Borrowed(b"abc"),
            keeps_alive: true,
            length: whole.len() - 4,
        };
        assert_eq!(next(whole, LONGEST), Next::Request(request));
    }

    /// RFC 9112, 7.1: chunks of hexadecimal length, extensions and trailers passed over.
    #[test]
    fn a_body_in_chunks_is_put_together_wherever_the_stream_was_cut() {
        let whole = b"POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n\
            3\r\nid=\r\nB;name=value\r\n86001&lat=1\r\n000\r\nX-Sum: 7\r\n\r\nGET ";
        let end = whole.len() - 4;
        for cut in 0..end {
            assert_eq!(next(&whole[..cut], LONGEST), Next::More, "{cut}");
        }
        for bytes in [&whole[..end], &whole[..]] {
            let Next::Request(request) = next(bytes, LONGEST) else {
                panic!("a whole request")
            };
            assert_eq!((&*request.body, request.length), (&b"id=86001&lat=1"[..], end));
        }
    }

    #[test]
    fn chunks_that_are_none_or_too_many_are_refused_and_two_lengths_are_none() {
        let chunked = |body: &str, longest| {
            let request = alloc::format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
            match next(request.as_bytes(), longest) {
                Next::Refused(status) => status,
                Next::More => "more",
                _ => "a request",
            }
        };
        for none in [
            "x\r\n",
            "-1\r\n",
            "\r\n",
            "+3\r\n",
            "123456789\r\n",
            "3\r\nabcd\r\n",
        ] {
            assert_eq!(chunked(none, LONGEST), "400 Bad Request", "{none:?}");
        }
        assert_eq!(chunked("0\r\nno end\n", LONGEST), "more");
        let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".len();
        let body = "3\r\nabc\r\n0\r\n\r\n";
        assert_eq!(chunked(body, head + body.len()), "a request");
        assert_eq!(chunked(body, head + body.len() - 1), "413 Content Too Large");
        assert_eq!(
            chunked("ffffffff\r\n", LONGEST),
            "413 Content Too Large",
            "before its bytes come"
        );
        let both = b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
        assert_eq!(next(both, LONGEST), BAD, "two readers would see two ends");
    }

    #[test]
    fn connections_are_kept_as_the_phone_wishes() {
        for (head, keeps_alive) in [
            ("GET / HTTP/1.1\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", false),
            ("GET / HTTP/1.0\r\n\r\n", false),
            ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true),
        ] {
            let Next::Request(request) = next(head.as_bytes(), LONGEST) else {
                panic!("{head}")
            };
            assert_eq!(request.keeps_alive, keeps_alive, "{head}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        assert_eq!(next(b"\x16\x03\x01", LONGEST), Next::NotHttp);
        assert_eq!(next(b"$\x80\x00", LONGEST), Next::NotHttp);
        assert_eq!(next(b"ABCDEFGHI", LONGEST), Next::NotHttp);
        assert_eq!(next(b"GET /\r\n\r\n", LONGEST), BAD);
        assert_eq!(next(b"GET / HTTP/2\r\n\r\n", LONGEST), BAD);
        assert_eq!(
            next(b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", LONGEST),
            BAD
        );
        assert_eq!(
            next(
                b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                LONGEST
            ),
            NO_LENGTH
        );
        assert_eq!(
            next(b"GET / HTTP/1.1\r\nContent-Length: 1024\r\n\r\n", LONGEST),
            TOO_LARGE
        );
        assert_eq!(
            next(
                b"GET / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n",
                LONGEST
            ),
            TOO_LARGE
        );
        let mut endless = [b'a'; LONGEST + 1];
        endless[..4].copy_from_slice(b"GET ");
        assert_eq!(next(&endless, LONGEST), TOO_LARGE);
        assert_eq!(next(&endless[..LONGEST], LONGEST), Next::More);
    }
}
