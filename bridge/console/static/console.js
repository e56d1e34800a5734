// Counts seconds on: an element with data-for was rendered when that many had passed.
// Keeps the end of what is said and done in sight, unless somebody has scrolled up.
(() => {
  const began = new WeakMap();
  const shown = (s) => (s < 60 ? `${Math.floor(s)} s` : `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")} min`);
  const tick = () => {
    const now = performance.now();
    for (const element of document.querySelectorAll("[data-for]")) {
      if (!began.has(element)) began.set(element, now - element.dataset.for * 1000);
      const text = shown((now - began.get(element)) / 1000);
      if (element.textContent !== text) element.textContent = text;
    }
  };
  const follow = (list) => {
    let atEnd = true;
    const down = () => { if (atEnd) list.scrollTop = list.scrollHeight; };
    list.addEventListener("scroll", () => { atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40; });
    new MutationObserver(down).observe(list, { childList: true, subtree: true });
    down();
  };
  document.querySelectorAll("[data-follow]").forEach(follow);
  tick();
  setInterval(tick, 1000);
  document.addEventListener("htmx:afterSettle", tick);
})();
