/** Looking again without piling up: one look at a time, and one more where something moved meanwhile. */

const AFTER_FAILURE_MS = 2_000;
const APART_MS = 100; // where much moves at once, the next look sees all of it

/**
 * Returns a function that runs `look` now. Called while it runs, it runs once more a moment afterwards. A look
 * that finds no service is repeated until it does. `failed(problem)` is told what else goes wrong.
 */
export function looking(look, failed) {
  let running = false;
  let wanted = false;
  let timer = null;
  let stopped = false;

  async function again() {
    if (stopped) return;
    wanted = true;
    if (running) return;
    running = true;
    clearTimeout(timer);
    try {
      while (wanted && !stopped) {
        wanted = false;
        await look();
        if (wanted) await new Promise((passed) => setTimeout(passed, APART_MS));
      }
    } catch (problem) {
      if (stopped) return;
      if (problem.status === 0 || problem.status >= 500) timer = setTimeout(again, AFTER_FAILURE_MS);
      if (problem.status !== 0) failed(problem);
    } finally {
      running = false;
    }
  }

  again.stop = () => {
    stopped = true;
    clearTimeout(timer);
  };
  return again;
}
