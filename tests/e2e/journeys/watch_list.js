// Runs in the page: judges a list of messages once it is painted, frame by frame, while it is scrolled one way.
// `window.watched.stop()` tells what was seen and what was wrong. Rows stand in order without a hole; there are always some
// on screen; those that stay move together, never against the way that is scrolled, and by as much as the position does.
// A frame in which the list sets its position itself is a `shift`: there is one where a runway ends. At the end of the
// conversation it is the end that is held.
({ way }) => {
  const box = document.querySelector("#main [role=region]");
  const report = { seen: [], frames: 0, blank: 0, bare: 0, drawn: 0, shifts: [], wrong: [] };
  const seen = new Set();
  const STILL = 1.5;
  let before = new Map();
  let position = box.scrollTop;
  let isRunning = true;

  const look = () => {
    const edge = box.getBoundingClientRect();
    const now = new Map();
    let last = 0;
    const rows = [...box.querySelectorAll("li[data-key]")];
    for (const row of rows) {
      const seq = Number(row.dataset.seq);
      const { top, bottom } = row.getBoundingClientRect();
      if (last && seq !== last + 1) report.wrong.push(`${seq} after ${last}`);
      last = seq;
      if (bottom > edge.top && top < edge.bottom) now.set(seq, { top, bottom, key: row.dataset.key });
    }
    judge(now, edge);
    report.drawn = Math.max(report.drawn, rows.length);
    for (const seq of now.keys()) seen.add(seq);
    before = now.size > 0 ? now : before;
    position = box.scrollTop;
  };

  const judge = (now, edge) => {
    if (now.size === 0) return void (report.blank += 1);
    const list = [...now.values()];
    const [first] = now.keys();
    const gap = first === 1 ? 0 : list[0].top - edge.top;
    report.bare = Math.max(report.bare, gap, edge.bottom - list.at(-1).bottom);
    const moves = [...now].filter(([seq]) => before.has(seq)).map(([seq, { top }]) => top - before.get(seq).top);
    const [least, most] = [Math.min(...moves), Math.max(...moves)];
    if (most - least > STILL) report.wrong.push(`rows moved by ${least} to ${most} at ${first}`);
    if (moves.length > 0 && Math.min(way * least, way * most) < -STILL) report.wrong.push(`back by ${least} at ${first}`);
    const off = moves.length > 0 ? moves[0] + box.scrollTop - position : 0;
    const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
    if (Math.abs(off) > STILL && !isAtEnd) report.shifts.push(`${off} at ${first}`);
    const [earlier] = before.keys();
    if (earlier && moves.length === 0 && way * (earlier - first) < 0) report.wrong.push(`${first} after ${earlier}`);
  };

  // The message after a frame is handled comes when that frame is painted.
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    if (!isRunning) return;
    report.frames += 1;
    look();
  };
  const frame = () => {
    port2.postMessage(null);
    if (isRunning) requestAnimationFrame(frame);
  };
  frame();
  window.watched = {
    seen,
    stop: () => {
      isRunning = false;
      return { ...report, seen: [...seen].sort((one, other) => one - other), wrong: report.wrong.slice(0, 5) };
    },
  };
}
