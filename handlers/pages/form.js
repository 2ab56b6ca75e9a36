/** The form of a function: rows that write into the state of `request.js`. */

import { declaredShape } from "./contract.js";
import { button, choice, element, freshId, labelled } from "./elements.js";
import { focus, mark, tell } from "./marks.js";
import {
  addedInput, addedOutput, addedParameter, parameterKind, parameterValue,
} from "./request.js";
import { kindOf, showShape, startingText } from "./values.js";
import { WIDGETS } from "./widgets.js";

/**
 * The sections of a form over `state`. `changed` is called after each change; the result has
 * `sections`, `mark(problems, notes)` to tell what is wrong, in rows that the reader has left
 * once, `reveal()` to tell it in all, and `focus(problem)`.
 */
export function buildForm(state, changed, widgets = WIDGETS) {
  const context = {
    state, changed, widgets,
    rows: { inputs: [], outputs: [], parameters: [] },
    left: new WeakSet(),
    problems: [],
  };
  const sections = [
    section(context, "inputs", "Inputs", inputRow, addedInput, "Add an input"),
    section(context, "outputs", "Outputs", outputRow, addedOutput, "Add an output"),
    section(context, "parameters", "Parameters", parameterRow, addedParameter, "Add a parameter"),
  ];
  return {
    sections,
    mark: (problems, notes) => {
      context.problems = problems;
      tell(context, notes);
      mark(context);
    },
    reveal: () => {
      for (const row of Object.values(context.rows).flat()) context.left.add(row);
      mark(context);
    },
    focus: (problem) => focus(context, problem),
  };
}

function section(context, kind, title, build, added, addText) {
  const list = element("div", { class: `rows ${kind}` });
  const add = (entry) => {
    const row = build(context, entry, () => {
      const place = context.state[kind].indexOf(entry);
      context.state[kind].splice(place, 1);
      context.rows[kind].splice(place, 1);
      row.remove();
      more.focus();
      context.changed();
    });
    row.addEventListener("focusout", () => {
      context.left.add(row);
      mark(context);
    });
    context.rows[kind].push(row);
    list.append(row);
    return row;
  };
  for (const entry of context.state[kind]) add(entry);
  const more = button(addText, () => {
    const entry = added();
    context.state[kind].push(entry);
    add(entry).querySelector("input, textarea").focus();
    context.changed();
  }, { class: "quiet add" });
  const id = freshId("title");
  return element("section", { class: "part", "aria-labelledby": id },
    element("div", { class: "part-head" }, element("h3", { id }, title), more), list);
}

/* ---- one input ---- */

function inputRow(context, entry, remove) {
  const { variable } = entry;
  const body = element("div", { class: "row-body" });
  const row = element("fieldset", { class: "row input", "data-name": entry.name },
    element("legend", {}, variable.declared
      ? element("span", { class: "name" }, entry.name) : "An input of yours",
    variable.datatypes.length === 1 ? element("span", { class: "type" }, typeText(variable)) : null,
    variable.declared && variable.optional ? element("span", { class: "tag" }, "optional") : null),
    variable.description ? element("p", { class: "about" }, variable.description) : null,
    variable.declared && variable.optional ? sendSwitch(context, entry, body) : null,
    body);
  body.hidden = !entry.sent;
  fillInput(context, entry, body, remove);
  return row;
}

function sendSwitch(context, entry, body) {
  const box = element("input", {
    type: "checkbox",
    on: {
      change: () => {
        entry.sent = box.checked;
        body.hidden = !box.checked;
        context.changed();
      },
    },
  });
  box.checked = entry.sent;
  return element("label", { class: "check" }, box, element("span", {}, "Send this input"));
}

function fillInput(context, entry, body, remove) {
  const kind = kindOf(entry.datatype);
  const widget = context.widgets[kind](entry, (text) => {
    entry.text = text;
    context.changed();
  });
  nameWidget(widget, entry);
  const type = kind === "file" ? typeOfFile(context, entry, widget) : "";
  body.replaceChildren(
    element("div", { class: "controls" },
      ...(entry.variable.declared ? [] : [nameField(context, entry)]),
      typeField(context, entry, body, remove),
      hasFreeShape(entry) ? shapeField(context, entry, widget) : null,
      entry.variable.declared ? null : removeButton(remove, "this input")),
    widget, type,
    element("p", { class: "note" }),
    element("p", { class: "problem", hidden: true, id: freshId("problem") }));
}

function nameWidget(widget, entry) {
  const control = widget.matches("[data-part]") ? widget : widget.querySelector("[data-part]");
  control.setAttribute("aria-label", `Data of ${entry.name || "the input"} (${entry.datatype})`);
}

function typeField(context, entry, body, remove) {
  const words = entry.variable.datatypes;
  if (words.length === 1) return null;
  return labelled("Datatype", choice(words, entry.datatype, (word) => {
    const [before, after] = [kindOf(entry.datatype), kindOf(word)];
    entry.datatype = word;
    if (before !== after) {
      entry.shapeText = "";
      entry.text = entry.variable.declared
        ? startingText(word, declaredShape(entry.variable, word), entry.variable.sample) : "";
    }
    fillInput(context, entry, body, remove);
    body.querySelector("select").focus();
    context.changed();
  }));
}

/** Whether a caller may have to say the shape: the declaration leaves sizes open. */
function hasFreeShape(entry) {
  const declared = declaredShape(entry.variable, entry.datatype);
  const open = declared === null || declared.some((size) => size < 0);
  return open && ["numbers", "strings"].includes(kindOf(entry.datatype));
}

function shapeField(context, entry, widget) {
  const declared = declaredShape(entry.variable, entry.datatype);
  const input = element("input", {
    type: "text", class: "code", autocomplete: "off", "data-part": "shape",
    placeholder: declared ? showShape(declared).slice(1, -1) : "automatic",
    on: {
      input: () => {
        entry.shapeText = input.value;
        widget.dispatchEvent(new Event("shape-typed"));
        context.changed();
      },
    },
  });
  input.value = entry.shapeText;
  return labelled("Shape", input);
}

function textField(context, entry, key, label, placeholder) {
  const input = element("input", {
    type: "text", autocomplete: "off", spellcheck: "false", placeholder,
    "data-part": key === "name" ? "name" : null,
    on: {
      input: () => {
        entry[key] = input.value;
        context.changed();
      },
    },
  });
  input.value = entry[key];
  return labelled(label, input, { class: "labelled wide" });
}

/** A widget that learns the type of its file says so by an event. */
function typeOfFile(context, entry, widget) {
  const made = textField(context, entry, "contentType", "Content type", "image/png");
  widget.addEventListener("type-known", () => {
    made.querySelector("input").value = entry.contentType;
  });
  return made;
}

function nameField(context, entry) {
  return textField(context, entry, "name", "Name", "");
}

function removeButton(remove, what) {
  return button("Remove", remove, { class: "quiet remove", "aria-label": `Remove ${what}` });
}

/* ---- outputs and parameters ---- */

function outputRow(context, entry, remove) {
  const problem = element("p", { class: "problem", hidden: true, id: freshId("problem") });
  if (!entry.variable.declared) {
    return element("div", { class: "row line" },
      element("div", { class: "controls" }, nameField(context, entry),
        labelled("Datatype", choice(["", ...entry.variable.datatypes], entry.datatype, (word) => {
          entry.datatype = word;
          context.changed();
        })),
        removeButton(remove, "this output")),
      problem);
  }
  const box = element("input", {
    type: "checkbox", "data-part": "data",
    on: {
      change: () => {
        entry.wanted = box.checked;
        context.changed();
      },
    },
  });
  box.checked = entry.wanted;
  const { variable } = entry;
  return element("div", { class: "row line", "data-name": entry.name },
    element("div", { class: "wanted" },
      element("label", { class: "check" }, box, element("span", { class: "name" }, entry.name)),
      outputType(context, entry)),
    variable.description ? element("p", { class: "about" }, variable.description) : null,
    problem);
}

function outputType(context, entry) {
  const { variable } = entry;
  if (variable.datatypes.length > 1) {
    const select = choice(variable.datatypes, entry.datatype, (word) => {
      entry.datatype = word;
      context.changed();
    });
    select.setAttribute("aria-label", `Datatype of ${entry.name}`);
    return select;
  }
  return element("span", { class: "type" }, typeText(variable));
}

/** The only datatype of a variable, and its shape where it has one. */
function typeText({ datatypes: [datatype], shape }) {
  const listed = ["numbers", "strings", "booleans"].includes(kindOf(datatype));
  return shape && listed ? `${datatype} ${showShape(shape)}` : datatype;
}

function parameterRow(context, entry, remove) {
  const value = textField(context, entry, "text", "Value", "0.5, true, text");
  const kind = element("span", { class: "type", "aria-live": "polite" });
  const tell = () => { kind.textContent = parameterKind(parameterValue(entry.text)); };
  value.addEventListener("input", tell);
  value.querySelector("input").setAttribute("data-part", "data");
  tell();
  return element("div", { class: "row line" },
    element("div", { class: "controls" }, nameField(context, entry), value, kind,
      removeButton(remove, "this parameter")),
    element("p", { class: "problem", hidden: true, id: freshId("problem") }));
}
