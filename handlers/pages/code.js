/** The panel that shows a request as code, a tab for each language. */

import { copyButton, element, freshId } from "./elements.js";
import { SNIPPETS } from "./snippets.js";

/** `{panel, show(request, url)}`; a null request says that the form has problems. */
export function buildCode(snippets = SNIPPETS) {
  const code = element("code");
  const pre = element("pre", {
    class: "code", id: freshId("code"), role: "tabpanel", tabindex: "0",
  }, code);
  let [chosen, written] = [snippets[0], null];
  const refresh = () => {
    copy.disabled = written === null;
    code.textContent = written === null
      ? "Complete the form to see the code."
      : chosen.write(written.request, written.url);
  };
  const tabs = tabList(snippets, pre, (snippet) => {
    chosen = snippet;
    refresh();
  });
  const copy = copyButton(() => code.textContent, "the code");
  const panel = element("div", { class: "snippets" },
    element("div", { class: "snippets-head" }, tabs, copy), pre);
  const show = (request, url) => {
    written = request && { request, url };
    refresh();
  };
  return { panel, show };
}

function tabList(snippets, panel, chosen) {
  const tabs = snippets.map((snippet, place) => element("button", {
    type: "button", role: "tab", id: freshId("tab"), "aria-controls": panel.id,
    on: { click: () => select(place), keydown: (event) => move(event, place) },
  }, snippet.name));
  const select = (place) => {
    tabs.forEach((tab, at) => {
      tab.setAttribute("aria-selected", String(at === place));
      tab.tabIndex = at === place ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", tabs[place].id);
    chosen(snippets[place]);
  };
  const move = (event, place) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = (place + step + tabs.length) % tabs.length;
    select(next);
    tabs[next].focus();
  };
  queueMicrotask(() => select(0));
  return element("div", { role: "tablist", "aria-label": "Language" }, ...tabs);
}
