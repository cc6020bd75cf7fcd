/* What somebody with a phone would not see whole, or could not hit; each as a line of text. */
() => {
  const THUMB = 44;
  const faults = [];
  const shown = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const where = (node) =>
    `<${node.tagName.toLowerCase()} class="${node.getAttribute("class") ?? ""}"> ${node.textContent.slice(0, 40)}`;
  const scrolls = (node) => {
    for (let at = node; at; at = at.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(at).overflowX)) return true;
    return false;
  };

  const wider = document.documentElement.scrollWidth - innerWidth;
  if (wider > 0) faults.push(`wider than the screen by ${wider} px`);
  for (const node of document.querySelectorAll("body *")) {
    if (!shown(node) || node.closest(".unseen, .skip, svg, option, thead") || scrolls(node)) continue;
    const { left, right } = node.getBoundingClientRect();
    if (left < -0.5 || right > innerWidth + 0.5) faults.push(`beyond the edge: ${where(node)}`);
    const style = getComputedStyle(node);
    const cut = style.overflowX !== "visible" && node.scrollWidth > node.clientWidth + 1;
    if (cut && !node.matches("input, select, textarea")) faults.push(`clipped: ${where(node)}`);
  }
  for (const node of document.querySelectorAll("button, a[href], input, select, textarea, summary")) {
    if (!shown(node) || node.closest(".skip")) continue;
    const style = getComputedStyle(node);
    if (style.display === "inline" && !node.matches(".row-link")) continue; // a link among words
    const pressed = node.matches(".row-link") ? node.closest("tr") : (node.closest("label") ?? node);
    if (node.matches("button, .button, .tabs a") && node.scrollWidth > node.clientWidth + 1)
      faults.push(`words beyond their button: ${where(node)}`);
    const { width, height } = pressed.getBoundingClientRect();
    if (width < THUMB || height < THUMB) faults.push(`${Math.round(width)} × ${Math.round(height)} px: ${where(node)}`);
  }
  return faults;
};
