/**
 * JSON text in and out without losing how numbers are written: 1.0, 1e-7 and 64-bit integers
 * arrive as they were typed. Pure functions.
 */

/** A number as it is written. */
export class NumberText {
  constructor(text) {
    this.text = text;
    Object.freeze(this);
  }

  valueOf() {
    return Number(this.text);
  }
}

const TOKEN =
  /[\t\n\r ]*(?:([{}[\],:])|("(?:[^"\\]+|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y;
const WORDS = { true: true, false: false, null: null };

/** How the constants of a language are written. */
export const JSON_WORDS = { true: "true", false: "false", null: "null" };
export const PYTHON_WORDS = { true: "True", false: "False", null: "None" };

const WIDTH = 66;

/** The value of a JSON text: objects become Maps, numbers NumberText; throws SyntaxError. */
export function parse(text) {
  JSON.parse(text); // its message says what is wrong, and where
  return read(scanner(text));
}

function scanner(text) {
  TOKEN.lastIndex = 0;
  let place = 0;
  return () => {
    TOKEN.lastIndex = place;
    const match = TOKEN.exec(text);
    place = TOKEN.lastIndex;
    return { sign: match[1], string: match[2], number: match[3], word: match[4] };
  };
}

function read(next, token = next()) {
  if (token.string !== undefined) return JSON.parse(token.string);
  if (token.number !== undefined) return new NumberText(token.number);
  if (token.word !== undefined) return WORDS[token.word];
  return token.sign === "[" ? readList(next) : readObject(next);
}

function readList(next) {
  const list = [];
  for (let token = next(); token.sign !== "]"; token = next()) {
    if (token.sign !== ",") list.push(read(next, token));
  }
  return list;
}

function readObject(next) {
  const map = new Map();
  for (let token = next(); token.sign !== "}"; token = next()) {
    if (token.sign === ",") continue;
    next(); // the colon
    map.set(JSON.parse(token.string), read(next));
  }
  return map;
}

/** A value on one line, in the words of a language whose lists and strings are JSON's. */
export function inline(value, words = JSON_WORDS) {
  if (value instanceof NumberText) return value.text;
  if (Array.isArray(value)) return `[${value.map((one) => inline(one, words)).join(", ")}]`;
  if (isObject(value)) {
    const pairs = entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${inline(one, words)}`);
    return `{${pairs.join(", ")}}`;
  }
  return typeof value === "string" ? JSON.stringify(value) : words[String(value)] ?? String(value);
}

/** A value over as many lines as it needs: short parts stay on one, long lists are filled. */
export function pretty(value, words = JSON_WORDS, indent = 0, step = 2) {
  const flat = inline(value, words);
  const leaf = !Array.isArray(value) && !isObject(value);
  if (leaf || flat.length + indent <= WIDTH) return flat;
  const inner = " ".repeat(indent + step);
  const close = `\n${" ".repeat(indent)}`;
  if (Array.isArray(value)) {
    const parts = value.map((one) => pretty(one, words, indent + step, step));
    return `[\n${inner}${lines(parts, value, inner)}${close}]`;
  }
  const pairs = entries(value).map(
    ([key, one]) => `${inner}${JSON.stringify(key)}: ${pretty(one, words, indent + step, step)}`,
  );
  return `{\n${pairs.join(",\n")}${close}}`;
}

function lines(parts, values, inner) {
  const nested = values.some((one) => Array.isArray(one) || isObject(one));
  return nested ? parts.join(`,\n${inner}`) : filled(parts, inner);
}

function filled(parts, inner) {
  const rows = [];
  let row = "";
  for (const part of parts) {
    if (row && inner.length + row.length + part.length + 2 > WIDTH) {
      rows.push(row);
      row = "";
    }
    row += row ? `, ${part}` : part;
  }
  return [...rows, row].join(`,\n${inner}`);
}

function isObject(value) {
  const plain = typeof value === "object" && value !== null;
  return plain && !Array.isArray(value) && !(value instanceof NumberText);
}

function entries(value) {
  return value instanceof Map ? [...value] : Object.entries(value);
}

/** Parts of a JSON text for colouring: `[kind, text]`, in order; together they are the text. */
export function coloured(text) {
  const parts = [];
  const pattern = /("(?:[^"\\]+|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*)|\b(true|false|null)\b/g;
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) parts.push(["", text.slice(end, match.index)]);
    const shown = match[1] ?? match[0];
    const stringKind = match[2] === undefined ? "string" : "key";
    parts.push([match[1] !== undefined ? stringKind : match[3] ? "number" : "word", shown]);
    if (match[2]) parts.push(["", match[2]]);
    end = match.index + match[0].length;
  }
  return [...parts, ["", text.slice(end)]];
}
