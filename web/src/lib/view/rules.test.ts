import { expect, test } from 'vitest';
import { ruleName, ruleText } from './rules';

test('a number of the rules is read by the unit that closes its name', () => {
  expect([
    ruleText('stop_after_s', [900, 1800], 'id'),
    ruleText('deviation_m', [300], 'id'),
    ruleText('moving_from_kmh', [4], 'id'),
    ruleText('moving_from_kmh', [4], 'en'),
    ruleText('battery_low_percent', [30], 'id'),
    ruleText('fixes_to_leave', [2], 'id'),
    ruleText('drift_ms', [1500], 'id'),
    ruleText('nothing_s', [], 'id'),
  ]).toEqual(['15:00 · 30:00', '300 m', '4 km/jam', '4 km/h', '30 %', '2', '1500 ms', '–']);
});

test('its name is said without the unit', () => {
  expect([ruleName('stop_after_s'), ruleName('fixes_to_leave')]).toEqual(['stop after', 'fixes to leave']);
});
