// Which square of a picture is shown in a crop frame. Pure: everything in pixels of the picture.

export interface Crop {
  /** Centre of the square. */
  x: number;
  y: number;
  /** Side of the square. */
  side: number;
}

export const MAXIMUM_ZOOM = 4;

export interface Size {
  width: number;
  height: number;
}

/** The largest square in the middle, a little above it for portraits: faces are there. */
export function startCrop({ width, height }: Size): Crop {
  const side = Math.min(width, height);
  return clampCrop({ x: width / 2, y: height > width ? height * 0.42 : height / 2, side }, { width, height });
}

/** The nearest crop that lies inside the picture and is not closer than the greatest zoom. */
export function clampCrop(crop: Crop, { width, height }: Size): Crop {
  const most = Math.min(width, height);
  const side = Math.min(most, Math.max(most / MAXIMUM_ZOOM, crop.side));
  const inside = (at: number, length: number): number => Math.min(length - side / 2, Math.max(side / 2, at));
  return { x: inside(crop.x, width), y: inside(crop.y, height), side };
}

/** zoom 1 is the whole of the shorter side. */
export function zoomCrop(crop: Crop, zoom: number, size: Size): Crop {
  return clampCrop({ ...crop, side: Math.min(size.width, size.height) / zoom }, size);
}
