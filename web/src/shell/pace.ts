// When what can wait is done: in the next task, or once the page is calm.

const CALM_WITHIN_MS = 5000;

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
