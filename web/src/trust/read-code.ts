// Reading a QR code from a camera or a picture, where the browser can (the Shape Detection API); elsewhere codes are entered as
// text. Chromium has it on Android, ChromeOS and macOS.

interface Detector {
  detect(source: CanvasImageSource | Blob | ImageBitmap): Promise<{ rawValue: string }[]>;
}
type DetectorClass = { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<string[]> };

const findClass = (): DetectorClass | undefined => (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;

/** Whether codes can be read from pictures here. */
export async function canReadCodes(): Promise<boolean> {
  try {
    return (await findClass()?.getSupportedFormats())?.includes("qr_code") ?? false;
  } catch {
    return false;
  }
}

const makeDetector = (): Detector => new (findClass()!)({ formats: ["qr_code"] });

/** The text of the code in a picture, or null. */
export async function readPicture(file: Blob): Promise<string | null> {
  try {
    const picture = await createImageBitmap(file);
    const found = await makeDetector().detect(picture);
    picture.close();
    return found[0]?.rawValue ?? null;
  } catch {
    return null;
  }
}

/** Milliseconds between two looks: a code is held up for longer, and a phone stays cool. */
const PAUSE = 200;

/** The text of the first code that the camera shows; null when `signal` ends it. Throws DOMException when there is no camera to use. */
export async function readCamera(video: HTMLVideoElement, signal: AbortSignal): Promise<string | null> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  try {
    video.srcObject = stream;
    await video.play();
    const detector = makeDetector();
    while (!signal.aborted) {
      const [found] = await detector.detect(video);
      if (found) return found.rawValue;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}
