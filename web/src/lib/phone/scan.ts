// Reads a code with the camera, where the browser can. Where it cannot, the number is typed: nothing depends on it.

type Detector = { detect(source: ImageBitmapSource): Promise<readonly { readonly rawValue: string }[]> };
type DetectorClass = new (options: { formats: readonly string[] }) => Detector;

/** What is printed on seals and papers. */
const FORMATS = ['qr_code', 'code_128', 'code_39', 'data_matrix', 'ean_13'] as const;
const LOOK_EVERY_MS = 200;

function detector(): Detector | null {
  const known = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  return known ? new known({ formats: FORMATS }) : null;
}

/** Whether codes can be read here at all. */
export function canScan(): boolean {
  return 'BarcodeDetector' in globalThis;
}

/** Whether the camera can be shown live; only on a secure page. */
export function canWatch(): boolean {
  return Boolean(navigator.mediaDevices?.getUserMedia);
}

/** Reads a code from a picture. */
export async function readPicture(picture: Blob): Promise<string | null> {
  try {
    const image = await createImageBitmap(picture);
    const found = await detector()?.detect(image);
    image.close();
    return found?.[0]?.rawValue.trim() || null;
  } catch {
    return null;
  }
}

/** Shows the camera and looks for a code until one is found; the answer stops it. Throws where the camera is refused. */
export async function watchCamera(video: HTMLVideoElement, found: (text: string) => void): Promise<() => void> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  video.srcObject = stream;
  await video.play();
  const eye = detector();
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  const stop = () => {
    clearInterval(timer);
    stream.getTracks().forEach((track) => track.stop());
  };
  async function look(): Promise<void> {
    const codes = await eye?.detect(video).catch(() => []);
    const text = codes?.[0]?.rawValue.trim();
    if (!text) return;
    stop();
    found(text);
  }
  return stop;
}
