// Raw bytes as people read them: two digits a byte, sixteen bytes a line, with the place of the first and, beside it, what of them is
// text. Masked digits stay masked, and never become text.

/** A line of bytes. */
export type HexLine = { readonly offset: string; readonly bytes: readonly string[]; readonly text: string };

/** Bytes in a line: the width every hex viewer has. */
const LINE_BYTES = 16;

/** Cuts hexadecimal text into lines. */
export function hexLines(hex: string): HexLine[] {
  const bytes = hex.replace(/\s+/g, '').match(/.{1,2}/g) ?? [];
  const lines: HexLine[] = [];
  for (let at = 0; at < bytes.length; at += LINE_BYTES) {
    const some = bytes.slice(at, at + LINE_BYTES);
    lines.push({ offset: at.toString(16).padStart(4, '0'), bytes: some, text: some.map(letter).join('') });
  }
  return lines;
}

/** The printable letter of a byte; a dot for the others, a star for what is masked. */
function letter(byte: string): string {
  if (byte.includes('*')) return '*';
  const code = Number.parseInt(byte, 16);
  return 0x20 <= code && code < 0x7f ? String.fromCharCode(code) : '·';
}
