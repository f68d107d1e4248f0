// Times in the reader's own zone, the sign that the page is live, the search key, copying a trace id. No framework.
(() => {
  "use strict";

  const unit = (seconds) => {
    const s = Math.max(0, Math.round(seconds));
    if (s < 60) return `${s} s`;
    const m = Math.floor(s / 60);
    if (m < 60) return `${m} min`;
    const h = Math.floor(m / 60);
    if (h < 48) return `${h} h ${m % 60 ? `${m % 60} min` : ""}`.trim();
    return `${Math.floor(h / 24)} d`;
  };
  const pad = (n) => String(n).padStart(2, "0");
  const clock = (at) => `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
  const day = (at) => at.toLocaleDateString(undefined, { day: "numeric", month: "short" });
  const today = (at) => at.toDateString() === new Date().toDateString();

  const styles = {
    ago: (at) => {
      const s = (Date.now() - at) / 1000;
      return s < 5 ? "just now" : s < 86400 ? `${unit(s)} ago` : `${day(at)}, ${clock(at).slice(0, 5)}`;
    },
    since: (at) => unit((Date.now() - at) / 1000),
    clock: (at) => clock(at),
    full: (at) => (today(at) ? clock(at) : `${day(at)}, ${clock(at).slice(0, 5)}`),
  };

  const showTimes = () => {
    for (const el of document.querySelectorAll("time[data-style]")) {
      const text = (styles[el.dataset.style] || styles.full)(new Date(el.dateTime));
      if (el.textContent !== text) el.textContent = text;
    }
  };

  const pulse = (state, text) => {
    const el = document.getElementById("pulse");
    if (!el) return;
    el.hidden = false;
    el.className = `pulse ${state}`;
    if (el.textContent !== text) el.textContent = text;
  };

  const live = () => pulse("on", "Live");
  const lost = () => pulse("off", "Reconnecting");

  document.addEventListener("htmx:sse:after:connection", live);
  document.addEventListener("htmx:sse:after:message", (event) => {
    if (event.detail.message.event !== "away") live();
  });
  document.addEventListener("htmx:sse:error", lost);
  document.addEventListener("htmx:sse:close", (event) => {
    if (event.detail.reason === "ended") lost();
  });
  document.addEventListener("signed-out", () => window.location.reload());
  document.addEventListener("away", () => pulse("off", "Database away"));
  document.addEventListener("htmx:after:swap", showTimes);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const field = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (field) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  });

  // Addresses of lists carry what was chosen, not what goes without saying.
  document.addEventListener("formdata", (event) => {
    if (!event.target.matches(".filters, .find")) return;
    for (const [name, value] of [...event.formData.entries()]) {
      const field = event.target.querySelector(`[name="${CSS.escape(name)}"][data-default]`);
      if (value === "" || (field && value === field.dataset.default)) event.formData.delete(name);
    }
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("copied");
    setTimeout(() => button.classList.remove("copied"), 1200);
  });

  showTimes();
  setInterval(showTimes, 5000);
})();
