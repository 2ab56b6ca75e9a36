/** Elements of the page. Data becomes text nodes and attribute values only, never markup. */

let counter = 0;

/** A name for an element that another one refers to. */
export function freshId(prefix) {
  counter += 1;
  return `${prefix}-${counter}`;
}

/** An element; `on` holds listeners, attributes that are false, null or undefined are left out. */
export function element(tag, { on = {}, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(name, value === true ? "" : value);
    }
  }
  for (const [event, listener] of Object.entries(on)) made.addEventListener(event, listener);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A label and what it names. */
export function labelled(text, control, attributes = {}) {
  control.id ||= freshId("field");
  return element("div", { class: "labelled", ...attributes },
    element("label", { for: control.id }, text), control);
}

/** A select with these words. */
export function choice(words, chosen, listener) {
  const select = element("select", { on: { change: () => listener(select.value) } });
  for (const word of words) {
    select.append(element("option", { value: word, selected: word === chosen }, word || "any type"));
  }
  return select;
}

/** A plain button. */
export function button(text, listener, attributes = {}) {
  return element("button", { type: "button", class: "quiet", on: { click: listener }, ...attributes },
    text);
}

/** A group of radio buttons that looks like one switch; `words` are `[value, text]`. */
export function switcher(legend, words, chosen, listener) {
  const name = freshId("switch");
  const options = words.map(([value, text]) => {
    const input = element("input", {
      type: "radio", name, value, checked: value === chosen,
      on: { change: () => listener(value) },
    });
    return element("label", {}, input, element("span", {}, text));
  });
  return element("fieldset", { class: "switch" },
    element("legend", { class: "unseen" }, legend), ...options);
}

/** A button that copies what `text` gives at that moment. */
export function copyButton(text, what) {
  const made = button("Copy", async () => {
    const done = await copy(text());
    made.textContent = done ? "Copied" : "Press Ctrl+C";
    setTimeout(() => { made.textContent = "Copy"; }, 1600);
  }, { "aria-label": `Copy ${what}` });
  made.addEventListener("click", () => made.setAttribute("aria-live", "polite"), { once: true });
  return made;
}

/** The clipboard is there in secure contexts only; elsewhere an old command does it. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = element("textarea", { class: "unseen", "aria-hidden": true, readonly: true });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
