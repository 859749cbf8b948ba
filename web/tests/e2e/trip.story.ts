// One container, end to end, through the screens: from two invitations on a terminal to the closing report. Each person
// acts only by what can be touched; the seal speaks its protocol over a real socket; the program is the built one.
import { chromium, type Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { filePicture, startBrowser } from './browser';
import { DESK, Person, PHONE, type Look } from './person';
import { Seal } from './seal';
import { startServer, type Server } from './server';
import { DESTINATION, ORIGIN, routeFile } from './road';

const CONTAINER = 'CSQU3054383';
const PAINTED = 'CSQU 305438 3';
const LABEL = 'JT701-098231';
const DEVICE = '8000620011';
const PAPER = 'PLP-000117';
const ROUTE = 'Dermaga ke gudang uji';

const LOOKS: readonly Look[] = [
  { language: 'id', theme: 'light' },
  { language: 'en', theme: 'dark' },
];

// Where a step fails, the screens as they stood are kept in SEGEL_E2E_SHOTS, if that names a folder.
describe.each(LOOKS)('a whole trip through the screens, in $language, $theme', (look) => {
  let browser: Browser;
  let server: Server;
  let seal: Seal;
  let supervisor: Person, officer: Person;
  let admin: Person, operator: Person, technician: Person;
  let user: Person;
  const everybody = () => [supervisor, officer, admin, operator, technician, user];

  const at = (size: typeof DESK | typeof PHONE, place = ORIGIN) =>
    Person.sitDown(browser, server.people, look, size, place);

  beforeAll(async () => {
    [browser, server] = await Promise.all([startBrowser(chromium), startServer()]);
  });
  afterEach(async ({ task }) => {
    const folder = process.env['SEGEL_E2E_SHOTS'];
    if (task.result?.state !== 'fail' || !folder) return;
    const shots = everybody().map((each, n) => each?.page.screenshot({ path: `${folder}/${look.language}-${n}.png` }));
    await Promise.all(shots);
  });
  afterAll(async () => {
    seal?.switchOff();
    await browser?.close();
    await server?.stop();
  });

  test('given two invitations from the terminal, when customs and provider use them, then both are in', async () => {
    [supervisor, admin] = await Promise.all([at(DESK), at(DESK)]);
    await supervisor.join(server.customs_code, 'Sri Rahayu');
    await supervisor.see({ text: 'Sri Rahayu' });
    await admin.join(server.provider_code, 'Budi Santoso');
    await admin.see({ text: 'Budi Santoso' });
  });

  test('when they invite the others, then each comes in by a code that was shown once', async () => {
    await supervisor.open('nav.people');
    await supervisor.tab('people.organisations').click();
    await supervisor.press('people.organisation_new');
    await supervisor.type('people.organisation_name', 'PT Impor Jaya', supervisor.dialog());
    await supervisor.press('common.save', supervisor.dialog());
    await supervisor.see({ text: 'PT Impor Jaya' });
    await supervisor.tab('nav.people').click();
    [officer, user, operator, technician] = await Promise.all([at(PHONE), at(DESK), at(DESK), at(PHONE)]);
    await officer.join(await invite(supervisor, 'customs_officer'), 'Dewi Lestari');
    await user.join(await invite(supervisor, 'service_user', 'PT Impor Jaya'), 'Rina Wati');
    await admin.open('nav.people');
    await operator.join(await invite(admin, 'provider_operator'), 'Agus Salim');
    await technician.join(await invite(admin, 'technician'), 'Joko Susilo');
    await technician.see('job.none');
  });

  test('given a seal nobody knows speaks, when the provider registers it from quarantine, then it is in stock', async () => {
    seal = new Seal(DEVICE, ORIGIN, server.jointech);
    await admin.open('nav.seals');
    await admin.tab('seal.quarantine').click();
    const device = admin.page.getByRole('listitem').filter({ hasText: DEVICE });
    await admin.press('seal.register', device);
    const form = admin.dialog();
    await admin.type('seal.label', LABEL, form);
    await admin.type('seal.certificate_number', 'SDPPI-55121', form);
    await admin.type('seal.certificate_issuer', 'Kominfo', form);
    await admin.type('seal.certificate_until', nextYear(), form);
    await admin.press('seal.register', form);
    await admin.tab('seal.stock').click();
    await admin.see({ text: LABEL });
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
    await user.press('document.save');
    await user.type('trip.plate', 'H 1234 AB');
    await user.press('request.next');
    await user.press('route.new');
    await user.pick(user.page.getByText(user.say('route.choose_file')), routeFile(ROUTE));
    await user.press('route.propose');
    await user.see({ text: ROUTE });
    await user.press('request.next');
    await user.press('request.send');
    await user.see('request.gate');
    await user.see({ text: user.say('gate.document_not_verified') });
    await user.press('request.to_trip');
    await user.see('mine.waits_gate');
  });

  test('when an officer verifies the document and approves the route, then the request is accepted', async () => {
    await officer.open('nav.waiting');
    await officer.follow(PAPER);
    await officer.press('document.verify');
    await officer.see('document.verified_now');
    await officer.open('nav.waiting');
    await officer.follow(ROUTE);
    await officer.press('route.approve');
    await officer.see('route.approved_now');
    await user.press('request.send_again');
    await user.see('trip.state.route_approved');
  });

  test('when the operator assigns the seal, then the technician has the job', async () => {
    await operator.open('nav.seals');
    await operator.tab('seal.queue').click();
    await operator.press('step.assign_seal', operator.page.getByRole('listitem').filter({ hasText: CONTAINER }));
    const form = operator.dialog();
    await form.getByText(LABEL).waitFor();
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
    await technician.press('job.start');
    await technician.see('job.lock.rope');
    seal.putRopeIn();
    await technician.see('job.photos', { n: 0, all: 4 });
  });

  test('when the four photos are sent, then the trip waits for its departure', async () => {
    for (const kind of ['door_with_number', 'seal_close_up', 'locking_rods', 'truck_with_plate'] as const) {
      await photograph(technician, kind);
    }
    await technician.see('job.step.await_departure');
  });

  test('when the officer authorises, then the seal drives, stays in its corridor and arrives by itself', async () => {
    await officer.open('nav.waiting');
    await officer.follow(PAINTED);
    await officer.see('decide.departure_hint', { n: 4, all: 4 });
    await officer.press('decide.authorise');
    await officer.see('decide.departure_already');
    const there = seal.driveTo(DESTINATION);
    await user.see('trip.state.in_transit');
    await there;
    await user.see('trip.state.arrived');
    expect(seal.interval_s).toBe(10);
  });

  test('when the officer checks the seal and grants removal, then the grant is for this technician', async () => {
    await officer.open('nav.waiting');
    await officer.follow(PAINTED);
    await officer.switchTo('decide.number_matches', officer.say('common.yes'));
    await officer.switchTo('decide.looks_untouched', officer.say('common.yes'));
    await officer.press('decide.check_right');
    await officer.press('grant.reason.check');
    await officer.press('grant.give');
    await officer.see('grant.until');
    await technician.see('grant.title');
    await technician.see({ text: 'Joko Susilo' });
  });

  test('when the technician unlocks and takes it off, then the seal has opened on an order and the photos end it', async () => {
    expect(seal.locked).toBe(true);
    await technician.press('grant.unlock');
    await technician.press('grant.yes', technician.dialog());
    await technician.press('job.removed');
    expect(seal.locked).toBe(false);
    for (const kind of ['seal_before_opening', 'door_after_removal', 'device_condition'] as const) {
      await photograph(technician, kind);
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
    await expect.poll(() => seal.unanswered, { timeout: 5000 }).toBeLessThanOrEqual(1);
  });

  test('then no alarm was raised on the whole way', async () => {
    await supervisor.open('nav.centre');
    await supervisor.see('alarm.queue_clear');
  });

  test('and every change was asked for by the page a person touched, by nothing else', () => {
    for (const person of everybody()) {
      expect(person.strange()).toEqual([]);
      expect(person.errors).toEqual([]);
    }
    const decisions = officer.asked.map((each) => each.path.split('/').at(-1));
    expect(decisions).toEqual(['accept', 'verify', 'approve', 'authorise-departure', 'check-seal', 'grants']);
  });
});

/** Invites somebody, and reads the code off the screen as one would to hand it on. */
async function invite(
  host: Person,
  role: 'customs_officer' | 'service_user' | 'provider_operator' | 'technician',
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
async function photograph(person: Person, kind: keyof typeof FILES): Promise<void> {
  const place = person.page.getByRole('listitem').filter({ hasText: person.say(`photo.kind.${kind}`) });
  const picture = await filePicture(person.page.context().browser(), FILES[kind], [kind, CONTAINER, LABEL]);
  await person.pick(place.locator('label'), picture);
  await place
    .getByText(person.say('photo.is_stored'))
    .or(person.page.getByText(person.say('job.photos_hint')))
    .first()
    .waitFor();
}

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
