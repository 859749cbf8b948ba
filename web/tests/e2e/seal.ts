// A Jointech JT701D on a real socket, its bytes built from the maker's table (protocol manual V1.4), never by Segel's own
// encoders: binary `$` records, `( )` sentences, times in UTC, decimal digits packed two to a byte.
import { connect, type Socket } from 'node:net';

/** Degrees north and east. */
export type Place = { readonly lat: number; readonly lon: number };

const JT701D = 0x19;
/** Date to serial: what a record with both tails counts as its length. */
const BODY_LENGTH = 52;
const FACTORY_PASSWORD = '888888';
/** A record is unique by its second, so it says at most one a second. */
const BEAT_MS = 250;
/** A truck in a hurry; below the speed at which a fix counts as an impossible jump. */
const DRIVES_M_PER_S = 35;
const METRES_PER_DEGREE = 111_320;

/** The bits of the status word. */
const ROPE_CUT = 1 << 3;
const ROPE_IN = 1 << 6;
const LOCKED = 1 << 7;
const COVER_CLOSED = 1 << 13;
const WANTS_ANSWER = 1 << 5;

/** A seal that reports every second and does what it is told. */
export class Seal {
  readonly id: string;
  #socket: Socket;
  #beat: NodeJS.Timeout;
  #heard = '';
  #serial = 0;
  #said_s = 0;
  #place: Place;
  #destination: Place | null = null;
  #arrived: () => void = () => undefined;
  #locked = false;
  #cut = false;
  #password = FACTORY_PASSWORD;
  #unanswered = new Set<number>();
  /** The seconds between reports it was told to keep. */
  interval_s: number | null = null;

  constructor(id: string, place: Place, door: { host: string; port: number }) {
    this.id = id;
    this.#place = place;
    this.#socket = connect(door);
    this.#socket.on('data', (bytes) => this.#hear(bytes.toString('latin1')));
    this.#beat = setInterval(() => this.#live(), BEAT_MS);
  }

  /** Whether its motor is locked. */
  get locked(): boolean {
    return this.#locked;
  }

  /** How many reports wait for their acknowledgement. */
  get unanswered(): number {
    return this.#unanswered.size;
  }

  /** Somebody puts the rope in: it locks itself and says so. */
  putRopeIn(): void {
    this.#locked = true;
    this.#event(5, 0, 0, 0);
  }

  /** Somebody cuts the rope: its next report says so. */
  cutRope(): void {
    this.#cut = true;
  }

  /** Is driven in a straight line; done when it is there. */
  driveTo(destination: Place): Promise<void> {
    this.#destination = destination;
    return new Promise((done) => (this.#arrived = done));
  }

  /** Leaves the network for good. */
  switchOff(): void {
    clearInterval(this.#beat);
    this.#socket.destroy();
  }

  #live(): void {
    const now_s = Math.floor(Date.now() / 1000);
    if (now_s <= this.#said_s) return;
    if (this.#destination && this.#said_s > 0) this.#drive(this.#destination, now_s - this.#said_s);
    this.#said_s = now_s;
    this.#socket.write(this.#record());
  }

  #drive(to: Place, seconds: number): void {
    const east_m = (to.lon - this.#place.lon) * METRES_PER_DEGREE * Math.cos((to.lat * Math.PI) / 180);
    const north_m = (to.lat - this.#place.lat) * METRES_PER_DEGREE;
    const left_m = Math.hypot(east_m, north_m);
    const part = Math.min(1, (seconds * DRIVES_M_PER_S) / left_m);
    const { lat, lon } = this.#place;
    this.#place = { lat: lat + (to.lat - lat) * part, lon: lon + (to.lon - lon) * part };
    if (part < 1) return;
    this.#destination = null;
    this.#arrived();
  }

  #record(): Buffer {
    const { day, time } = textTime(this.#said_s);
    const frame = [
      0x24,
      ...digits(this.id),
      JT701D,
      0x11,
      ...bigEndian(BODY_LENGTH, 2),
      ...digits(day),
      ...digits(time),
    ];
    const place = `${degreesMinutes(this.#place.lat, 2)}${degreesMinutes(this.#place.lon, 3)}`;
    // The last half byte holds the flags: fix, north, east, and one that is always set.
    const flags = 1 | (this.#place.lat >= 0 ? 2 : 0) | (this.#place.lon >= 0 ? 4 : 0) | 8;
    frame.push(...digits(place.slice(0, 16)), (Number(place[16]) << 4) | flags);
    const speed_kmh = this.#destination ? 60 : 0;
    frame.push(Math.round(speed_kmh / 1.852), 45, ...bigEndian(258, 4), 9, 0, 0, 0, 0);
    const rope = this.#cut ? ROPE_CUT : this.#locked ? ROPE_IN : 0;
    const status = WANTS_ANSWER | COVER_CLOSED | rope | (this.#locked ? LOCKED : 0);
    frame.push(...bigEndian(status, 2), 95);
    // Cell and signal; no fence, woken by its timer; no IMEI; the upper half of the cell; country 510, network 10.
    frame.push(0x2b, 0x67, 0x0c, 0xe3, 23, 0, 1, 0, 0, ...Array<number>(8).fill(0x0f), 0x01, 0x5a, 0x01, 0xfe, 10);
    frame.push(this.#nextSerial());
    return Buffer.from(frame);
  }

  /** A P45: how it was locked or opened. */
  #event(source: number, verified: number, right: number, wrong: number): void {
    const now_s = Math.floor(Date.now() / 1000);
    const { day, time } = textTime(now_s);
    const { lat, lon } = this.#place;
    const place = `${Math.abs(lat).toFixed(6)},${lat < 0 ? 'S' : 'N'},${Math.abs(lon).toFixed(6)},${lon < 0 ? 'W' : 'E'}`;
    const serial = this.#nextSerial();
    this.#say(`P45,${day},${time},${place},A,0,90,${source},${verified},0000000000,${right},${wrong},${serial},258`);
  }

  #nextSerial(): number {
    const serial = this.#serial;
    this.#serial = (serial + 1) % 256;
    this.#unanswered.add(serial);
    return serial;
  }

  #say(words: string): void {
    this.#socket.write(`(${this.id},${words})`);
  }

  #hear(text: string): void {
    this.#heard += text;
    for (let end = this.#heard.indexOf(')'); end >= 0; end = this.#heard.indexOf(')')) {
      this.#obey(this.#heard.slice(this.#heard.indexOf('(') + 1, end));
      this.#heard = this.#heard.slice(end + 1);
    }
  }

  #obey(sentence: string): void {
    const [order, ...words] = sentence.split(',');
    if (order === 'P69') this.#unanswered.delete(Number(words[1]));
    else if (order === 'P43') this.#tryPassword(words[0] ?? '');
    else if (order === 'P44') this.#changePassword(words[0] ?? '', words[1] ?? '');
    else if (order === 'P22') this.#say('P22,1');
    else if (order === 'P41') this.#say(sentence);
    else if (order === 'P04') {
      this.interval_s = Number(words[1]);
      this.#say(withoutFlag(sentence));
    } else if (order === 'P54' || order === 'P59') this.#say(withoutFlag(sentence));
  }

  #tryPassword(tried: string): void {
    const right = tried === this.#password;
    this.#say(right ? 'P43,1,0' : 'P43,0,1');
    if (right) this.#locked = false;
    this.#event(4, right ? 1 : 0, right ? 1 : 0, right ? 0 : 1);
  }

  #changePassword(wanted: string, old: string): void {
    const right = old === this.#password;
    if (right) this.#password = wanted;
    this.#say(right ? 'P44,1' : 'P44,0');
  }
}

/** A seal repeats what it was told without the 1 that says "set". */
function withoutFlag(sentence: string): string {
  return sentence.replace(',1,', ',');
}

function digits(text: string): number[] {
  return (text.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
}

function bigEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, at) => (value >>> (8 * (bytes - 1 - at))) & 0xff);
}

/** Degrees, then minutes with four decimals. */
function degreesMinutes(degrees: number, width: number): string {
  const all = Math.round(Math.abs(degrees) * 600_000);
  const minutes = String(all % 600_000).padStart(6, '0');
  return `${String(Math.floor(all / 600_000)).padStart(width, '0')}${minutes}`;
}

/** DDMMYY and hhmmss in UTC. */
function textTime(unix_s: number): { day: string; time: string } {
  const [date = '', time = ''] = new Date(unix_s * 1000).toISOString().split('T');
  const [year = '', month = '', day = ''] = date.split('-');
  return { day: `${day}${month}${year.slice(2)}`, time: time.slice(0, 8).replaceAll(':', '') };
}
