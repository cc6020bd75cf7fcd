"""How loud a page's sounds are, by the participant from whom they come."""

from __future__ import annotations

from playwright.async_api import Page

_LOOK = """() => {
  window.loudest = {};
  const context = new AudioContext();
  const known = new WeakSet();
  const samples = new Float32Array(2048);
  setInterval(() => {
    for (const sound of document.querySelectorAll("audio")) {
      if (known.has(sound) || !sound.srcObject) continue;
      known.add(sound);
      const ear = context.createAnalyser();
      context.createMediaStreamSource(sound.srcObject).connect(ear);
      setInterval(() => {
        ear.getFloatTimeDomainData(samples);
        const loud = Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);
        const from = sound.dataset.from;
        window.loudest[from] = Math.max(window.loudest[from] ?? 0, loud);
      }, 50);
    }
  }, 50);
}"""
LOUD = 0.01  # root mean square; speech has about 0.05 here, and silence none


async def listen(page: Page) -> None:
    """Start measuring what the page plays."""
    await page.evaluate(_LOOK)


async def forget(page: Page) -> None:
    await page.evaluate(
        "() => { for (const from of Object.keys(window.loudest)) delete window.loudest[from] }"
    )


async def hears(page: Page, identity: str, *, limit_ms: int = 40_000) -> None:
    """Wait until this participant has been loud. Raises: TimeoutError of playwright."""
    await page.wait_for_function(
        "([from, loud]) => (window.loudest[from] ?? 0) > loud", arg=[identity, LOUD], timeout=limit_ms
    )


async def hears_while(page: Page, identity: str, words: str, *, within: str) -> bool:
    """Whether this participant is loud while `within` shows `words`.

    Start it before these words can appear, so that it misses nothing that lasts only for a moment.
    """
    heard = await page.evaluate(
        """async ([from, loud, words, within]) => {
          const shown = () => document.querySelector(within)?.textContent.includes(words);
          const moment = () => new Promise((next) => setTimeout(next, 20));
          while (!shown()) await moment();
          delete window.loudest[from];
          while (!(window.loudest[from] > loud)) await moment();
          return shown();
        }""",
        [identity, LOUD, words, within],
    )
    return bool(heard)
