// Times as people read them: in the zone of their office, with ages and spans in few characters. Knows no DOM and no clock.

/** The three zones of Indonesia, by the name people use. */
export const ZONES = { WIB: 'Asia/Jakarta', WITA: 'Asia/Makassar', WIT: 'Asia/Jayapura' } as const;
/** WIB, WITA or WIT. */
export type Zone = keyof typeof ZONES;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Formats are costly to make and asked for at every tick; each is made once. */
function format(language: string, zone: Zone, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${zone} ${JSON.stringify(options)}`;
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(language === 'id' ? 'id-ID' : 'en-GB', { timeZone: ZONES[zone], ...options });
  formats.set(key, made);
  return made;
}

function parts(unix_ms: number, zone: Zone): Record<string, string> {
  const options: Intl.DateTimeFormatOptions = {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    day: '2-digit',
    month: '2-digit',
    year: 'numeric',
    hourCycle: 'h23',
  };
  return Object.fromEntries(
    format('en', zone, options)
      .formatToParts(unix_ms)
      .map((part) => [part.type, part.value]),
  );
}

/** `14:05` */
export function clockTime(unix_ms: number, zone: Zone): string {
  const { hour, minute } = parts(unix_ms, zone);
  return `${hour}:${minute}`;
}

/** `14:05:09` */
export function clockTimeToSecond(unix_ms: number, zone: Zone): string {
  const { hour, minute, second } = parts(unix_ms, zone);
  return `${hour}:${minute}:${second}`;
}

/** `24 Nov 2026` */
export function day(unix_ms: number, zone: Zone, language: string): string {
  return format(language, zone, { day: 'numeric', month: 'short', year: 'numeric' }).format(unix_ms);
}

/** `24 Nov 2026 14:05:09 WIB`, for evidence: everything, always. */
export function fullTime(unix_ms: number, zone: Zone, language: string): string {
  return `${day(unix_ms, zone, language)} ${clockTimeToSecond(unix_ms, zone)} ${zone}`;
}

/** `14:05` today, `23 Nov 14:05` on another day. */
export function shortTime(unix_ms: number, now_ms: number, zone: Zone, language: string): string {
  if (day(unix_ms, zone, language) === day(now_ms, zone, language)) return clockTime(unix_ms, zone);
  const date = format(language, zone, { day: 'numeric', month: 'short' }).format(unix_ms);
  return `${date} ${clockTime(unix_ms, zone)}`;
}

/** How old something is, as a unit and a count. */
export type Age = { readonly unit: 'now' | 'seconds' | 'minutes' | 'hours' | 'days'; readonly n: number };

/** Below this, an age is "just now": counting single seconds is noise. */
const NOW_S = 10;

/** The age at `now`; what lies ahead (clocks differ a little) is "just now". */
export function age(unix_ms: number, now_ms: number): Age {
  const seconds = Math.floor((now_ms - unix_ms) / 1000);
  if (seconds < NOW_S) return { unit: 'now', n: 0 };
  if (seconds < 60) return { unit: 'seconds', n: seconds };
  if (seconds < 3600) return { unit: 'minutes', n: Math.floor(seconds / 60) };
  if (seconds < 86_400) return { unit: 'hours', n: Math.floor(seconds / 3600) };
  return { unit: 'days', n: Math.floor(seconds / 86_400) };
}

/** A span with the precision people act on: `4:09`, `1:02:33`, `3 hari 4 jam` (the sign is dropped). */
export function span(span_ms: number, language: string): string {
  const seconds = Math.floor(Math.abs(span_ms) / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  if (seconds < 86_400)
    return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24];
  return language === 'id' ? `${days} hari ${hours} jam` : `${days} d ${hours} h`;
}

/** Where a running limit stands. */
export type Limit = {
  /** Time left; negative once it is over. */
  readonly left_ms: number;
  /** Part used, 0 to 1. */
  readonly used: number;
  readonly mood: 'calm' | 'warn' | 'over';
};

/** From this part of a limit on, people are warned. */
export const WARN_FROM = 0.8;

/** Where a limit that began at `started` and is due at `due` stands at `now`. */
export function limit(started_ms: number, due_ms: number, now_ms: number): Limit {
  const left_ms = due_ms - now_ms;
  const whole_ms = Math.max(1, due_ms - started_ms);
  const used = Math.min(1, Math.max(0, (now_ms - started_ms) / whole_ms));
  if (left_ms <= 0) return { left_ms, used: 1, mood: 'over' };
  return { left_ms, used, mood: WARN_FROM <= used ? 'warn' : 'calm' };
}
