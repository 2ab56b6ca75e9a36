/** The field of a FILE input: a file of this computer, uploaded when it is chosen, or a stored one. */

import { element, freshId, labelled } from "./elements.js";
import { bytesText, fileUrl, mediaType, numbered, safeName } from "./names.js";
import { buildTransfer } from "./transfer.js";
import { upload } from "./upload.js";

const GROUP = "uploads";
const MOST_NAMESAKES = 1000;

/** A widget whose files go into a box; `stored()` is called after each upload. */
export function fileField(box, stored) {
  return (entry, changed) => {
    if (entry.text === entry.variable.sample?.data) entry.text = "";
    const context = { box, stored, entry, changed };
    context.transfers = element("ul", { class: "transfers" });
    context.shown = element("div", { class: "chosen" });
    context.path = pathField(context);
    context.holder = element("div", { class: "file-field" },
      zone({ accept: entry.variable.contentTypes, text: "Choose a file", many: false },
        ([file]) => take(context, file)),
      context.transfers, context.shown,
      labelled("or the name of a stored file", context.path));
    return context.holder;
  };
}

/** Where files are dropped or chosen; `taken` gets a list of them. */
export function zone({ accept = [], text, many }, taken) {
  const input = element("input", {
    type: "file", class: "unseen", id: freshId("file"), accept: accept.join(",") || null, multiple: many,
    on: {
      change: () => {
        if (input.files.length) taken([...input.files]);
        input.value = "";
      },
      input: (event) => event.stopPropagation(),
    },
  });
  const over = (is) => (event) => {
    event.preventDefault();
    place.classList.toggle("over", is);
  };
  const place = element("div", {
    class: "zone",
    on: {
      dragenter: over(true),
      dragover: over(true),
      dragleave: over(false),
      drop: (event) => {
        over(false)(event);
        const files = [...event.dataTransfer.files];
        if (files.length) taken(many ? files : files.slice(0, 1));
      },
    },
  },
  input, element("label", { for: input.id, class: "quiet" }, text),
  element("span", { class: "hint" }, many ? "or drop files here" : "or drop one here"),
  accept.length ? element("span", { class: "type" }, accept.join(", ")) : null);
  return place;
}

function pathField(context) {
  const { entry } = context;
  const made = element("input", {
    type: "text", class: "code", placeholder: "group/file", autocomplete: "off",
    spellcheck: "false", "data-part": "data",
    on: {
      input: () => {
        forget(context);
        context.changed(made.value);
      },
    },
  });
  made.value = entry.text;
  return made;
}

/** What was chosen before does not count any more; its upload is stopped. */
function forget(context) {
  context.transfers.querySelector('[data-state="underway"] button')?.click();
  context.transfers.replaceChildren();
  context.shown.replaceChildren();
  context.entry.local = null;
}

function take(context, file) {
  const { changed } = context;
  forget(context);
  context.path.value = "";
  changed("");
  const row = buildTransfer(file, (options) => uploadBeside(context.box, file, options), (result) => {
    if (!result || !row.isConnected) return;
    row.remove();
    use(context, file, result.path);
  });
  context.transfers.replaceChildren(row);
}

function use(context, file, path) {
  const { entry } = context;
  entry.local = { name: file.name, type: mediaType(file) };
  entry.contentType = mediaType(file);
  context.holder.dispatchEvent(new Event("type-known"));
  context.path.value = path;
  context.shown.replaceChildren(chosen(file));
  context.changed(path);
  context.stored();
}

/** Nothing that is stored is replaced: another file of the same name gets a number. */
async function uploadBeside(box, file, options) {
  const name = safeName(file.name);
  for (let count = 1; ; count += 1) {
    try {
      const path = `${GROUP}/${numbered(name, count)}`;
      return await upload(file, fileUrl(box, path), { ...options, overwrite: false });
    } catch (error) {
      if (error.kind !== "FileExists" || count === MOST_NAMESAKES) throw error;
    }
  }
}

function chosen(file) {
  const words = element("p", {}, element("span", { class: "name" }, file.name),
    element("span", { class: "type" }, `${bytesText(file.size)}, uploaded`));
  if (!file.type.startsWith("image/")) return words;
  const source = URL.createObjectURL(file);
  const free = () => URL.revokeObjectURL(source);
  const picture = element("img", { src: source, alt: `Your picture ${file.name}`, on: {
    load: free,
    error: () => {
      free();
      picture.remove();
    },
  } });
  return element("figure", {}, picture, element("figcaption", {}, words));
}
