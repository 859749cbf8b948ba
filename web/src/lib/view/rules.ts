// Numbers of the rulebook as people read them: the unit closes the name, so `stop_after_s: [900]` is "15:00".
import { span } from '../time/time';

/** A number of the rulebook with its unit. */
export function ruleText(name: string, values: readonly number[], language: string): string {
  const one = (value: number) => {
    if (name.endsWith('_s')) return span(value * 1000, language);
    if (name.endsWith('_ms')) return `${value} ms`;
    if (name.endsWith('_kmh')) return language === 'id' ? `${value} km/jam` : `${value} km/h`;
    if (name.endsWith('_m')) return `${value} m`;
    if (name.endsWith('_percent')) return `${value} %`;
    return String(value);
  };
  return values.length === 0 ? '–' : values.map(one).join(' · ');
}

/** The name of a rule without its unit, as words. Where two rules differ by the unit alone, the value tells them apart. */
export function ruleName(name: string): string {
  return name.replace(/_(s|ms|m|kmh|percent)$/, '').replaceAll('_', ' ');
}
