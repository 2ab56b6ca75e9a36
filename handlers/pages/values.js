/**
 * What is typed into a field, as a tensor's data and shape. Pure functions.
 *
 * A reading is `{data, shape, note}` or `{problem, part}`, where `part` is the field at fault:
 * `data` or `shape`.
 */

import { NumberText, parse } from "./json.js";

const KINDS = { str: "text", dict: "json", FILE: "file", BOOL: "booleans", BYTES: "strings" };
const INTEGER = /^[+-]?\d+$/;
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const BOOLEANS = { true: true, false: false, 1: true, 0: false };
const LARGEST_START = 4096;

/** How a datatype is typed: text, json, file, booleans, strings or numbers. */
export function kindOf(datatype) {
  return KINDS[datatype] ?? "numbers";
}

/** Whether a shape leaves room for one value only, or says nothing of how many. */
export function isSingle(shape) {
  return shape === null || shape.every((size) => Math.abs(size) === 1);
}

/** The text that a field starts with, so that the first call is a valid one. */
export function startingText(datatype, shape, sample) {
  const kind = kindOf(datatype);
  if (kind === "json") return "{}";
  if (kind === "booleans") return zeros("false", shape);
  if (kind === "numbers") return zeros(isInteger(datatype) ? "0" : "0.0", shape);
  const text = sample?.datatype === datatype ? sample.data : "text";
  return Array.isArray(text) ? text.join("\n") : String(text);
}

/** A field's text as data and shape. */
export function read(datatype, text, { declared = null, shapeText = "" } = {}) {
  const kind = kindOf(datatype);
  if (kind === "text") return { data: text, shape: null, note: "" };
  if (kind === "file") return file(text);
  if (kind === "json") return object(text);
  try {
    const { values, nesting } = list(kind, datatype, text);
    return shaped(values, { declared, nesting, shapeText });
  } catch (error) {
    if (error instanceof Unreadable) return { problem: error.message, part: error.part };
    throw error;
  }
}

class Unreadable extends Error {
  constructor(message, part = "data") {
    super(message);
    this.part = part;
  }
}

function isInteger(datatype) {
  return /^U?INT\d+$/.test(datatype);
}

function zeros(zero, shape) {
  const sizes = (shape ?? [1]).map((size) => Math.max(1, size));
  const total = product(sizes);
  if (total > LARGEST_START) return "";
  const width = sizes.at(-1) ?? 1;
  const row = Array(width).fill(zero).join(" ");
  return Array(total / width).fill(row).join("\n");
}

function file(text) {
  if (text.trim()) return { data: text.trim(), shape: null, note: "" };
  return { problem: "Name a stored file: group/file", part: "data" };
}

function object(text) {
  let value;
  try {
    value = parse(text);
  } catch (error) {
    return { problem: `Not JSON: ${error.message}`, part: "data" };
  }
  if (value instanceof Map) return { data: value, shape: null, note: "" };
  return { problem: 'Expected an object, such as {"key": "value"}', part: "data" };
}

function list(kind, datatype, text) {
  if (text.trim().startsWith("[")) return fromLists(kind, datatype, text);
  if (kind === "strings") {
    const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
    return { values: lines, nesting: [lines.length] };
  }
  const rows = text.split("\n").map((line) => line.match(/[^\s,;]+/g) ?? []);
  const full = rows.filter((row) => row.length);
  const words = full.flat();
  if (!words.length) throw new Unreadable("Give at least one value, or [] for none");
  const square = full.length > 1 && full.every((row) => row.length === full[0].length);
  return {
    values: words.map((word) => element(kind, datatype, word)),
    nesting: square ? [full.length, full[0].length] : [words.length],
  };
}

function fromLists(kind, datatype, text) {
  let value;
  try {
    value = parse(text);
  } catch (error) {
    throw new Unreadable(`Not a list: ${error.message}`);
  }
  const nesting = [];
  for (let one = value; Array.isArray(one); one = one[0]) nesting.push(one.length);
  const values = value.flat(Infinity);
  if (values.length !== product(nesting)) throw new Unreadable("The lists differ in length");
  return { values: values.map((one) => fromJson(kind, datatype, one)), nesting };
}

function fromJson(kind, datatype, value) {
  if (kind === "strings" && typeof value === "string") return value;
  if (kind === "booleans" && typeof value === "boolean") return value;
  if (kind === "numbers" && value instanceof NumberText) return number(datatype, value.text);
  const expected = { strings: "text in quotes", booleans: "true or false", numbers: "numbers" };
  throw new Unreadable(`${datatype} takes ${expected[kind]}`);
}

function element(kind, datatype, word) {
  if (kind === "numbers") return number(datatype, word);
  const value = BOOLEANS[word.toLowerCase()];
  if (value === undefined) throw new Unreadable(`“${clip(word)}” is neither true nor false`);
  return value;
}

/** A number as JSON writes it: `.5` becomes 0.5, `+1` becomes 1. */
function number(datatype, word) {
  if (isInteger(datatype)) {
    if (INTEGER.test(word)) return new NumberText(String(BigInt(word.replace(/^\+/, ""))));
    const decimal = DECIMAL.test(word) && /\d/.test(word);
    throw new Unreadable(
      decimal ? `${datatype} takes whole numbers, not ${clip(word)}` : notNumber(word),
    );
  }
  const match = DECIMAL.exec(word);
  if (!match || !(match[2] || match[3])) throw new Unreadable(notNumber(word));
  if (!Number.isFinite(Number(word))) throw new Unreadable(`${clip(word)} is too large`);
  const [, sign, whole, fraction, exponent] = match;
  const digits = whole.replace(/^0+(?=\d)/, "") || "0";
  const tail = fraction === undefined ? "" : `.${fraction || "0"}`;
  return new NumberText(
    `${sign === "-" ? "-" : ""}${digits}${tail}${exponent === undefined ? "" : `e${exponent}`}`,
  );
}

function notNumber(word) {
  return `“${clip(word)}” is not a number`;
}

function clip(word) {
  return word.length > 24 ? `${word.slice(0, 24)}…` : word;
}

function shaped(values, { declared, nesting, shapeText }) {
  const shape = shapeText.trim()
    ? typedShape(shapeText, values.length)
    : fittingShape(declared, nesting, values.length);
  const count = values.length === 1 ? "1 value" : `${values.length} values`;
  return { data: values, shape, note: `${count}, shape ${showShape(shape)}` };
}

function typedShape(text, count) {
  const words = text.match(/[^\s,;[\]×x]+/g) ?? [];
  if (words.some((word) => !/^\d+$/.test(word))) {
    throw new Unreadable("A shape is a list of sizes, such as 2, 3", "shape");
  }
  const sizes = words.map(Number);
  if (product(sizes) === count) return sizes;
  throw new Unreadable(
    `${showShape(sizes)} holds ${product(sizes)} values, the field has ${count}`, "shape",
  );
}

/** The shape that a declaration, the lines or brackets, and the number of values agree on. */
export function fittingShape(declared, nesting, count) {
  if (declared === null || fits(declared, nesting)) return nesting;
  const free = declared.filter((size) => size < 0).length;
  const known = product(declared.filter((size) => size >= 0));
  if (free === 0 && known === count) return declared;
  if (free === 1 && known > 0 && count % known === 0) {
    return declared.map((size) => (size < 0 ? count / known : size));
  }
  throw new Unreadable(misfit(declared, free, known, count));
}

function misfit(declared, free, known, count) {
  const shown = showShape(declared);
  const have = count === 1 ? "1 value" : `${count} values`;
  if (free === 0) return `${shown} takes ${known} values, not ${count}`;
  if (free === 1) return `${have} do not fit ${shown}: give a multiple of ${known}`;
  return `${have} for ${shown}: give rows on lines of equal length, or type the shape`;
}

function fits(declared, sizes) {
  return (
    declared.length === sizes.length &&
    declared.every((size, place) => size < 0 || size === sizes[place])
  );
}

/** A shape in brackets; any size is a star. */
export function showShape(shape) {
  return `[${shape.map((size) => (size < 0 ? "*" : size)).join(", ")}]`;
}

export function product(sizes) {
  return sizes.reduce((total, size) => total * size, 1);
}
