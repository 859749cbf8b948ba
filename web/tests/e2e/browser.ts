// Debian's Chromium without a screen, and pictures for its file picker.
import type { Browser, BrowserType } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts it. */
export function startBrowser(kind: BrowserType): Promise<Browser> {
  const executablePath = process.env['SEGEL_BROWSER'] ?? '/usr/bin/chromium';
  return kind.launch({ executablePath, args: FLAGS });
}

/** A JPEG with some words on it: a photo as good as any to a server that looks whether it is one. */
export async function filePicture(browser: Browser | null, name: string, words: readonly string[]) {
  if (!browser) throw new Error('a picture is drawn by a browser that runs');
  const page = await browser.newPage({ viewport: { width: 640, height: 480 } });
  const lines = words.map((word) => `<p>${word}</p>`).join('');
  await page.setContent(`<body style="background:#7a4b2a;color:#fff;font:700 40px sans-serif">${lines}</body>`);
  const buffer = await page.screenshot({ type: 'jpeg', quality: 80 });
  await page.close();
  return { name, mimeType: 'image/jpeg', buffer };
}
