/** Latency over the time of a run, thinned for drawing so that no peak is lost. */

const mostPoints = 2000;

/**
 * Of each stretch of the run its fastest and its slowest iteration stay, in the order of start. `at`: seconds, ascending;
 * `latency`: milliseconds.
 */
export function thinTimeline(
  at: ArrayLike<number>,
  latency: ArrayLike<number>,
  most = mostPoints,
): { at: number[]; latency: number[] } {
  const count = Math.min(at.length, latency.length);
  if (count <= most) {
    return { at: Array.from(at).slice(0, count), latency: Array.from(latency).slice(0, count) };
  }
  const thinned: { at: number[]; latency: number[] } = { at: [], latency: [] };
  const keep = (index: number): void => {
    thinned.at.push(at[index] ?? 0);
    thinned.latency.push(latency[index] ?? 0);
  };
  const stretches = Math.floor(most / 2);
  for (let stretch = 0; stretch < stretches; stretch++) {
    const from = Math.floor((stretch * count) / stretches);
    const to = Math.floor(((stretch + 1) * count) / stretches);
    let low = from;
    let high = from;
    for (let i = from + 1; i < to; i++) {
      if ((latency[i] ?? 0) < (latency[low] ?? 0)) low = i;
      if ((latency[i] ?? 0) > (latency[high] ?? 0)) high = i;
    }
    keep(Math.min(low, high));
    if (low !== high) keep(Math.max(low, high));
  }
  return thinned;
}
