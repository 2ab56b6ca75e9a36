/** The files of one box: its groups one by one, uploads into them, downloads, removal. */

import { confirmed } from "./confirm.js";
import { zone } from "./drop.js";
import { button, element, freshId, labelled } from "./elements.js";
import { bytesText, fileUrl, safeName } from "./names.js";
import { buildTransfer } from "./transfer.js";
import { ask, save, upload } from "./upload.js";

const PAGE = 50;
const AT_ONCE = 3;

/** `{shown, refresh()}` for a box `{name, capacity, url}`. */
export function buildBox(box) {
  const context = {
    box,
    group: "",
    after: "",
    reading: 0,
    queue: [],
    underway: 0,
    trail: element("nav", { class: "trail", "aria-label": `Place in ${box.name}` }),
    list: element("ul", { class: "entries" }),
    more: element("div", { class: "more" }),
    spoken: element("p", { class: "unseen", role: "status", "aria-live": "polite" }),
    transfers: element("ul", { class: "transfers" }),
    into: element("input", { type: "text", class: "code", autocomplete: "off", spellcheck: "false" }),
  };
  const id = freshId("box");
  const shown = element("section", { class: "card box", "aria-labelledby": id, "data-name": box.name },
    element("div", { class: "card-head" },
      element("h3", { id }, element("span", { class: "name" }, box.name)),
      element("span", { class: "type" }, `up to ${bytesText(box.capacity)}`)),
    adding(context), context.transfers,
    element("div", { class: "bar" }, context.trail,
      button("Refresh", () => open(context, context.group), { "aria-label": `Refresh ${box.name}` })),
    context.spoken, context.list, context.more);
  open(context, "");
  return { shown, refresh: () => open(context, context.group) };
}

/* ---- a group's listing ---- */

async function open(context, group) {
  context.group = group;
  context.into.value = group || "uploads";
  context.trail.replaceChildren(...trail(context));
  await read(context, "");
}

/** The page of the listing after a name; the first one replaces what is shown. */
async function read(context, after) {
  context.reading += 1;
  const own = context.reading;
  context.list.setAttribute("aria-busy", "true");
  let found;
  try {
    found = await ask("GET", `${groupUrl(context, context.group)}?limit=${PAGE}&after=${encodeURIComponent(after)}`);
  } catch (error) {
    if (own === context.reading) unread(context, after, error);
    return;
  }
  if (own !== context.reading) return;
  const rows = rowsOf(context, found);
  const before = after ? [...context.list.children] : [];
  context.list.replaceChildren(...before, ...rows);
  context.list.setAttribute("aria-busy", "false");
  context.more.replaceChildren(...following(context, found.next, before.length + rows.length));
  if (after) rows[0]?.querySelector("button")?.focus();
}

function groupUrl({ box }, group) {
  return group ? `${fileUrl(box, group)}/` : box.url;
}

function unread(context, after, error) {
  context.list.setAttribute("aria-busy", "false");
  context.more.replaceChildren(
    element("p", { class: "problem", role: "alert" }, error.message),
    button("Try again", () => read(context, after)));
}

function following(context, next, count) {
  context.spoken.textContent = `${context.group || context.box.name}: ${count} shown`;
  if (next !== null) return [button("Show more", () => read(context, next))];
  return count ? [] : [element("p", { class: "empty" }, "Nothing here yet.")];
}

/** The way to the group that is open; all but the last step are buttons. */
function trail(context) {
  const names = context.group ? context.group.split("/") : [];
  const steps = [["All groups", ""],
    ...names.map((name, place) => [name, names.slice(0, place + 1).join("/")])];
  return steps.map(([name, group], place) => (place === steps.length - 1
    ? element("span", { class: "path", "aria-current": "true" }, name)
    : element("button", { type: "button", class: "step path", on: { click: () => open(context, group) } }, name)));
}

function rowsOf(context, found) {
  const rows = [...found.groups.map((name) => [name, groupRow(context, name)]),
    ...found.files.map((file) => [file.name, fileRow(context, file)])];
  const order = new Intl.Collator("en", { numeric: true });
  return rows.sort(([a], [b]) => order.compare(a, b)).map(([, row]) => row);
}

function groupRow(context, name) {
  const group = context.group ? `${context.group}/${name}` : name;
  return element("li", { class: "entry group", "data-name": name },
    element("button", { type: "button", class: "step path", on: { click: () => open(context, group) } },
      `${name}/`),
    element("span", { class: "type" }, "group"),
    element("span", { class: "actions" }, deletion(context, `${name}/`,
      "All files of the group, and of groups in it, are removed for good.",
      () => ask("DELETE", `${groupUrl(context, group)}?recursive=true`))));
}

function fileRow(context, file) {
  const path = fileUrl(context.box, file.path);
  const when = new Date(file.modified);
  return element("li", { class: "entry file", "data-name": file.name },
    element("span", { class: "path" }, file.name),
    element("span", { class: "type" }, bytesText(file.size)),
    element("time", { class: "type", datetime: file.modified },
      Number.isNaN(when.getTime()) ? "" : when.toLocaleString()),
    element("span", { class: "actions" },
      button("Download", (event) => told(context, event, () => save(path)),
        { "aria-label": `Download ${file.name}` }),
      deletion(context, file.name, "The file is removed for good.", () => ask("DELETE", path))));
}

function deletion(context, name, detail, remove) {
  return button("Delete", async (event) => {
    if (!await confirmed(`Delete ${name}?`, detail, "Delete")) return;
    await told(context, event, async () => {
      await remove();
      await open(context, context.group);
      context.spoken.textContent = `${name} is deleted`;
      context.into.focus();
    });
  }, { class: "quiet warned", "aria-label": `Delete ${name}` });
}

/** Do it; where it fails, say so below the list. */
async function told(context, { target }, action) {
  target.disabled = true;
  try {
    await action();
  } catch (error) {
    context.more.prepend(element("p", { class: "problem", role: "alert" }, error.message));
  } finally {
    target.disabled = false;
  }
}

/* ---- uploads ---- */

function adding(context) {
  return element("div", { class: "adding" },
    labelled("Into the group", context.into),
    zone({ text: "Upload files", many: true }, (files) => add(context, files)));
}

function add(context, files) {
  for (const row of context.transfers.querySelectorAll('[data-state="done"]')) row.remove();
  const group = context.into.value.trim().replace(/^\/+|\/+$/g, "").normalize("NFC") || "uploads";
  for (const file of files) {
    const path = fileUrl(context.box, `${group}/${safeName(file.name)}`);
    const send = (options) => inTurn(context, options.signal, () => upload(file, path, options));
    context.transfers.append(buildTransfer(file, send, (result) => {
      if (result && !context.queue.length && !context.underway) open(context, group);
    }));
  }
}

/** A few at once; the others wait for their turn. */
async function inTurn(context, signal, action) {
  if (context.underway >= AT_ONCE) await turn(context, signal);
  signal.throwIfAborted();
  context.underway += 1;
  try {
    return await action();
  } finally {
    context.underway -= 1;
    context.queue.shift()?.();
  }
}

function turn(context, signal) {
  return new Promise((resolve) => {
    context.queue.push(resolve);
    signal.addEventListener("abort", () => {
      context.queue = context.queue.filter((one) => one !== resolve);
      resolve();
    });
  });
}
