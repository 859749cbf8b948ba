//! Who is no seal and no person: connections that say nothing, too little, too slowly, too much, or nonsense.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use segel_sim::load::connect_from;
use segel_sim::seal::jointech::JointechSeal;

use super::crowd::cut;
use crate::chance::Chance;
use crate::house::Doors;

/// How long a stranger waits to be hung up on before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Written at once by whoever does not end.
const PIECE: usize = 4096;
/// So many pieces of an endless frame are far beyond every limit.
const PIECES: usize = 16;
/// The beginning of a TLS 1.2 client's greeting.
const TLS_HELLO: &[u8] = &[
    0x16, 0x03, 0x01, 0x00, 0xc4, 0x01, 0x00, 0x00, 0xc0, 0x03, 0x03, 0x5f, 0x1c, 0x90, 0x00, 0x11, 0x22,
    0x33,
];

/// A connection of a stranger who comes to sell nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Garbage {
    /// Bytes without any order.
    Random,
    /// A browser that wants TLS.
    Tls,
    /// A scanner that wants a web page.
    Http,
    /// The beginning of a seal's record.
    Half,
    /// A sentence longer than any frame may be.
    Oversize,
    /// One that never ends.
    Endless,
    /// Closed before a word.
    Nothing,
}

impl Garbage {
    /// One after the other.
    pub const ALL: [Self; 7] = [
        Self::Random,
        Self::Tls,
        Self::Http,
        Self::Half,
        Self::Oversize,
        Self::Endless,
        Self::Nothing,
    ];

    /// Comes, says what it has to say, and goes. Those that say too much are hung up on before.
    pub fn visit(self, server: SocketAddr, crowd: u32, number: u32) -> Result<()> {
        let stream = connect_from(server, crowd, number).context("the door is shut")?;
        cut(&stream)?;
        self.speak(&stream, number)
            .with_context(|| format!("stranger {number} ({self:?})"))
    }

    fn speak(self, stream: &TcpStream, number: u32) -> Result<()> {
        match self {
            Self::Random => said(stream, &noise(number)),
            Self::Half => said(stream, &JointechSeal::new(7_999_999_999).heartbeat()[..4]),
            Self::Nothing => Ok(()),
            Self::Tls => hung_up_after(stream, TLS_HELLO, 1),
            Self::Http => hung_up_after(stream, b"GET /admin.php HTTP/1.1\r\nhost: segel\r\n\r\n", 1),
            Self::Oversize => hung_up_after(stream, &sentence(), 2),
            Self::Endless => hung_up_after(stream, &sentence(), PIECES),
        }
    }
}

/// A whole piece of a sentence whose end never comes.
fn sentence() -> Vec<u8> {
    let mut piece = b"(7999999999,P45,".to_vec();
    piece.resize(PIECE, b'7');
    piece
}

fn noise(number: u32) -> Vec<u8> {
    let mut chance = Chance::of(number.into());
    let length = 1 + chance.below(200);
    (0..length).map(|_| chance.below(256) as u8).collect()
}

/// Says it, whether or not somebody listens.
fn said(mut stream: &TcpStream, bytes: &[u8]) -> Result<()> {
    match stream.write_all(bytes) {
        Err(failure) if !is_hung_up(&failure) => Err(failure.into()),
        _ => Ok(()),
    }
}

/// Says it again and again, then waits until the other side has hung up.
fn hung_up_after(mut stream: &TcpStream, bytes: &[u8], times: usize) -> Result<()> {
    for _ in 0..times {
        match stream.write_all(bytes) {
            Err(failure) if is_hung_up(&failure) => return Ok(()),
            other => other?,
        }
    }
    stream.set_read_timeout(Some(PATIENCE))?;
    match stream.read(&mut [0; 64]) {
        Ok(0) => Ok(()),
        Ok(_) => bail!("it was answered"),
        Err(failure) if is_hung_up(&failure) => Ok(()),
        Err(failure) => Err(failure).context("it was not hung up on"),
    }
}

fn is_hung_up(failure: &std::io::Error) -> bool {
    matches!(
        failure.kind(),
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted
    )
}

/// A connection that keeps a place and does nothing with it.
pub struct Silence {
    line: TcpStream,
    /// What it says, a byte at a time.
    words: Vec<u8>,
}

impl Silence {
    /// Takes a place: at the door for seals or for people, saying nothing, half a word, or a word a byte at a time.
    pub fn take_place(doors: &Doors, crowd: u32, number: u32) -> Result<Self> {
        let people: SocketAddr = doors
            .base
            .strip_prefix("http://")
            .context("a door for people")?
            .parse()?;
        let record = JointechSeal::new(7_999_999_998).heartbeat();
        let request = b"GET / HTTP/1.1\r\nx-slow: ".to_vec();
        let (server, first, words) = match number % 6 {
            0 => (doors.jointech, Vec::new(), Vec::new()),
            1 => (doors.jointech, record[..4].to_vec(), Vec::new()),
            2 => (doors.jointech, Vec::new(), record[..record.len() - 1].to_vec()),
            3 => (people, Vec::new(), Vec::new()),
            4 => (people, b"GET / HT".to_vec(), Vec::new()),
            _ => (people, request, vec![b'x'; PIECE]),
        };
        let mut line = connect_from(server, crowd, number).context("the door is shut")?;
        line.write_all(&first)?;
        Ok(Self { line, words })
    }

    /// Says the next byte, where it has one.
    pub fn dribble(&mut self) -> Result<()> {
        let byte = self.words.pop();
        byte.map_or(Ok(()), |byte| said(&self.line, &[byte]))
    }

    /// Waits until the place was taken away.
    pub fn is_let_go(&mut self) -> Result<()> {
        self.line.set_read_timeout(Some(PATIENCE))?;
        loop {
            match self.line.read(&mut [0; 1024]) {
                Ok(0) => break,
                // A last word, such as that the time is over.
                Ok(_) => {}
                Err(failure) if is_hung_up(&failure) => break,
                Err(failure) => return Err(failure).context("it still has its place"),
            }
        }
        cut(&self.line)
    }
}
