/**
 * A button that calls from any web page: <script src="https://HOST/call/button.js"></script>
 *
 * data-label="Call us"  other words on the button
 * data-into="#contact"  the element that gets it, by a CSS selector; without it, it floats at the lower right
 *
 * The call runs in a frame of the service, which alone uses the microphone. The page must be of an origin in
 * BATON_CALL_PAGE_ORIGINS.
 */
(() => {
  const made = @MADE@;
  const script = document.currentScript;
  const page = new URL("/call", script.src);
  const STYLE = `
    :host { all: initial; }
    :host(.floats) { position: fixed; inset: auto 16px 16px auto; z-index: 2147483000; }
    button { min-height: 52px; padding: 8px 22px; border: 2px solid ${made.text}; border-radius: 26px; cursor: pointer;
      background: ${made.colour}; color: ${made.text}; font: 600 17px/1.3 system-ui, sans-serif; }
    button:focus-visible { outline: 3px solid ${made.colour}; outline-offset: 3px; }
    iframe { position: fixed; inset: auto 16px 84px auto; width: min(400px, calc(100vw - 32px));
      height: min(640px, calc(100dvh - 100px)); border: 1px solid #6b7785; border-radius: 14px; background: Canvas;
      box-shadow: 0 8px 32px rgb(0 0 0 / 35%); z-index: 2147483000; }
    iframe[hidden] { display: none; }
  `;

  function start() {
    const host = document.createElement("div");
    const into = script.dataset.into && document.querySelector(script.dataset.into);
    if (!into) host.className = "floats";
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet(); // allowed by policies that allow no inline style
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const button = document.createElement("button");
    button.type = "button";
    root.append(button);
    (into || document.body).append(host);
    let frame = null;
    let on = false;

    function show() {
      const open = Boolean(frame) && !frame.hidden;
      const shut = on ? "Hide the call" : "Close";
      button.textContent = open ? shut : on ? "Show the call" : script.dataset.label || made.called;
      button.setAttribute("aria-expanded", String(open));
    }

    /** A call goes on while its frame is hidden; without a call, the frame goes. */
    function toggle() {
      if (!frame) {
        frame = document.createElement("iframe");
        frame.title = made.called;
        frame.allow = "microphone; autoplay";
        frame.src = page.href;
        root.append(frame);
        frame.focus();
      } else if (on) {
        frame.hidden = !frame.hidden;
      } else {
        close();
      }
      show();
    }

    function close() {
      frame?.remove();
      frame = null;
      button.focus();
    }

    button.addEventListener("click", toggle);
    host.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && frame && !frame.hidden) toggle();
    });
    addEventListener("message", ({ source, origin, data }) => {
      if (source !== frame?.contentWindow || origin !== page.origin || data?.baton !== "call") return;
      on = data.on;
      show();
    });
    show();
  }

  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})();
