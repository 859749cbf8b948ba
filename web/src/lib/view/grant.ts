// Cards that may open a seal, as typed: ten digits each, parted by anything that is no digit.

/** Digits of a card's number. */
const CARD_DIGITS = 10;

/** The card numbers in a text, and what is none; a card named twice is one. */
export function cardNumbers(text: string): { good: string[]; bad: string[] } {
  const parts = [...new Set(text.split(/[\s,;]+/).filter((part) => part !== ''))];
  const isCard = (part: string) => part.length === CARD_DIGITS && /^\d+$/.test(part);
  return { good: parts.filter(isCard), bad: parts.filter((part) => !isCard(part)) };
}
