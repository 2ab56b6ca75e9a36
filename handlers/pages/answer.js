/**
 * An answer's text as views to draw. Pure functions.
 *
 * A view is `{kind, ...}`: value, text, vector, table, picture, file or json.
 */

import { NumberText, parse, pretty } from "./json.js";
import { pictureLayout } from "./picture.js";
import { product } from "./values.js";

/** Longer answers are shown as they came. */
const LARGEST = 4_000_000;

const MOST_COLUMNS = 16;
const MOST_CELLS = 400;

/** `{outputs, error, text}`: the outputs' views, or what went wrong, and the text to show raw. */
export function readAnswer(status, text) {
  const value = parsed(text);
  const shown = value === undefined ? text : pretty(value);
  if (status >= 400) return { outputs: [], error: errorOf(status, value, text), text: shown };
  const outputs = value instanceof Map ? value.get("outputs") : undefined;
  if (!Array.isArray(outputs)) return { outputs: null, error: null, text: shown };
  return { outputs: outputs.map(outputOf), error: null, text: shown };
}

function parsed(text) {
  if (text.length > LARGEST) return undefined;
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function errorOf(status, value, text) {
  const error = value instanceof Map ? value.get("error") ?? value.get("detail") : undefined;
  if (error instanceof Map) {
    return {
      type: plain(error.get("type")) || `Status ${status}`,
      message: plain(error.get("message")),
      field: plain(error.get("field")),
    };
  }
  const message = typeof error === "string" ? error : text.slice(0, 2000);
  return { type: `Status ${status}`, message: message || "The answer is empty", field: "" };
}

function plain(value) {
  return typeof value === "string" ? value : "";
}

/**
 * Where in the form an error belongs: `{kind, row, part}`, or null. `field` is what the answer
 * names; protocols that have no such place name it at the beginning of their message.
 */
export function placeOf(error, request) {
  for (const text of [error.field, error.message]) {
    const match = /^(inputs|outputs|output_fields|parameters)\[(\d+)\](?:\.(\w+))?/.exec(text);
    if (match) {
      const kind = match[1] === "output_fields" ? "outputs" : match[1];
      const row = request.places[kind][Number(match[2])];
      return row === undefined ? null : { kind, row, part: match[3] === "shape" ? "shape" : "data" };
    }
  }
  return placeByName(error, request);
}

function placeByName(error, request) {
  const names = [error.field, ...[...error.message.matchAll(/'([^']+)'/g)].map((one) => one[1])];
  const outputs = request.body.output_fields ?? request.body.outputs ?? [];
  for (const [kind, items] of [["inputs", request.body.inputs], ["outputs", outputs]]) {
    const place = items.findIndex((one) => names.includes(one.name));
    if (place >= 0) return { kind, row: request.places[kind][place], part: "data" };
  }
  return null;
}

function outputOf(output) {
  if (!(output instanceof Map)) return { name: "", tag: "", view: jsonView(output) };
  const shape = shapeOf(output.get("shape"));
  const datatype = plain(output.get("datatype"));
  const tag = shape && shape.length ? `${datatype} [${shape.join(", ")}]` : datatype;
  return { name: plain(output.get("name")), tag, view: viewOf(output.get("data"), shape, output) };
}

function shapeOf(shape) {
  const list = shape instanceof NumberText ? [shape] : shape;
  return Array.isArray(list) ? list.map(Number) : null;
}

function viewOf(data, shape, output) {
  const file = fileView(data, output);
  if (file) return file;
  if (typeof data === "string") return { kind: "text", text: data };
  if (!Array.isArray(data)) {
    return data instanceof Map ? jsonView(data) : { kind: "value", text: scalar(data) };
  }
  const leaves = data.flat(Infinity);
  if (leaves.some((one) => one instanceof Map)) return jsonView(data);
  if (leaves.length === 1) return single(leaves[0], output.get("parameters"));
  return grid(leaves, shape && product(shape) === leaves.length ? shape : nesting(data, leaves));
}

/** A stored file: V2 keeps in the parameters what the platform's JSON says beside the data. */
function fileView(data, output) {
  const parameters = output.get("parameters") instanceof Map ? output.get("parameters") : output;
  const path = Array.isArray(data) && data.length === 1 ? data[0] : data;
  const linked = plain(parameters.get("url"));
  if (typeof path !== "string" || !(linked || plain(output.get("datatype")) === "FILE")) return null;
  return { kind: "file", path, url: webUrl(linked), contentType: plain(parameters.get("content_type")) };
}

/** A URL that is safe to follow, or nothing. */
function webUrl(text) {
  return /^https?:\/\//i.test(text) ? text : "";
}

function single(value, parameters) {
  if (typeof value !== "string") return { kind: "value", text: scalar(value) };
  const type = parameters instanceof Map ? parameters.get("content_type") : "";
  const inner = type === "application/json" ? parsed(value) : undefined;
  return inner === undefined ? { kind: "text", text: value } : jsonView(inner);
}

function nesting(data, leaves) {
  const sizes = [];
  for (let one = data; Array.isArray(one); one = one[0]) sizes.push(one.length);
  return product(sizes) === leaves.length ? sizes : [leaves.length];
}

function grid(leaves, shape) {
  const cells = leaves.slice(0, MOST_CELLS).map(scalar);
  const numbers = leaves.every((one) => one instanceof NumberText);
  const layout = numbers ? pictureLayout(shape) : null;
  if (layout) return { kind: "picture", layout, values: leaves.map(Number), shape };
  const many = shape.filter((size) => size !== 1);
  const hidden = leaves.length - cells.length;
  if (many.length < 2) return { kind: "vector", cells, hidden, numbers };
  const width = shape.at(-1);
  if (width > MOST_COLUMNS) return { kind: "vector", cells, hidden, numbers };
  const rows = Math.floor(cells.length / width);
  return {
    kind: "table",
    rows: Array.from({ length: rows }, (_, row) => cells.slice(row * width, (row + 1) * width)),
    hidden: leaves.length - rows * width,
    numbers,
  };
}

function scalar(value) {
  if (value instanceof NumberText) return value.text;
  return typeof value === "string" ? value : String(value);
}

function jsonView(value) {
  return { kind: "json", text: pretty(value) };
}
