"use strict";
const sound = document.getElementById("sound");
if (sound) {
  const timeline = document.getElementById("timeline");
  const scroller = document.getElementById("scroller");
  const playhead = document.getElementById("playhead");
  const entries = [...document.querySelectorAll(".entry")];
  const lasts = Number(timeline.dataset.lasts);

  const show = () => {
    const share = Math.min(sound.currentTime / lasts, 1);
    playhead.setAttribute("x1", `${share * 100}%`);
    playhead.setAttribute("x2", `${share * 100}%`);
    const x = share * timeline.clientWidth;
    if (x < scroller.scrollLeft || x > scroller.scrollLeft + scroller.clientWidth) {
      scroller.scrollLeft = x - scroller.clientWidth / 4;
    }
    const begun = entries.filter((entry) => Number(entry.dataset.from) <= sound.currentTime + 0.01);
    entries.forEach((entry) => {
      if (entry === begun.at(-1)) entry.setAttribute("aria-current", "true");
      else entry.removeAttribute("aria-current");
    });
  };
  const follow = () => {
    show();
    if (!sound.paused) requestAnimationFrame(follow);
  };
  const seek = (seconds) => {
    sound.currentTime = Math.max(0, Math.min(seconds, lasts));
    show();
  };

  sound.addEventListener("play", follow);
  for (const change of ["timeupdate", "seeked"]) sound.addEventListener(change, show);
  timeline.addEventListener("click", (event) => {
    const box = timeline.getBoundingClientRect();
    seek(((event.clientX - box.left) / box.width) * lasts);
  });
  for (const control of document.querySelectorAll("[data-at]")) {
    control.addEventListener("click", () => seek(Number(control.dataset.at)));
  }
}
