// Who opens which screens. The server alone decides what is allowed; this only decides what is offered.
import type { PlainKey } from '../i18n/catalogue';
import type { Screen } from '../route/pattern';
import type { IconName } from '../ui/icons';

/** The nine roles. */
export const ROLES = [
  'customs_officer',
  'customs_supervisor',
  'customs_hq',
  'provider_admin',
  'provider_operator',
  'technician',
  'service_user',
  'driver',
  'auditor',
] as const;
/** One of them. */
export type Role = (typeof ROLES)[number];

/** A line of the menu. */
export type Item = { readonly screen: Screen; readonly label: PlainKey; readonly icon: IconName };

const ITEMS = {
  centre: { screen: 'centre', label: 'nav.centre', icon: 'centre' },
  work: { screen: 'work', label: 'nav.work', icon: 'work' },
  documents: { screen: 'documents', label: 'nav.documents', icon: 'document' },
  routes: { screen: 'routes', label: 'nav.routes', icon: 'route' },
  seals: { screen: 'seals', label: 'nav.seals', icon: 'seal' },
  messages: { screen: 'messages', label: 'nav.messages', icon: 'messages' },
  waiting: { screen: 'waiting', label: 'nav.waiting', icon: 'check' },
  mine: { screen: 'mine', label: 'nav.mine', icon: 'container' },
  request: { screen: 'request', label: 'nav.request', icon: 'request' },
  jobs: { screen: 'jobs', label: 'nav.jobs', icon: 'jobs' },
  journal: { screen: 'journal', label: 'nav.journal', icon: 'journal' },
  rules: { screen: 'rules', label: 'nav.rules', icon: 'scales' },
  people: { screen: 'people', label: 'nav.people', icon: 'people' },
} as const satisfies Record<string, Item>;

/** The menu of each role; its first line is where the role starts. */
const MENUS: Readonly<Record<Role, readonly (keyof typeof ITEMS)[]>> = {
  customs_officer: ['waiting', 'work', 'centre', 'documents', 'routes'],
  customs_supervisor: [
    'centre',
    'work',
    'waiting',
    'documents',
    'routes',
    'messages',
    'seals',
    'journal',
    'rules',
    'people',
  ],
  customs_hq: ['centre', 'work', 'documents', 'messages', 'seals', 'journal', 'rules'],
  provider_admin: ['seals', 'work', 'centre', 'messages', 'people'],
  provider_operator: ['work', 'centre', 'seals', 'messages', 'routes'],
  technician: ['jobs'],
  service_user: ['mine', 'request', 'documents', 'routes', 'work', 'centre', 'people'],
  driver: ['jobs'],
  auditor: ['journal', 'rules', 'work', 'centre', 'documents', 'messages', 'seals'],
};

/** The role's menu. */
export function menu(role: Role): readonly Item[] {
  return MENUS[role].map((name) => ITEMS[name]);
}

/** Where the role starts. */
export function home(role: Role): Screen {
  return menu(role)[0]?.screen ?? 'work';
}

/** The picture of a role. */
export const ROLE_ICON: Readonly<Record<Role, IconName>> = {
  customs_officer: 'shield',
  customs_supervisor: 'centre',
  customs_hq: 'building',
  provider_admin: 'key',
  provider_operator: 'headset',
  technician: 'helmet',
  service_user: 'box',
  driver: 'wheel',
  auditor: 'scales',
};
