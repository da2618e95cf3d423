// Everything works without this file. It adds the stream of numbers, keys for rows, and a form that is sent at once.
"use strict";
(() => {
  const page = document;
  const typing = (target) => target instanceof Element && target.closest("input, select, textarea, [contenteditable]");

  // A choice of the language needs no button, unless it is made by keyboard: there each arrow is a choice already.
  for (const form of page.querySelectorAll("form.language")) {
    const [select, button] = [form.querySelector("select"), form.querySelector("button")];
    button.hidden = true;
    select.addEventListener("keydown", () => {
      button.hidden = false;
    });
    select.addEventListener("change", () => {
      if (button.hidden) form.submit();
    });
  }

  // A form that acts is sent once. The server takes its key once, too.
  page.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => {
    for (const form of page.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // Boxes in the head of a table tick all rows, and buttons show how many.
  const ticked = () => {
    for (const button of page.querySelectorAll("[data-ticked]")) {
      const form = button.form;
      const count = form.querySelectorAll('input[type="checkbox"][name]:checked').length;
      button.textContent = button.dataset.ticked.replace("{n}", String(count));
      button.disabled = count === 0;
    }
  };
  page.addEventListener("change", (event) => {
    if (event.target.matches("[data-all]")) {
      for (const box of page.querySelectorAll('input[type="checkbox"][name="id"]')) box.checked = event.target.checked;
    }
    ticked();
  });
  ticked();

  // Keys, unless somebody writes.
  const rows = () => [...page.querySelectorAll("tr[data-open]")];
  let current = -1;
  const select = (index) => {
    const all = rows();
    if (all.length === 0) return;
    current = Math.max(0, Math.min(all.length - 1, index));
    all.forEach((row, place) => row.toggleAttribute("data-current", place === current));
    all[current].scrollIntoView({ block: "nearest" });
    const link = all[current].querySelector("a");
    if (link) link.focus({ preventScroll: true });
  };
  page.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const help = page.getElementById("keys");
    if (event.key === "/") {
      const search = page.querySelector("[data-search]");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    } else if (event.key === "j") {
      select(current + 1);
    } else if (event.key === "k") {
      select(current - 1);
    } else if (event.key === "?" && help && !help.open) {
      help.showModal();
    } else if (event.key === "Enter" && current >= 0 && event.target === page.body) {
      const row = rows()[current];
      if (row) location.assign(row.dataset.open);
    }
  });

  // The stream. Each message is the whole of what it replaces, so nothing is lost when one is missed.
  const part = page.querySelector("[data-part]");
  const status = page.querySelector(".live");
  if (!part || !status || !window.EventSource) return;
  const words = status.dataset;
  let source = null;
  let wait = 2000;
  let retry = 0;
  let polling = 0;
  // How long ago is measured here; what time it was is said by the daemon, for the clock of this machine may be wrong.
  const now = () => performance.now();
  let heard = now();
  let fresh = now();
  let time = words.time;
  const say = (state, text) => {
    if (status.dataset.state !== state || status.textContent !== text) {
      status.dataset.state = state;
      status.textContent = text;
    }
  };
  const stale = () => say("stale", words.stale.replace("{time}", time));
  const alive = (said) => {
    fresh = now();
    if (said) time = said;
    say("live", words.live);
  };
  const show = (html, said) => {
    if (part.innerHTML !== html) {
      // Whoever is at one of its links stays there.
      const at = part.contains(page.activeElement) ? page.activeElement.getAttribute("href") : null;
      part.innerHTML = html;
      const same = at && [...part.querySelectorAll("a")].find((link) => link.getAttribute("href") === at);
      if (same) same.focus({ preventScroll: true });
    }
    alive(said);
  };
  const close = () => {
    if (source) source.close();
    source = null;
    clearTimeout(retry);
  };
  const poll = async () => {
    clearTimeout(polling);
    if (page.hidden || source) return;
    try {
      const answer = await fetch("/", { headers: { "X-Part": "overview" } });
      if (answer.ok) show(await answer.text(), answer.headers.get("X-Time"));
      else stale();
    } catch {
      stale();
    }
  };
  const again = () => {
    close();
    if (page.hidden) return;
    if (now() - fresh > 30000) stale();
    else say("reconnecting", words.reconnecting);
    // Meanwhile by single requests.
    polling = setTimeout(poll, wait / 2);
    retry = setTimeout(open, wait);
    wait = Math.min(wait * 2, 30000);
  };
  function open() {
    close();
    source = new EventSource("/live");
    heard = now();
    source.addEventListener("overview", (event) => {
      heard = now();
      wait = 2000;
      show(event.data, event.lastEventId);
    });
    source.addEventListener("beat", (event) => {
      heard = now();
      alive(event.lastEventId);
    });
    source.addEventListener("error", again);
  }
  // Three beats that did not come mean that nobody is there.
  setInterval(() => {
    if (source && now() - heard > 30000) again();
  }, 5000);
  page.addEventListener("visibilitychange", () => {
    if (page.hidden) {
      close();
      clearTimeout(polling);
      say("off", words.off);
    } else {
      wait = 2000;
      open();
    }
  });
  window.addEventListener("pagehide", close);
  open();
})();
