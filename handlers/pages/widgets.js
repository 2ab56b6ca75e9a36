/**
 * The field of one input, by the kind of its datatype.
 *
 * A widget is `(entry, changed) => element`: it shows `entry.text` and writes it back. A page may
 * hand the form another table, for instance with a `file` that uploads.
 */

import { declaredShape } from "./contract.js";
import { button, element, labelled } from "./elements.js";
import { draw, load, numbers, pictureLayout } from "./picture.js";
import { isSingle, product, read } from "./values.js";

export const WIDGETS = {
  text: (entry, changed) => area(entry, changed, { rows: 3 }),
  json: (entry, changed) => area(entry, changed, { rows: 4, class: "code", spellcheck: "false" }),
  strings: (entry, changed) =>
    area(entry, changed, { rows: 3, placeholder: 'One per line, or ["a", "b"]' }),
  booleans,
  numbers: numberField,
  file,
};

function area(entry, changed, attributes) {
  const made = element("textarea", {
    ...attributes, "data-part": "data", on: { input: () => changed(made.value) },
  });
  made.value = entry.text;
  return made;
}

function line(entry, changed, attributes) {
  const made = element("input", {
    type: "text", autocomplete: "off", ...attributes, "data-part": "data",
    on: { input: () => changed(made.value) },
  });
  made.value = entry.text;
  return made;
}

function file(entry, changed) {
  return line(entry, changed, { class: "code", placeholder: "group/file", spellcheck: "false" });
}

/** A checkbox for one value; a list, as text, for several. */
function booleans(entry, changed) {
  const holder = element("div", { class: "booleans" });
  const one = isSingle(declaredShape(entry.variable, entry.datatype));
  const fill = (single) => holder.replaceChildren(
    single ? checkbox(entry, changed) : area(entry, changed, { rows: 2, class: "code" }),
    one ? button(single ? "Give a list" : "Give one value", () => {
      if (!single) changed("false");
      fill(!single);
    }) : "",
  );
  fill(one && /^(true|false)$/.test(entry.text.trim()));
  return holder;
}

function checkbox(entry, changed) {
  const word = element("span", {}, entry.text);
  const box = element("input", {
    type: "checkbox", "data-part": "data",
    on: {
      change: () => {
        word.textContent = String(box.checked);
        changed(word.textContent);
      },
    },
  });
  box.checked = entry.text.trim() === "true";
  return element("label", { class: "check" }, box, word);
}

function numberField(entry, changed) {
  const shape = declaredShape(entry.variable, entry.datatype);
  if (shape !== null && product(shape) === 1) {
    return line(entry, changed, { class: "code", inputmode: "decimal" });
  }
  const rows = Math.min(8, Math.max(2, entry.text.split("\n").length));
  const text = area(entry, changed, {
    rows, class: "code", spellcheck: "false", placeholder: "5.1, 3.5, 1.4, 0.2",
  });
  return pictureField(entry, text, shape, changed);
}

/** Numbers that may be a picture: a preview, and a way to take them from a file. */
function pictureField(entry, text, shape, changed) {
  const canvas = element("canvas", { role: "img", "aria-label": "Preview of the numbers" });
  const preview = element("div", { class: "preview", hidden: true }, canvas);
  const show = () => {
    const reading = read(entry.datatype, text.value, {
      declared: shape, shapeText: entry.shapeText,
    });
    const layout = reading.problem ? null : pictureLayout(reading.shape);
    preview.hidden = layout === null;
    if (layout) draw(canvas, reading.data.map(Number), layout);
  };
  const holder = element("div", { class: "numbers", on: { input: show, "shape-typed": show } },
    text, preview);
  const wanted = shape === null ? null : pictureLayout(shape);
  if (wanted) {
    holder.append(fromFile(entry.datatype, wanted, (rows) => {
      text.value = rows;
      changed(rows);
      show();
    }));
  }
  show();
  return holder;
}

function fromFile(datatype, wanted, use) {
  const whole = datatype.includes("INT");
  const [black, white] = [0, whole ? 255 : 1].map((value) =>
    element("input", { type: "number", step: "any", value: String(value) }));
  let picture = null;
  const status = element("p", { class: "problem", role: "alert", hidden: true });
  const apply = () => {
    if (!picture) return;
    const ends = { black: Number(black.value), white: Number(white.value) };
    const values = numbers(picture.bytes, picture.layout, ends);
    use(rowsOf(values, picture.layout.width, whole));
  };
  const input = element("input", {
    type: "file", accept: "image/*",
    on: {
      change: async () => {
        if (!input.files.length) return;
        picture = await load(input.files[0], wanted).catch(() => null);
        status.hidden = picture !== null;
        status.textContent = picture ? "" : "This file is no picture that the browser can read";
        apply();
      },
    },
  });
  for (const end of [black, white]) end.addEventListener("input", apply);
  return element("details", { class: "from-file", on: { input: (event) => event.stopPropagation() } },
    element("summary", {}, "Take the numbers from a picture"),
    element("div", { class: "controls" }, labelled("Picture", input),
      labelled("Black is", black), labelled("White is", white)),
    status);
}

function rowsOf(values, width, whole) {
  const words = values.map((value) => (whole ? String(Math.round(value)) : String(+value.toFixed(4))));
  const rows = [];
  for (let at = 0; at < words.length; at += width) rows.push(words.slice(at, at + width).join(" "));
  return rows.join("\n");
}
