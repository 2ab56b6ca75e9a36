/** A request as code to copy. Pure functions. */

import { PYTHON_WORDS, pretty } from "./json.js";

/** One argument of a program on Linux holds 128 KiB; longer bodies go through standard input. */
const LONGEST_ARGUMENT = 100_000;

/** The languages, in the order in which they are shown. */
export const SNIPPETS = [
  { name: "curl", write: curl },
  { name: "Python", write: python },
];

/** A command for a POSIX shell. */
export function curl(request, url) {
  const headers = Object.entries(request.headers).map(
    ([name, value]) => `  -H ${quoted(`${name}: ${value}`)} \\\n`,
  );
  const body = pretty(request.body);
  const head = `curl -sS ${quoted(url)} \\\n${headers.join("")}`;
  if (new Blob([body]).size <= LONGEST_ARGUMENT) return `${head}  -d ${quoted(body)}`;
  return `${head}  --data-binary @- <<'JSON'\n${body}\nJSON`;
}

/** A program that needs Python's standard library alone. */
export function python(request, url) {
  const body = pretty(request.body, PYTHON_WORDS, 0, 4);
  const headers = pretty(request.headers, PYTHON_WORDS, 4, 4);
  return [
    "import json",
    "import urllib.request",
    "",
    `body = ${body}`,
    "request = urllib.request.Request(",
    `    ${JSON.stringify(url)},`,
    "    data=json.dumps(body).encode(),",
    `    headers=${headers},`,
    ")",
    "with urllib.request.urlopen(request) as response:",
    "    answer = json.load(response)",
    "print(json.dumps(answer, indent=2))",
  ].join("\n");
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
