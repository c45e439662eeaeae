// A long press with a finger or pen on an element. A mouse has hovering for that.

const LONG = 500;
const STRAYS = 10;
const ENDS = ["pointerup", "pointercancel", "pointerleave"];

let press: AbortController | undefined;

/** Takes the event that begins a press, and acts when it lasts. Whatever ends it is listened for only meanwhile: a list
 *  has many elements and one finger. */
export function holdLong(event: PointerEvent & { currentTarget: HTMLElement }, act: () => void): void {
  press?.abort();
  const { pointerType, clientX, clientY, currentTarget } = event;
  if (pointerType === "mouse") return;
  const current = new AbortController();
  const { signal } = current;
  press = current;
  const timer = setTimeout(() => currentTarget.isConnected && act(), LONG);
  signal.addEventListener("abort", () => clearTimeout(timer));
  const move = (at: PointerEvent): void => {
    if (Math.hypot(at.clientX - clientX, at.clientY - clientY) > STRAYS) current.abort();
  };
  currentTarget.addEventListener("pointermove", move, { signal });
  for (const name of ENDS) currentTarget.addEventListener(name, () => current.abort(), { signal });
}
