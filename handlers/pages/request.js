/**
 * The form's state, and the request that it stands for. Pure functions.
 *
 * `compose` gives `{request, problems, notes}`: a request
 * `{method, path, headers, body, places, files, givesFiles}` or null with problems `{kind, row, part, message}`; `places` says from which row of the form
 * each part of the body came, so that an error which names `inputs[1]` finds its field.
 */

import { declaredShape, undeclared } from "./contract.js";
import { NumberText, inline, parse } from "./json.js";
import { kindOf, read, startingText } from "./values.js";

/** The state that a form starts with. */
export function start(contract) {
  return {
    protocol: "predict",
    inputs: contract.inputs.map(startInput),
    outputs: contract.outputs.map(startOutput),
    parameters: [],
  };
}

/** A row for a variable of the contract. */
export function startInput(variable) {
  const datatype = variable.sample?.datatype ?? variable.datatypes[0];
  return {
    variable,
    name: variable.name,
    sent: !variable.optional || !variable.declared,
    datatype,
    text: startingText(datatype, declaredShape(variable, datatype), variable.sample),
    shapeText: "",
    contentType: variable.sample?.content_type ?? "",
  };
}

/** A row for an input that the contract does not name. */
export function addedInput() {
  return { ...startInput(undeclared()), text: "" };
}

export function startOutput(variable) {
  return { variable, name: variable.name, wanted: true, datatype: variable.datatypes[0] };
}

/** A row for an output that the contract does not name. */
export function addedOutput() {
  return { ...startOutput(undeclared()), datatype: "" };
}

export function addedParameter() {
  return { name: "", text: "" };
}

/** What a parameter's text stands for: JSON where it is JSON, else the text itself. */
export function parameterValue(text) {
  try {
    return parse(text);
  } catch {
    return text;
  }
}

/** The word for a parameter's type. */
export function parameterKind(value) {
  if (value instanceof NumberText) return "number";
  if (value === null) return "null";
  if (value instanceof Map) return "object";
  if (Array.isArray(value)) return "list";
  return typeof value === "boolean" ? "true/false" : "text";
}

/** The request of a form, or what stands in its way. */
export function compose(contract, state) {
  const problems = [];
  const notes = [];
  const inputs = readInputs(state, problems, notes);
  const outputs = rows(state.outputs, "outputs", problems, (entry) => entry.wanted);
  const parameters = rows(state.parameters, "parameters", problems, () => true);
  if (problems.length) return { request: null, problems, notes };
  const body = BODIES[state.protocol](inputs, outputs, parameters);
  const places = {
    inputs: inputs.map((one) => one.row),
    outputs: outputs.map((one) => one.row),
    parameters: parameters.map((one) => one.row),
  };
  const request = {
    method: "POST",
    path: contract.paths[state.protocol],
    headers: { "content-type": "application/json" },
    body,
    places,
    files: filesOf(inputs),
    givesFiles: outputs.some(({ entry }) => entry.datatype === "FILE"),
  };
  return { request, problems, notes };
}

/** The stored files that inputs name; `local` is where the reader has one, `{name, type}`. */
function filesOf(inputs) {
  return inputs.filter(({ entry }) => entry.datatype === "FILE")
    .map(({ entry, reading }) => ({ path: reading.data, local: entry.local ?? null }));
}

/** The bytes that are sent. */
export function bodyText(request) {
  return inline(request.body);
}

function readInputs(state, problems, notes) {
  const sent = rows(state.inputs, "inputs", problems, (entry) => entry.sent);
  return sent.flatMap(({ entry, row }) => {
    const declared = declaredShape(entry.variable, entry.datatype);
    const reading = read(entry.datatype, entry.text, { declared, shapeText: entry.shapeText });
    if (reading.problem) {
      problems.push({ kind: "inputs", row, part: reading.part, message: reading.problem });
      return [];
    }
    notes.push({ row, note: reading.note, reading });
    return [{ entry, row, reading }];
  });
}

/** The rows that take part; one without a name, or with a name given twice, is a problem. */
function rows(entries, kind, problems, taken) {
  const seen = new Set();
  return entries.flatMap((entry, row) => {
    if (!taken(entry)) return [];
    const name = entry.name.trim();
    if (!name || seen.has(name)) {
      const message = name ? `“${name}” is given twice` : "Give it a name, or remove it";
      problems.push({ kind, row, part: "name", message });
    }
    seen.add(name);
    return [{ entry: { ...entry, name }, row }];
  });
}

const BODIES = { predict: predictBody, v2: v2Body };

function predictBody(inputs, outputs, parameters) {
  return {
    inputs: inputs.map(predictItem),
    output_fields: outputs.map(({ entry }) => ({
      name: entry.name,
      ...(entry.datatype ? { datatype: entry.datatype } : {}),
    })),
    ...(parameters.length ? { parameters: parameters.map(({ entry }) => named(entry)) } : {}),
  };
}

function named(entry) {
  return { name: entry.name, value: parameterValue(entry.text) };
}

function predictItem({ entry, reading }) {
  const item = { name: entry.name, datatype: entry.datatype };
  if (reading.shape !== null) item.shape = reading.shape;
  if (entry.datatype === "FILE" && entry.contentType.trim()) {
    item.content_type = entry.contentType.trim();
  }
  item.data = reading.data;
  return item;
}

function v2Body(inputs, outputs, parameters) {
  const pairs = parameters.map(({ entry }) => [entry.name, parameterValue(entry.text)]);
  return {
    inputs: inputs.map(v2Item),
    ...(outputs.length ? { outputs: outputs.map(({ entry }) => ({ name: entry.name })) } : {}),
    ...(pairs.length ? { parameters: new Map(pairs) } : {}),
  };
}

function v2Item({ entry, reading }) {
  const { name, datatype } = entry;
  if (reading.shape !== null) return { name, datatype, shape: reading.shape, data: reading.data };
  const text = kindOf(datatype) === "json" ? inline(reading.data) : reading.data;
  const item = { name, datatype: "BYTES", shape: [1], data: [text] };
  if (datatype === "FILE" && entry.contentType.trim()) {
    item.parameters = { content_type: entry.contentType.trim() };
  }
  return item;
}
