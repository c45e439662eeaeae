// When what can wait is done: in the next task, after the next frame, or once the page is calm.

const CALM_WITHIN_MS = 5000;
/** A frame that has not come by then does not come: the page is hidden, or nothing of it is on screen. */
const FRAME_WITHIN_MS = 100;

/**
 * Resolves in a task of its own, so that the browser can answer and draw in between. A timer would do the same, but is
 * slowed down in hidden tabs.
 */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Resolves in the task after the next frame is painted; in a page that nobody sees, in the next task. */
export async function nextFrame(): Promise<void> {
  if (!document.hidden) {
    await new Promise<void>((resolve) => {
      const end = (): void => {
        cancelAnimationFrame(frame);
        clearTimeout(timer);
        resolve();
      };
      const frame = requestAnimationFrame(end);
      const timer = setTimeout(end, FRAME_WITHIN_MS);
    });
  }
  await nextTask();
}

/** Resolves once the page has loaded and the browser is idle, at the latest 5 s after loading. */
export async function calm(): Promise<void> {
  if (document.readyState !== "complete") {
    await new Promise((resolve) => addEventListener("load", resolve, { once: true }));
  }
  // Safari has no idle callbacks.
  await new Promise<unknown>((resolve) =>
    "requestIdleCallback" in window
      ? requestIdleCallback(resolve, { timeout: CALM_WITHIN_MS })
      : setTimeout(resolve, CALM_WITHIN_MS / 2),
  );
}
