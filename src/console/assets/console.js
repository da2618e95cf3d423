// Everything works without this file. It adds the stream of numbers, keys for rows, and a form that is sent at once.
"use strict";
(() => {
  const page = document;
  const typing = (target) => target instanceof Element && target.closest("input, select, textarea, [contenteditable]");

  // A choice of the language needs no button.
  for (const form of page.querySelectorAll("form.language")) {
    form.querySelector("button").hidden = true;
    form.querySelector("select").addEventListener("change", () => form.submit());
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
  let heard = Date.now();
  let fresh = new Date();
  const say = (state, text) => {
    if (status.dataset.state !== state || status.textContent !== text) {
      status.dataset.state = state;
      status.textContent = text;
    }
  };
  const clock = () => fresh.toLocaleTimeString(page.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  const stale = () => say("stale", words.stale.replace("{time}", clock()));
  const show = (html) => {
    fresh = new Date();
    if (part.innerHTML !== html && !part.contains(page.activeElement)) part.innerHTML = html;
    say("live", words.live);
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
      if (answer.ok) show(await answer.text());
      else stale();
    } catch {
      stale();
    }
  };
  const again = () => {
    close();
    if (page.hidden) return;
    if (Date.now() - fresh > 30000) stale();
    else say("reconnecting", words.reconnecting);
    // Meanwhile by single requests.
    polling = setTimeout(poll, wait / 2);
    retry = setTimeout(open, wait);
    wait = Math.min(wait * 2, 30000);
  };
  function open() {
    close();
    source = new EventSource("/live");
    heard = Date.now();
    source.addEventListener("overview", (event) => {
      heard = Date.now();
      wait = 2000;
      show(event.data);
    });
    source.addEventListener("beat", () => {
      heard = Date.now();
      fresh = new Date();
      say("live", words.live);
    });
    source.addEventListener("end", again);
    source.addEventListener("error", again);
  }
  // Three beats that did not come mean that nobody is there.
  setInterval(() => {
    if (source && Date.now() - heard > 30000) again();
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
