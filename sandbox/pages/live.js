"use strict";
// This script copies texts and refreshes a page at the interval that the page sets. It changes only the elements that differ, so
// that open elements stay open, and the focus and the scroll position stay.
(() => {
  const main = document.querySelector("main");

  const copy = async text => {
    try {
      return await navigator.clipboard.writeText(text);
    } catch { /* the page has no clipboard over plain http from another machine, or the browser does not allow it */ }
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  };
  document.addEventListener("click", async event => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    const source = button.dataset.copy ? button.dataset.copy : document.getElementById(button.dataset.from).textContent;
    await copy(source);
    const text = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = text; }, 2000);
  });
  const showButtons = () => document.querySelectorAll("button[data-copy][hidden]").forEach(b => { b.hidden = false; });
  showButtons();

  const syncAttributes = (old, fresh) => {
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (name === "open" || name === "hidden" && "copy" in old.dataset) continue;
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  };
  const morph = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    syncAttributes(old, fresh);
    const kept = new Map([...old.children].filter(e => e.id).map(e => [e.id, e]));
    const coming = new Set([...fresh.children].map(e => e.id));
    let at = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      while (at && at.id && at.id !== child.id && !coming.has(at.id)) {
        const gone = at;
        at = at.nextSibling;
        gone.remove();
      }
      const same = child.id ? kept.get(child.id) : at && !at.id && at.nodeName === child.nodeName ? at : undefined;
      if (!same) {
        old.insertBefore(document.importNode(child, true), at);
      } else {
        if (same === at) at = at.nextSibling;
        else old.insertBefore(same, at);
        morph(same, child);
      }
    }
    while (at) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
  };

  const every = Number(document.body.dataset.every);
  if (!every) return;
  const refresh = async () => {
    if (document.hidden) return;
    const response = await fetch(document.body.dataset.from || location.href, { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const screen = page => page.querySelector("[data-screen]")?.dataset.screen;
    if (screen(fresh) !== screen(document)) {
      location.replace(response.url);
      return;
    }
    morph(main, document.importNode(fresh.querySelector("main"), true));
    document.title = fresh.title;
    showButtons();
  };
  const later = () => setTimeout(async () => {
    try { await refresh(); } catch { /* the sandbox may be restarting */ }
    later();
  }, every * 1000);
  later();
})();
