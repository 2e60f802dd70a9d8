// The section that one reads is in sight where they do not all fit beside each other.
(() => {
  if (!matchMedia("(max-width: 40rem)").matches) return;
  const here = document.querySelector(".sections [aria-current]");
  const strip = here?.closest("ul");
  if (strip) strip.scrollLeft = here.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
})();
// A page that a reader is about to open is fetched ahead, so that filters answer at once. Nothing works less without it.
(() => {
  if (!location.protocol.startsWith("http")) return;
  // What is copied into another page has to say the whole address.
  for (const text of document.querySelectorAll(".embed p"))
    text.textContent = text.textContent.replace(/src="([^"]+)"/, (_, src) => `src="${new URL(src, location.href)}"`);
  const asked = new Set([location.pathname]);
  const fetchAhead = (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || link.origin !== location.origin || asked.has(link.pathname) || link.hash) return;
    asked.add(link.pathname);
    const ahead = document.createElement("link");
    ahead.rel = "prefetch";
    ahead.href = link.href;
    document.head.append(ahead);
  };
  for (const kind of ["pointerenter", "focusin", "touchstart"])
    document.addEventListener(kind, fetchAhead, { capture: true, passive: true });
})();
