// Profiles as they are offered: of one protocol, by maker.
import type { Api } from '../api/client';

/** The profiles of one maker. */
export type Maker = Readonly<{ maker: string; models: readonly Api['Profile'][] }>;

/** The profiles of a protocol under their makers, in the order in which the server gives them. */
export function byMaker(profiles: readonly Api['Profile'][], protocol: Api['Protocol']): Maker[] {
  const makers = new Map<string, Api['Profile'][]>();
  for (const profile of profiles.filter((each) => each.protocol === protocol)) {
    makers.set(profile.maker, [...(makers.get(profile.maker) ?? []), profile]);
  }
  return [...makers].map(([maker, models]) => ({ maker, models }));
}
