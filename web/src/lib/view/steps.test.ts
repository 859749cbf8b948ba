import { describe, expect, test } from 'vitest';
import { isKey } from '../i18n/catalogue';
import { sortSteps, SOP_STATES, STEPS } from './steps';

const say = { id: 'Masih ada alarm kritis.', en: 'A critical alarm is open.' };
const names = (steps: readonly { name: string }[]) => steps.map((step) => step.name);

describe('what can be done next', () => {
  test('is split into what I may, what must wait, and what is somebody else’s', () => {
    const sorted = sortSteps([
      { command: 'check_seal', allowed: true, refusal: null },
      { command: 'grant_removal', allowed: false, refusal: { code: 'critical_alarm_open', say } },
      { command: 'unlock', allowed: false, refusal: { code: 'role_may_not', say } },
    ]);
    expect([names(sorted.open), names(sorted.closed), names(sorted.others)]).toEqual([
      ['check_seal'],
      ['grant_removal'],
      ['unlock'],
    ]);
    expect(sorted.closed[0]?.because).toEqual(say);
  });

  test('a way aside of somebody else is not shown as something one waits for', () => {
    const refusal = { code: 'role_may_not', say };
    const sorted = sortSteps([{ command: 'cancel_trip', allowed: false, refusal }]);
    expect([sorted.open, sorted.closed, sorted.others]).toEqual([[], [], []]);
  });

  test('a step this app does not know is left out, also one named like a part of every object', () => {
    const unknown = { allowed: true, refusal: null };
    expect(
      sortSteps([
        { command: 'teleport', ...unknown },
        { command: 'toString', ...unknown },
      ]).open,
    ).toEqual([]);
  });

  test('a refusal without its sentence does not break the page', () => {
    expect(sortSteps([{ command: 'check_seal', allowed: false }]).closed[0]?.because).toBeNull();
  });
});

test('every step has its sentence', () => {
  for (const look of Object.values(STEPS)) expect([look.label, isKey(look.label)]).toEqual([look.label, true]);
});

test('the SOP has fifteen states, each with its sentence', () => {
  expect(SOP_STATES.length).toBe(15);
  for (const state of SOP_STATES) expect([state, isKey(`trip.state.${state}`)]).toEqual([state, true]);
});
