/* What a screen reader, a keyboard or weak eyes would stumble over on this page; each as a line of text. */
() => {
  const faults = [];
  const shown = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
  const named = (node) => {
    const by = (node.getAttribute("aria-labelledby") ?? "")
      .split(" ")
      .map((id) => document.getElementById(id)?.textContent ?? "");
    const labels = [...(node.labels ?? [])].map((label) => label.textContent);
    return [node.getAttribute("aria-label"), ...by, ...labels].join("").trim();
  };
  const where = (node) =>
    `<${node.tagName.toLowerCase()} class="${node.getAttribute("class") ?? ""}"> ${node.textContent.slice(0, 40)}`;
  const need = (good, what, node) => good || faults.push(`${what}: ${where(node)}`);

  for (const node of all("button, a[href]"))
    need(named(node) || node.textContent.trim() || node.querySelector("img[alt]")?.alt, "no name", node);
  for (const node of all("input, select, textarea, meter")) need(named(node), "no label", node);
  for (const node of all("img")) need(node.hasAttribute("alt"), "no alt", node);
  for (const node of all("[aria-describedby], [aria-labelledby]")) {
    for (const name of ["aria-describedby", "aria-labelledby"]) {
      for (const id of (node.getAttribute(name) ?? "").split(" ").filter(Boolean))
        need(document.getElementById(id), `${name} leads nowhere`, node);
    }
  }
  for (const node of all("[aria-disabled]")) {
    const reason = document.getElementById(node.getAttribute("aria-describedby"))?.textContent.trim();
    need(reason, "disabled without a reason", node);
  }
  for (const node of all("section, nav, [role=group], [role=search]"))
    need(named(node), "a landmark without a name", node);
  for (const node of all("svg"))
    need(named(node) || node.ariaHidden === "true", "a picture without words", node);
  for (const node of document.querySelectorAll("[style], script:not([src])"))
    faults.push(`inline: ${where(node)}`);
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of new Set(ids)) if (ids.filter((one) => one === id).length > 1) faults.push(`twice: #${id}`);
  if (all("main").length !== 1 || all("header").length !== 1) faults.push("not one main and one header");
  if (all("h1").length !== 1) faults.push(`${all("h1").length} first headings`);
  if (!document.documentElement.lang || !document.title) faults.push("no language, or no title");
  const wider = document.documentElement.scrollWidth - innerWidth;
  if (wider > 0) faults.push(`wider than the screen by ${wider} px`);

  // Contrast of words: 4.5 to 1, or 3 to 1 where they are large (WCAG 2, AA).
  const paper = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const pixel = (colours) => {
    paper.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      paper.fillStyle = colour;
      paper.fillRect(0, 0, 1, 1);
    }
    return [...paper.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb
      .map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    const colours = [];
    for (let at = node; at; at = at.parentElement) colours.unshift(getComputedStyle(at).backgroundColor);
    return ["Canvas", ...colours];
  };
  const told = new Set();
  for (const node of all("body *")) {
    const own = [...node.childNodes].some(
      (child) => child.nodeType === Node.TEXT_NODE && child.textContent.trim(),
    );
    if (!own || node.closest("svg, .unseen, option")) continue;
    const style = getComputedStyle(node);
    const ground = behind(node);
    const [one, other] = [light(pixel([...ground, style.color])), light(pixel(ground))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const fault = `contrast ${ratio.toFixed(2)}: ${where(node)}`;
    if (ratio < least && !told.has(fault)) faults.push(told.add(fault) && fault);
  }
  return faults;
};
