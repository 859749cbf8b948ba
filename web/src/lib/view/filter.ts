// Finding a line in a list by a few typed letters, as numbers are really typed: with or without blanks, dots and dashes.

function bare(text: string): string {
  return text.toLowerCase().replace(/[^\p{Letter}\p{Number}]/gu, '');
}

/** Whether one of the texts holds what was typed; nothing typed is held by all. */
export function holds(typed: string, texts: readonly (string | null | undefined)[]): boolean {
  const wanted = bare(typed);
  return wanted === '' || texts.some((text) => text !== null && text !== undefined && bare(text).includes(wanted));
}
