// Reads again what the live stream says has changed, a little later and each thing once: a burst of events about one trip
// costs one request.

/** Events settle for this long before anything is read again. */
const SETTLE_MS = 250;

/** Collects names and hands them over together. `hand` is called with each name once. */
export function gather(hand: (names: readonly string[]) => void, settle_ms = SETTLE_MS): (name: string) => void {
  const names = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  return (name) => {
    names.add(name);
    timer ??= setTimeout(() => {
      timer = null;
      const all = [...names];
      names.clear();
      hand(all);
    }, settle_ms);
  };
}
