/** Where a page was scrolled to, kept with its place in the history: Back leads there again. */

const SETTLED_MS = 150;

export function keepScroll() {
  history.scrollRestoration = "manual"; // the browser would scroll before the page has its rows
  let timer = null;
  addEventListener("scroll", () => {
    clearTimeout(timer);
    timer = setTimeout(() => history.replaceState({ scrolled: scrollY }, ""), SETTLED_MS);
  });
}

/** Scroll to the top of a new page; of one that was left before, to where it was, once `shown` resolves. */
export function returnTo(shown) {
  const place = history.state?.scrolled ?? 0;
  scrollTo(0, 0);
  if (!place) return;
  const address = location.href;
  shown?.then(() => location.href === address && requestAnimationFrame(() => scrollTo(0, place)));
}
