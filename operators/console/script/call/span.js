/** The timeline's scale: how much time it shows on how many pixels, and where its ticks are. Pure. */

const SPANS_S = [30, 60, 90, 120, 180, 240, 300, 420, 600];
const TICKS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300];
const LEAST_PX_PER_S = 2;
const TICK_APART_PX = 72;

/**
 * A call of `length_ms` on at least `room_px`. The span grows in steps, so that the timeline does not move all the
 * time; what does not fit can be scrolled to.
 */
export function scaleOf(length_ms, room_px) {
  const length_s = length_ms / 1000;
  const span_s = SPANS_S.find((span) => span >= length_s) ?? Math.ceil(length_s / 300) * 300;
  const width = Math.max(room_px, Math.ceil(span_s * LEAST_PX_PER_S));
  const per_ms = width / (span_s * 1000);
  const step_s = TICKS_S.find((step) => step * 1000 * per_ms >= TICK_APART_PX) ?? TICKS_S.at(-1);
  const ticks_ms = [];
  for (let at = 0; at < span_s; at += step_s) ticks_ms.push(at * 1000);
  return { width, x: (at_ms) => at_ms * per_ms, ticks_ms };
}
