// What a page gains where scripts run: keys, and changes that appear by themselves. Every page works without.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  const typing = (at) => at && (at.matches("input:not([type=radio]):not([type=checkbox]), select, textarea") || at.isContentEditable);

  // Keys -------------------------------------------------------------------------------------------------------------
  const help = one("#keys");
  const places = { q: "/queue", e: "/stays", f: "/feeds", r: "/rejects", h: "/health", a: "/audit", n: "/nudges", w: "/what-if", d: "/diff" };
  let going = false;

  const rows = () => all("[data-rows] a[href]").filter((link) => link.closest("li, tr") && (!link.closest("tr") || link === one("a[href]", link.closest("tr"))));
  const step = (by) => {
    const links = rows();
    if (!links.length) return;
    let at = links.indexOf(document.activeElement);
    if (at < 0) at = links.findIndex((link) => link.getAttribute("aria-current"));
    const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1)];
    next.focus();
    if (one(".queue") && !next.getAttribute("aria-current")) open(next.href, true);
  };
  const press = (selector) => { const found = one(selector); if (found) { found.focus(); found.click(); } };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || (help && help.open)) return;
    const at = document.activeElement;
    if (event.key === "Escape" && typing(at)) { at.blur(); return; }
    if (typing(at)) return;
    const key = event.key;
    if (going) { going = false; if (places[key]) { event.preventDefault(); location.href = places[key]; } return; }
    if (key === "j" || key === "k") { event.preventDefault(); step(key === "j" ? 1 : -1); }
    else if (key === "?") { event.preventDefault(); help.showModal(); }
    else if (key === "g") going = true;
    else if (key === "/") { const filters = one(".filters"); event.preventDefault(); if (filters) filters.open = true; const field = one(".filters select, .filters input, form.line input"); if (field) field.focus(); }
    else if (/^[1-9]$/.test(key)) { const found = one(`[data-number="${key}"]`); if (found) { event.preventDefault(); found.checked = true; found.dispatchEvent(new Event("change", { bubbles: true })); const form = found.form; const field = one(".needs input, .needs select", found.closest(".answer")) || (form && form.elements.why); (field || found).focus(); } }
    else if (/^[ceou]$/.test(key) && one(`[data-key="${key}"]`)) { event.preventDefault(); press(`[data-key="${key}"]`); }
  });
  all("[data-help]").forEach((button) => { button.hidden = false; button.addEventListener("click", () => help.showModal()); });
  all("form[data-auto] select").forEach((select) => select.addEventListener("change", () => select.form.requestSubmit()));

  // A page in place of this one, without losing where one is ------------------------------------------------------------
  const marked = (root) => new Map(all("[data-live]", root).map((part) => [part.dataset.live, part]));
  const said = new Map([...marked(document)].map(([name, part]) => [name, part.innerHTML]));
  const touched = (part) => part.contains(document.activeElement) && typing(document.activeElement) || all("form[data-typed]", part).some((form) => form.dataset.dirty);
  document.addEventListener("input", (event) => { const form = event.target.closest("form[data-typed]"); if (form) form.dataset.dirty = "yes"; });
  document.addEventListener("change", (event) => { const form = event.target.closest("form[data-typed]"); if (form) form.dataset.dirty = "yes"; });

  const swap = (part, fresh) => {
    const at = document.activeElement;
    const inside = part.contains(at) ? at.getAttribute("href") || at.id || at.dataset.key : null;
    const opened = new Set(all("details[open]", part).map((each) => each.id).filter(Boolean));
    part.innerHTML = fresh;
    all("details", part).forEach((each) => { if (opened.has(each.id)) each.open = true; });
    if (inside) {
      const again = all("a[href], button, input, summary", part).find((each) => [each.getAttribute("href"), each.id, each.dataset.key].includes(inside));
      if (again) again.focus({ preventScroll: true });
    }
  };
  const take = (text, whole) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    for (const [name, part] of marked(fresh)) {
      const here = one(`[data-live="${CSS.escape(name)}"]`);
      if (!here || said.get(name) === part.innerHTML && !whole) continue;
      if (!whole && touched(here)) {
        if (!one(".meanwhile", here)) {
          const note = document.createElement("p");
          note.className = "note meanwhile";
          note.setAttribute("role", "status");
          note.textContent = "This changed meanwhile. What you typed is kept, and checked when you send it.";
          here.prepend(note);
        }
        continue;
      }
      said.set(name, part.innerHTML);
      swap(here, part.innerHTML);
    }
    if (whole) {
      document.title = fresh.title;
      const queue = one(".queue"), then = one(".queue", fresh);
      if (queue && then) queue.className = then.className;
    }
  };
  const fetched = async (address) => {
    const answer = await fetch(address, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    return answer.text();
  };
  let asking = 0;
  const open = async (address, keep) => {
    const number = ++asking;
    try {
      const text = await fetched(address);
      if (number !== asking) return;
      history[keep ? "replaceState" : "pushState"](null, "", address);
      take(text, true);
    } catch { location.href = address; }
  };

  const first = one(".queue:not(.with-item) .items a[href]");
  if (first && !document.body.dataset.still && matchMedia("(min-width: 60.01rem)").matches) open(first.href, true);

  // What happens elsewhere appears here ------------------------------------------------------------------------------------
  if (one("[data-live]") && window.EventSource && !document.body.dataset.still) {
    let waiting = false, again = false, last = 0, quick = 0;
    const refresh = async () => {
      if (waiting) { again = true; return; }
      waiting = true;
      if (Date.now() - last > 3000) quick = 2; // an answer is two changes, itself and what the worker makes of it; a feed is many
      last = Date.now();
      const number = asking, address = location.href;
      try { const text = await fetched(address); if (number === asking && address === location.href) take(text, false); } catch { /* the next change asks again */ }
      setTimeout(() => { waiting = false; if (again) { again = false; refresh(); } }, quick-- > 0 ? 100 : 700);
    };
    let source, away = null, failing = 0;
    const gone = () => {
      away = document.createElement("div");
      away.className = "notes";
      away.innerHTML = '<p class="note warn" role="alert">The console does not answer. What is below stands as of then. What you typed is kept, and can be sent once it answers again.</p>';
      one("main").before(away);
    };
    const back = () => { clearTimeout(failing); failing = 0; if (away) { away.remove(); away = null; refresh(); } };
    const listen = () => {
      if (source) source.close();
      source = new EventSource("/changes");
      source.addEventListener("change", refresh);
      source.addEventListener("open", back);
      source.addEventListener("error", (event) => {
        if (!failing) failing = setTimeout(gone, 2000);
        if (event.target === source && source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
      });
    };
    document.addEventListener("submit", (event) => { if (away && event.target.method === "post") { event.preventDefault(); away.scrollIntoView({ block: "center" }); } });
    document.addEventListener("visibilitychange", () => { if (document.hidden) { source && source.close(); } else { listen(); refresh(); } });
    addEventListener("pagehide", () => source && source.close());
    listen();
    setInterval(() => { if (!document.hidden) refresh(); }, 30000);
  }
})();
