//! One simulated seal that lives a trip: it locks itself, drives along a road, is perhaps tampered with, and opens when it is told
//! to. What it does is printed line by line.

use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use segel_geo::{Position, distance_m};
use segel_sim::seal::device::{Condition, Device};
use segel_sim::tempo::Tempo;

use super::{PATIENCE, ROAD, Road, Spoken, address, road};

/// Its life is looked at so often.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Which seal, where, and what becomes of it.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    spoken: Spoken,
    /// What it calls itself: digits; noughts are put before them where its maker has more.
    #[arg(long)]
    device: u64,
    /// The server, HOST:PORT: the door of its protocol.
    #[arg(long)]
    target: String,
    /// Where it drives, as lat,lon,lat,lon.
    #[arg(long, value_parser = road, allow_hyphen_values = true)]
    road: Option<Road>,
    /// How fast.
    #[arg(long, default_value_t = 40.0)]
    speed_kmh: f64,
    /// Seconds between reports until it is told otherwise.
    #[arg(long, default_value_t = 30)]
    interval_s: u32,
    /// How long it stands open before it locks itself and leaves.
    #[arg(long, default_value_t = 10.0)]
    open_s: f64,
    /// Battery, per cent.
    #[arg(long, default_value_t = 96)]
    battery: u8,
    /// What happens to it half way.
    #[arg(long, default_value = "nothing")]
    trouble: Trouble,
    /// A card that opens it, let in by its maker's tool; it is held to it at the end of the road.
    #[arg(long)]
    card: Option<u32>,
    /// How long it lives, in seconds; without it, until it was opened.
    #[arg(long)]
    seconds: Option<f64>,
}

/// What can happen to a seal on the road.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Trouble {
    /// Nothing.
    Nothing,
    /// Its rope is cut.
    Cut,
    /// Its cover is opened; of a tracker: it is taken off, or light falls on it.
    Cover,
}

/// Lives until it was opened, or as long as it was told to.
pub fn run(options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("could not start a runtime for the seal")?;
    let _inside = runtime.enter();
    Life::begin(options)?.live();
    Ok(())
}

struct Life<'a> {
    options: &'a Options,
    device: Device,
    way: [Position; 2],
    tempo: Tempo,
    began_ms: i64,
    told: Told,
}

/// What has been printed, so that it is said once.
#[derive(Default)]
struct Told {
    locked: bool,
    tampered: bool,
    arrived: bool,
    opened: bool,
    interval_s: u64,
}

impl<'a> Life<'a> {
    fn begin(options: &'a Options) -> Result<Self> {
        let way = options
            .road
            .unwrap_or(ROAD)
            .map(|(lat, lon)| Position { lat, lon });
        let condition = Condition {
            place: way[0],
            battery_percent: options.battery,
            interval_s: options.interval_s,
            clock_error_s: 0,
            refuses_interval: false,
            locked: false,
        };
        let tempo = Tempo::true_time();
        let voice = options.spoken.language()?.voice(options.device);
        println!("device {} speaks to {}", voice.device(), options.target);
        let device = Device::switch_on(voice, condition, address(&options.target)?, tempo);
        if let Some(card) = options.card {
            device.know_card(card);
        }
        Ok(Self {
            options,
            device,
            way,
            tempo,
            began_ms: tempo.now_unix_ms(),
            told: Told {
                interval_s: options.interval_s.into(),
                ..Told::default()
            },
        })
    }

    fn live(mut self) {
        let until_s = self.options.seconds.unwrap_or(f64::INFINITY);
        let lives_on = |life: &Self| life.options.seconds.is_some() || !life.told.opened;
        while self.lived_s() < until_s && lives_on(&self) {
            self.look();
            self.tempo.pause(LOOK_EVERY);
        }
        self.await_last_answers();
        println!(
            "{} reports said, {} not acknowledged",
            self.device.said(),
            self.device.unacknowledged()
        );
    }

    fn await_last_answers(&self) {
        let until_ms = self.tempo.now_unix_ms() + PATIENCE.as_millis() as i64;
        // Its last words may still be on the way out.
        self.tempo.pause(LOOK_EVERY);
        while 0 < self.device.unacknowledged() && self.tempo.now_unix_ms() < until_ms {
            self.tempo.pause(LOOK_EVERY);
        }
    }

    fn lived_s(&self) -> f64 {
        (self.tempo.now_unix_ms() - self.began_ms) as f64 / 1000.0
    }

    fn look(&mut self) {
        let driven_s = self.lived_s() - self.options.open_s;
        if driven_s < 0.0 {
            return;
        }
        if !self.told.locked {
            self.device.put_rope_in();
            println!("locked");
            self.told.locked = true;
        }
        let [from, to] = self.way;
        let length_m = distance_m(from, to).max(1.0);
        let part = (driven_s * self.options.speed_kmh / 3.6 / length_m).min(1.0);
        self.drive(part);
        if 0.5 <= part && !self.told.tampered {
            self.told.tampered = true;
            self.suffer();
        }
        self.hear_orders();
        if 1.0 <= part && !self.told.arrived {
            self.arrive();
        }
    }

    fn drive(&self, part: f64) {
        let [from, to] = self.way;
        let place = Position {
            lat: from.lat + (to.lat - from.lat) * part,
            lon: from.lon + (to.lon - from.lon) * part,
        };
        let (east, north) = (
            (to.lon - from.lon) * from.lat.to_radians().cos(),
            to.lat - from.lat,
        );
        let course_deg = east.atan2(north).to_degrees().rem_euclid(360.0);
        let speed_kmh = if part < 1.0 { self.options.speed_kmh } else { 0.0 };
        self.device.carry(place, speed_kmh, course_deg);
    }

    fn suffer(&self) {
        match self.options.trouble {
            Trouble::Nothing => {}
            Trouble::Cut => {
                println!("its rope is cut");
                self.device.cut_rope();
            }
            Trouble::Cover => {
                println!("its cover is opened");
                self.device.open_cover();
            }
        }
    }

    fn hear_orders(&mut self) {
        let interval_s = self.device.interval_s();
        if interval_s != self.told.interval_s {
            self.told.interval_s = interval_s;
            println!("told to report every {interval_s} s");
        }
        if !self.device.is_locked() && !self.told.opened {
            self.told.opened = true;
            println!("opened by order");
            self.device.pull_rope_out();
        }
    }

    fn arrive(&mut self) {
        self.told.arrived = true;
        println!("arrived");
        self.device.wake();
        if let Some(card) = self.options.card.filter(|card| self.device.hold_card(*card)) {
            self.told.opened = true;
            println!("opened by card {card:010}");
            self.device.pull_rope_out();
        }
    }
}
