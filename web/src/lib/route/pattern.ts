// Which screen a path means. Pure: patterns in, a name and its parameters out.

/** Every screen and its path; `:name` is a parameter. */
export const SCREENS = {
  start: '/',
  signin: '/masuk',
  join: '/undangan',
  centre: '/pusat',
  work: '/kerja',
  trip: '/perjalanan/:id',
  documents: '/dokumen',
  document: '/dokumen/:id',
  routes: '/rute',
  draw: '/rute/baru',
  route: '/rute/:id',
  seals: '/segel',
  seal: '/segel/:id',
  messages: '/pesan',
  request: '/permohonan',
  mine: '/kiriman',
  follow: '/kiriman/:id',
  waiting: '/menunggu',
  decide: '/menunggu/:id',
  jobs: '/tugas',
  job: '/tugas/:id',
  journal: '/jurnal',
  rules: '/aturan',
  people: '/orang',
} as const;

/** The name of a screen. */
export type Screen = keyof typeof SCREENS;

/** A screen and what its path says. */
export type Place = { readonly screen: Screen | 'lost'; readonly params: Readonly<Record<string, string>> };

/** Reads a path. What no pattern fits is `lost`. */
export function placeOf(path: string): Place {
  const parts = split(path);
  for (const [screen, pattern] of Object.entries(SCREENS)) {
    const params = fits(split(pattern), parts);
    if (params) return { screen: screen as Screen, params };
  }
  return { screen: 'lost', params: {} };
}

/** The path of a screen: `pathTo('trip', { id: '7' })`. */
export function pathTo(screen: Screen, params: Readonly<Record<string, string>> = {}): string {
  return SCREENS[screen].replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

function split(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function fits(pattern: readonly string[], parts: readonly string[]): Record<string, string> | null {
  if (pattern.length !== parts.length) return null;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const part = parts[index] ?? '';
    if (expected.startsWith(':')) params[expected.slice(1)] = decode(part);
    else if (expected !== part) return null;
  }
  return params;
}

/** A broken escape in an address is no reason to fail. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
