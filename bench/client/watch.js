// Runs in the page: counts frames from now on. `window.hearthBench.stop()` returns the milliseconds between frames and
// what the browser calls long animation frames, with the scripts that it blames.
() => {
  const gaps = [];
  const slow = [];
  let before = 0;
  let isRunning = true;
  const tick = (now) => {
    if (before) gaps.push(now - before);
    before = now;
    if (isRunning) requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  const observer = new PerformanceObserver((list) => {
    for (const { duration, startTime, renderStart, styleAndLayoutStart, scripts } of list.getEntries()) {
      const blamed = scripts.map((one) => `${one.invoker} ${Math.round(one.duration)} (layout ${Math.round(one.forcedStyleAndLayoutDuration)})`);
      const end = startTime + duration;
      slow.push({ duration, render: end - renderStart, layout: end - styleAndLayoutStart, blamed });
    }
  });
  observer.observe({ type: "long-animation-frame" });
  window.hearthBench = {
    stop: () => {
      isRunning = false;
      observer.disconnect();
      return { gaps, slow };
    },
  };
}
