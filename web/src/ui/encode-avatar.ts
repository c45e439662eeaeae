// A square of a picture as a small file of ours: 512 × 512, WebP where the browser writes it, else JPEG, at most 100 KB, or as few as are asked for.
// Re-encoding drops everything but the pixels: place, camera, time.
import type { Crop } from "../lib/crop.ts";

export const AVATAR_SIDE = 512;
const MAXIMUM_BYTES = 100_000;
const QUALITIES = [0.9, 0.8, 0.7, 0.55, 0.4, 0.25];

function toBlob(canvas: HTMLCanvasElement, type: string, quality: number): Promise<Blob | null> {
  return new Promise((resolve) => canvas.toBlob(resolve, type, quality));
}

export function drawCrop(canvas: HTMLCanvasElement, picture: CanvasImageSource, crop: Crop): void {
  const context = canvas.getContext("2d")!;
  const { width } = canvas;
  // JPEG knows no transparency: what is see-through becomes paper.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, width);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, crop.x - crop.side / 2, crop.y - crop.side / 2, crop.side, crop.side, 0, 0, width, width);
}

/** `most` in bytes. Throws Error when no quality is small enough, which no picture of 512² is known to do. */
export async function encodeAvatar(picture: CanvasImageSource, crop: Crop, most = MAXIMUM_BYTES): Promise<Blob> {
  const canvas = document.createElement("canvas");
  // Half the bytes are a quarter less of each side.
  canvas.width = canvas.height = most < MAXIMUM_BYTES ? (AVATAR_SIDE * 3) / 4 : AVATAR_SIDE;
  drawCrop(canvas, picture, crop);
  for (const quality of QUALITIES) {
    let blob = await toBlob(canvas, "image/webp", quality);
    if (blob?.type !== "image/webp") blob = await toBlob(canvas, "image/jpeg", quality);
    if (blob && blob.size <= most) return blob;
  }
  throw new Error("the picture does not get small enough");
}
