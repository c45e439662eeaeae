// Runs in the page: presses the row of a conversation and resolves with the milliseconds from the press until its
// messages are painted.
({ id }) =>
  new Promise((resolve, reject) => {
    const row = document.querySelector(`[data-row][href$="/c/${id}"]`);
    const begun = performance.now();
    row.click();
    const look = () => {
      const box = document.querySelector("#main [role=region]");
      const isShown = box?.querySelector("li[data-key]") && box.scrollTop > 0;
      if (isShown) {
        // The message after a frame is handled comes when that frame is painted.
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(performance.now() - begun);
        port2.postMessage(null);
      } else if (performance.now() - begun > 10_000) reject(new Error("no messages within 10 s"));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
