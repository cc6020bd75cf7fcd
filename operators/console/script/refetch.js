/** Refetches a page's data: one fetch at a time, and one more if something changed in the meantime. */

const AFTER_FAILURE_MS = 2_000;
const APART_MS = 100; // so that one fetch covers a burst of changes

/**
 * Returns a function that runs `look` now. If it is called during a run, it runs once more a moment later. While
 * the service does not answer, it retries. Other problems go to `failed(problem)`. Its `first` resolves when there is
 * something to show.
 */
export function refetching(look, failed) {
  let running = false;
  let wanted = false;
  let timer = null;
  let stopped = false;
  let shown;
  refetch.first = new Promise((resolve) => (shown = resolve));

  async function refetch() {
    if (stopped) return;
    wanted = true;
    if (running) return;
    running = true;
    clearTimeout(timer);
    try {
      while (wanted && !stopped) {
        wanted = false;
        await look();
        shown();
        if (wanted) await new Promise((passed) => setTimeout(passed, APART_MS));
      }
    } catch (problem) {
      if (stopped) return;
      if (problem.status === 0 || problem.status >= 500) timer = setTimeout(refetch, AFTER_FAILURE_MS);
      if (problem.status === 0) return;
      failed(problem);
      shown();
    } finally {
      running = false;
    }
  }

  refetch.stop = () => {
    stopped = true;
    clearTimeout(timer);
  };
  return refetch;
}
