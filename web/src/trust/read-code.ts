// Reading a QR code from a camera or a picture. The reader (`qr`, by noble's author) is loaded when it is first needed: browsers'
// own, the Shape Detection API, is missing of Firefox, Safari, and Chromium on Windows and Linux.

/** Pixels of the longer side that are looked at; a code that fills a tenth of it still has several to a module. */
const LONGEST_SIDE = 1280;
/** Milliseconds of further tries that a code is worth: one frame of many may fail, a picture is the only one. */
const TRIES = { frame: 30, picture: 1_000 };

class Reader {
  readonly #decode: typeof import("qr/decode.js").default;
  readonly #canvas = document.createElement("canvas");
  readonly #context = this.#canvas.getContext("2d", { willReadFrequently: true })!;

  private constructor(decode: typeof import("qr/decode.js").default) {
    this.#decode = decode;
  }

  static async load(): Promise<Reader> {
    return new Reader((await import("qr/decode.js")).default);
  }

  /** The text of the code in what is drawn, or null. */
  read(source: CanvasImageSource, width: number, height: number, timeLimit: number): string | null {
    const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
    [this.#canvas.width, this.#canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
    const { width: across, height: down } = this.#canvas;
    if (across === 0 || down === 0) return null;
    this.#context.drawImage(source, 0, 0, across, down);
    try {
      return this.#decode(this.#context.getImageData(0, 0, across, down), { timeLimit });
    } catch {
      return null; // it throws for a picture without a code
    }
  }
}

/** The text of the code in a picture, or null. */
export async function readPicture(file: Blob): Promise<string | null> {
  const reader = await Reader.load();
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return null; // no picture
  }
  const read = reader.read(picture, picture.width, picture.height, TRIES.picture);
  picture.close();
  return read;
}

/** Milliseconds between two looks: a code is held up for longer, and a phone stays cool. */
const PAUSE = 200;

/** Tells of the codes that the camera shows until one is taken or `signal` ends it. Throws DOMException when there is no camera to use. */
export async function watchCamera(video: HTMLVideoElement, take: (text: string) => boolean, signal: AbortSignal): Promise<void> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  try {
    const reader = await Reader.load();
    video.srcObject = stream;
    await video.play();
    while (!signal.aborted) {
      const read = reader.read(video, video.videoWidth, video.videoHeight, TRIES.frame);
      if (read !== null && take(read)) return;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}
