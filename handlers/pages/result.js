/** The answer of a call, drawn. */

import { readAnswer } from "./answer.js";
import { button, copyButton, element, freshId } from "./elements.js";
import { coloured } from "./json.js";
import { draw } from "./picture.js";

const LONGEST = 100_000;

/** What is shown before the first call. */
export function noAnswer() {
  return element("p", { class: "empty" }, "The answer appears here.");
}

/**
 * A reply `{status, statusText, milliseconds, requestId, text}` as an element; `jump` leads to the
 * field that an error names, null when it names none; `views` draw some kinds in other ways.
 */
export function showReply(
  reply, answer = readAnswer(reply.status, reply.text), jump = null, views = {},
) {
  const good = reply.status < 400;
  return element("div", { class: "reply" },
    facts(reply, good),
    answer.error ? errorBox(answer.error, jump) : null,
    answer.outputs && !answer.error
      ? element("div", { class: "outputs" }, ...outputs(answer, { ...VIEWS, ...views })) : null,
    raw(answer, reply.text));
}

/** A call that got no answer. */
export function showFailure(message) {
  return element("div", { class: "reply" },
    errorBox({ type: "No answer", message, field: "" }, null));
}

/** One sentence for those who do not see the page. */
export function sentence(reply, answer) {
  const head = `Status ${reply.status}, ${duration(reply.milliseconds)}.`;
  if (answer.error) return `${head} ${answer.error.type}: ${answer.error.message}`;
  const count = answer.outputs?.length ?? 0;
  return `${head} ${count} ${count === 1 ? "output" : "outputs"}.`;
}

export function duration(milliseconds) {
  if (milliseconds < 100) return `${milliseconds.toFixed(1)} ms`;
  return milliseconds < 1000
    ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}

function facts(reply, good) {
  const fact = (name, value, attributes = {}) =>
    element("div", attributes, element("dt", {}, name), element("dd", {}, value));
  return element("dl", { class: "facts" },
    fact("Status", `${reply.status} ${reply.statusText}`.trim(),
      { class: good ? "status good" : "status bad" }),
    fact("Time", duration(reply.milliseconds)),
    fact("Size", size(reply.text)),
    fact("Request id", reply.requestId || "none", { class: "identity" }));
}

function size(text) {
  const bytes = new Blob([text]).size;
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function errorBox(error, jump) {
  return element("div", { class: "error" },
    element("strong", {}, error.type),
    element("p", {}, error.message),
    error.field
      ? element("p", { class: "named" }, "Field: ", element("code", {}, error.field)) : null,
    jump ? button("Show the field", jump) : null);
}

function outputs(answer, views) {
  if (!answer.outputs.length) return [element("p", { class: "empty" }, "The list of outputs is empty.")];
  return answer.outputs.map(({ name, tag, view }) =>
    element("section", { class: "output", "data-name": name, "data-view": view.kind },
      element("h3", {}, element("span", { class: "name" }, name),
        element("span", { class: "type" }, tag)),
      views[view.kind](view, name)));
}

const VIEWS = {
  value: (view) => element("p", { class: "value" }, view.text),
  text: (view) => element("p", { class: "text" }, view.text),
  json: (view) => jsonText(view.text),
  vector,
  table,
  picture,
  file,
};

function vector({ cells, hidden, numbers }) {
  const head = element("tr", {}, element("th", { scope: "col" }, "#"),
    element("th", { scope: "col" }, "Value"));
  const rows = cells.map((cell, place) => element("tr", {},
    element("th", { scope: "row" }, String(place)), element("td", {}, cell)));
  return framed(element("table", { class: numbers ? "numeric" : null },
    element("thead", {}, head), element("tbody", {}, ...rows)), hidden);
}

function table({ rows, hidden, numbers }) {
  const head = element("tr", {}, element("th", { scope: "col" }, "#"),
    ...(rows[0] ?? []).map((_, column) => element("th", { scope: "col" }, String(column))));
  const body = rows.map((row, place) => element("tr", {},
    element("th", { scope: "row" }, String(place)),
    ...row.map((cell) => element("td", {}, cell))));
  return framed(element("table", { class: numbers ? "numeric" : null },
    element("thead", {}, head), element("tbody", {}, ...body)), hidden);
}

function framed(made, hidden) {
  const frame = element("div", { class: "frame", tabindex: "0", role: "group", "aria-label": "Values" },
    made);
  if (!hidden) return frame;
  return element("div", {}, frame,
    element("p", { class: "note" }, `and ${hidden} more; the raw answer has them all`));
}

function picture({ layout, values, shape }) {
  const canvas = element("canvas", { role: "img", "aria-label": `Picture, ${shape.join(" × ")}` });
  draw(canvas, values, layout);
  return element("div", { class: "preview" }, canvas);
}

function file({ path, url }) {
  const shown = element("span", { class: "path" }, path);
  return element("p", {}, url
    ? element("a", { href: url, target: "_blank", rel: "noreferrer" }, shown) : shown);
}

function jsonText(text) {
  const code = element("code");
  for (const [kind, part] of coloured(text.slice(0, LONGEST))) {
    code.append(kind ? element("span", { class: `json-${kind}` }, part) : part);
  }
  const shown = element("pre", { class: "code", tabindex: "0" }, code);
  if (text.length <= LONGEST) return shown;
  return element("div", {}, shown, element("p", { class: "note" },
    `The first ${LONGEST} of ${text.length} characters; Copy takes them all`));
}

function raw(answer, text) {
  const id = freshId("raw");
  const holder = element("div", { id, class: "raw", hidden: true });
  const toggle = button("Raw answer", () => {
    holder.hidden = !holder.hidden;
    toggle.setAttribute("aria-expanded", String(!holder.hidden));
    if (!holder.hidden && !holder.children.length) holder.append(jsonText(answer.text));
  }, { "aria-expanded": "false", "aria-controls": id });
  if (answer.outputs === null) toggle.click();
  return element("div", { class: "raw-part" },
    element("div", { class: "raw-head" }, toggle, copyButton(() => text, "the raw answer")), holder);
}
