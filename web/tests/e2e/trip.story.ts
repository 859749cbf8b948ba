// One container, end to end, through the screens: from two invitations on a terminal to the closing report. Each person
// acts only by what can be touched; the seal speaks its protocol over a real socket; the program is the built one.
import { chromium, type Browser, type Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Key } from '../../src/lib/i18n/catalogue';
import { filePicture, startBrowser } from './browser';
import { Inspector } from './inspector';
import { Person, type Look, type Size } from './person';
import { Seal } from './seal';
import { startServer, type Server } from './server';
import { DESTINATION, ORIGIN, routeFile } from './road';

const CONTAINER = 'CSQU3054383';
const PAINTED = 'CSQU 305438 3';
const LABEL = 'JT701-098231';
const DEVICE = '8000620011';
const PAPER = 'PLP-000117';
const ROUTE = 'Dermaga ke gudang uji';
const ROUTE_END = 'Gudang';

/** The second time everybody sits before the other size of screen. */
const LOOKS = [
  { language: 'id', theme: 'light', office: 'desk', road: 'phone' },
  { language: 'en', theme: 'dark', office: 'phone', road: 'desk' },
] as const satisfies readonly (Look & { office: Size; road: Size })[];

// Where a step fails, the screens as they stood are kept in SEGEL_E2E_SHOTS, if that names a folder.
describe.each(LOOKS)('a whole trip through the screens, in $language, $theme', (look) => {
  let browser: Browser;
  let server: Server;
  let seal: Seal;
  let supervisor: Person, officer: Person;
  let admin: Person, operator: Person, technician: Person;
  let user: Person, driver: Person;
  const everybody = () => [supervisor, officer, admin, operator, technician, user, driver].filter(Boolean);

  const inspector = new Inspector(`${look.language}-${look.theme}`);
  const at = (size: Size) => Person.sitDown({ browser, origin: server.people, look, inspector }, size, ORIGIN);

  beforeAll(async () => {
    [browser, server] = await Promise.all([startBrowser(chromium), startServer()]);
  });
  afterEach(async ({ task }) => {
    for (const person of everybody()) await person.measure(task.name);
    const folder = process.env['SEGEL_E2E_SHOTS'];
    if (task.result?.state !== 'fail' || !folder) return;
    const shots = everybody().map((each, n) => each.page.screenshot({ path: `${folder}/${look.language}-${n}.png` }));
    await Promise.all(shots);
  });
  afterAll(async () => {
    seal?.switchOff();
    await browser?.close();
    await server?.stop();
  });

  test('given two invitations from the terminal, when customs and provider use them, then both are in', async () => {
    [supervisor, admin] = await Promise.all([at(look.office), at(look.office)]);
    await supervisor.join(server.customs_code, 'Sri Rahayu');
    await supervisor.open('nav.people');
    await supervisor.see({ text: 'Sri Rahayu' });
    await admin.join(server.provider_code, 'Budi Santoso');
    await admin.open('nav.people');
    await admin.see({ text: 'Budi Santoso' });
  });

  test('when they invite the others, then each comes in by a code that was shown once', async () => {
    await supervisor.tab('people.organisations').click();
    await supervisor.press('people.organisation_new');
    await supervisor.type('people.organisation_name', 'PT Impor Jaya', supervisor.dialog());
    await supervisor.press('common.save', supervisor.dialog());
    await supervisor.see({ text: 'PT Impor Jaya' });
    await supervisor.tab('nav.people').click();
    [officer, technician, driver] = await Promise.all([at(look.road), at(look.road), at(look.road)]);
    [user, operator] = await Promise.all([at(look.office), at(look.office)]);
    await officer.join(await invite(supervisor, 'customs_officer'), 'Dewi Lestari');
    await supervisor.see({ text: 'Dewi Lestari' });
    await user.join(await invite(supervisor, 'service_user', 'PT Impor Jaya'), 'Rina Wati');
    await operator.join(await invite(admin, 'provider_operator'), 'Agus Salim');
    await technician.join(await invite(admin, 'technician'), 'Joko Susilo');
    await admin.see({ text: 'Joko Susilo' });
    await technician.see('job.none');
    await user.open('nav.people');
    await driver.join(await invite(user, 'driver'), 'Slamet Riyadi');
    await driver.see('job.none');
    await supervisor.show('people');
    await technician.show('jobs-none');
  });

  test('given a seal nobody knows speaks, when the provider registers it from quarantine, then it is in stock', async () => {
    seal = new Seal(DEVICE, ORIGIN, server.jointech);
    await admin.open('nav.seals');
    await admin.tab('seal.quarantine').click();
    const device = admin.page.getByRole('listitem').filter({ hasText: DEVICE });
    await admin.show('quarantine');
    await admin.press('seal.register', device);
    const form = admin.dialog();
    await admin.choose('seal.profile', 'jointech-jt701d', form);
    await admin.type('seal.label', LABEL, form);
    await admin.type('seal.certificate_number', 'SDPPI-55121', form);
    await admin.type('seal.certificate_issuer', 'Kominfo', form);
    await admin.type('seal.certificate_until', nextYear(), form);
    await admin.press('seal.register', form);
    await admin.tab('seal.stock').click();
    await admin.see({ text: LABEL });
    await admin.show('stock');
  });

  test('when the user enters document, route and request, then the gate says what is missing', async () => {
    await user.open('nav.request');
    await user.press('document.enter');
    await user.type('document.number', PAPER);
    await user.type('document.tps_origin', 'TPKS');
    await user.type('document.tps_destination', 'GUDANG');
    await user.field('document.container_n', user.page, { n: 1 }).fill(CONTAINER);
    await user.see('container.holds', { number: PAINTED });
    const scan = await filePicture(browser, 'plp.jpg', [PAPER, CONTAINER]);
    await user.pick(user.page.getByText(user.say('document.scan_add')), scan);
    await user.see('document.scan_here', { name: 'plp.jpg' });
    await user.show('request-document');
    await user.press('document.save');
    await user.type('trip.plate', 'H 1234 AB');
    await user.type('request.driver', 'Slamet Riyadi');
    await user.see('request.driver_sees');
    await user.show('request-box');
    await user.press('request.next');
    await user.press('route.new');
    await user.pick(user.page.getByText(user.say('route.choose_file')), routeFile(ROUTE));
    await user.show('request-route-drawing');
    await user.press('route.propose');
    await user.see({ text: ROUTE });
    await user.show('request-route');
    await user.press('request.next');
    await user.press('request.send');
    await user.see('request.kept');
    await user.see({ text: user.say('gate.document_not_verified') });
    await user.show('request-gate');
    await user.press('request.to_trip');
    await user.see('mine.waits_gate');
  });

  test('when an officer verifies the document and approves the route, then the request is accepted', async () => {
    await officer.open('nav.waiting');
    await officer.show('waiting');
    await officer.follow(PAPER);
    await officer.show('verify');
    await officer.press('document.verify');
    await officer.see('document.verified_now');
    await officer.open('nav.waiting');
    await officer.follow(ROUTE);
    await officer.show('approve-route');
    await officer.press('route.approve');
    await officer.see('route.approved_now');
    await user.press('request.send_again');
    await user.see('trip.state.route_approved');
  });

  test('when the operator assigns the seal, then the technician has the job', async () => {
    await operator.open('nav.seals');
    await operator.tab('seal.queue').click();
    await operator.press('step.assign_seal', operator.page.getByRole('listitem').filter({ hasText: PAINTED }));
    const form = operator.dialog();
    await form.getByText(LABEL).waitFor();
    await operator.show('assignment');
    await operator.press('step.assign_seal', form);
    await form.waitFor({ state: 'hidden' });
    await technician.follow(PAINTED);
    await technician.see('job.start');
  });

  test('when the technician begins and the seal locks itself, then the phone goes on to the photos', async () => {
    await technician.type('job.container', CONTAINER);
    await technician.type('job.seal_label', 'JT701-000000');
    await technician.see('job.seal_other', { label: LABEL });
    await technician.type('job.seal_label', LABEL);
    await technician.see('job.seal_right');
    await technician.show('job-scan');
    await technician.press('job.start');
    await technician.see('job.lock.rope');
    await technician.show('job-countdown');
    // The camera is out when the seal locks: the step changes under the photo, and the photo is not lost.
    const close_up = await pictureOf(technician, 'seal_close_up');
    await technician.pick(slotOf(technician, 'seal_close_up').locator('label'), close_up, async () => {
      seal.putRopeIn();
      await technician.see('job.photos', { n: 0, all: 4 });
    });
    await technician.see('job.photos', { n: 1, all: 4 });
  });

  test('when the four photos are sent, then the trip waits for its departure', async () => {
    for (const kind of ['door_with_number', 'locking_rods', 'truck_with_plate'] as const) {
      await photograph(technician, kind, 'job.step.await_departure');
      if (kind === 'locking_rods') await technician.show('job-photos');
    }
    await technician.see('job.step.await_departure');
  });

  test('when the officer authorises, then the seal drives, stays in its corridor and arrives by itself', async () => {
    await officer.open('nav.waiting');
    await officer.follow(PAINTED);
    await officer.see('decide.departure_hint', { n: 4, all: 4 });
    await officer.show('authorise');
    await officer.press('decide.authorise');
    await officer.see('decide.departure_already');
    const there = seal.driveTo(DESTINATION);
    await user.see('trip.state.in_transit');
    await driver.follow(PAINTED);
    await driver.see({ text: ROUTE_END });
    await user.show('follow');
    await user.open('nav.mine');
    await user.show('mine');
    await user.follow(PAINTED);
    await driver.show('drive');
    await supervisor.open('nav.centre');
    await supervisor.show('centre');
    await there;
    await user.see('trip.state.arrived');
    expect(seal.interval_s).toBe(10);
  });

  test('when the officer checks the seal and grants removal, then the grant is for this technician', async () => {
    await officer.open('nav.waiting');
    await officer.follow(PAINTED);
    await officer.switchTo('decide.number_matches', officer.say('common.yes'));
    await officer.switchTo('decide.looks_untouched', officer.say('common.yes'));
    await officer.show('check');
    await officer.press('decide.check_right');
    await officer.press('grant.reason.check');
    await officer.show('grant');
    await officer.press('grant.give');
    await officer.see('grant.until');
    await technician.see('grant.title');
    await technician.see({ text: 'Joko Susilo' });
  });

  test('when the technician unlocks and takes it off, then the seal has opened on an order and the photos end it', async () => {
    expect(seal.locked).toBe(true);
    await technician.show('job-unlock');
    await technician.press('grant.unlock');
    await technician.press('grant.yes', technician.dialog());
    await technician.press('job.removed');
    expect(seal.locked).toBe(false);
    for (const kind of ['seal_before_opening', 'door_after_removal', 'device_condition'] as const) {
      await photograph(technician, kind, 'job.wait.done');
    }
    await technician.see('job.wait.done');
  });

  test('then the closing report opens for the user, and every report of the seal was acknowledged', async () => {
    await user.see('trip.state.completed');
    const link = user.page.getByRole('link', { name: user.say('trip.report') });
    const [report] = await Promise.all([user.page.context().waitForEvent('page'), link.click()]);
    await report.waitForLoadState();
    const text = await report.locator('body').innerText();
    for (const fact of [CONTAINER, LABEL, PAPER]) expect(text).toContain(fact);
    await inspector.inspect({ page: report, screen: 'closing-report', size: look.office });
    await expect.poll(() => seal.unanswered, { timeout: 5000 }).toBeLessThanOrEqual(1);
  });

  test('then no alarm was raised on the whole way', async () => {
    await supervisor.open('nav.centre');
    await supervisor.see('alarm.queue_clear');
  });

  test('then each screen of the menu stands before whom it is for, in both sizes', async () => {
    await supervisor.showAll(['nav.work', 'nav.waiting', 'nav.documents', 'nav.routes', 'nav.messages', 'nav.seals']);
    await supervisor.showAll(['nav.journal', 'nav.rules', 'nav.people']);
    await officer.showAll(['nav.waiting', 'nav.centre', 'nav.documents', 'nav.routes', 'nav.work']);
    for (const person of [supervisor, officer]) {
      await person.open('nav.work');
      await person.page.getByRole('button', { name: person.say('stage.done') }).click();
      await person.follow(PAINTED);
      await person.see('trip.state.completed');
      await person.show('trip');
    }
    await user.showAll(['nav.mine', 'nav.request', 'nav.documents', 'nav.routes', 'nav.work', 'nav.centre']);
    await operator.showAll(['nav.work', 'nav.centre', 'nav.seals', 'nav.messages', 'nav.routes']);
    await admin.open('nav.seals');
    await admin.follow(LABEL);
    await admin.show('seal');
  });

  test('and every change was asked for by the page a person touched, by nothing else', () => {
    for (const person of everybody()) {
      expect(person.strange()).toEqual([]);
      expect(person.errors).toEqual([]);
    }
    expect(officer.decided()).toEqual(['accept', 'verify', 'approve', 'authorise-departure', 'check-seal', 'grants']);
    expect(driver.decided()).toEqual(['accept']);
  });

  test('and no screen was too wide or shut anybody out', () => expect(inspector.findings).toEqual([]));
});

/** Invites somebody, and reads the code off the screen as one would to hand it on. */
async function invite(
  host: Person,
  role: 'customs_officer' | 'service_user' | 'provider_operator' | 'technician' | 'driver',
  firm?: string,
) {
  await host.press('people.invite');
  const form = host.dialog();
  await host.choose('people.role', role, form);
  if (firm) await host.choose('people.organisation', { label: firm }, form);
  // The only firm that fits, or one's own office, is chosen already; the press waits for it as a person would.
  else await expect.poll(() => form.locator('select').nth(1).inputValue()).not.toBe('');
  await host.press('people.invite_send', form);
  const code = (await host.dialog().locator('#shown-once').innerText()).trim();
  await host.press('common.close', host.dialog().locator('footer'));
  return code;
}

/** Takes one of the required photos; done when the server keeps it. */
async function photograph(person: Person, kind: Shown, after: Key): Promise<void> {
  const slot = slotOf(person, kind);
  await person.pick(slot.locator('label'), await pictureOf(person, kind));
  // With the last one of its set the trip goes on, and the photos with it.
  await slot
    .getByText(person.say('photo.is_stored'))
    .or(person.page.getByText(person.say(after)))
    .first()
    .waitFor();
}

/** The place on the screen where a photo belongs. */
function slotOf(person: Person, kind: Shown): Locator {
  return person.page.getByRole('listitem').filter({ hasText: person.say(`photo.kind.${kind}`) });
}

function pictureOf(person: Person, kind: Shown) {
  return filePicture(person.page.context().browser(), FILES[kind], [kind, CONTAINER, LABEL]);
}

type Shown = keyof typeof FILES;
const FILES = {
  door_with_number: 'pintu.jpg',
  seal_close_up: 'segel.jpg',
  locking_rods: 'batang.jpg',
  truck_with_plate: 'truk.jpg',
  seal_before_opening: 'sebelum.jpg',
  door_after_removal: 'sesudah.jpg',
  device_condition: 'perangkat.jpg',
} as const;

function nextYear(): string {
  return `${new Date().getUTCFullYear() + 1}-06-30`;
}
