/** Files between this browser and the store: by links, never through the application. */

import { pageFolder } from "./call.js";
import { mediaType } from "./names.js";

/** Headers that the browser says by itself, and lets nobody else say. */
const BROWSERS_OWN = new Set(["content-length", "host"]);

/** What the application or the store refused; `kind` is their word for it. */
export class Refusal extends Error {
  constructor(status, kind, message) {
    super(message);
    this.status = status;
    this.kind = kind;
  }
}

/** The JSON answer of the application's API; rejects with a Refusal. */
export async function ask(method, path, value = null, signal = null) {
  const response = await fetch(new URL(path, pageFolder()), {
    method,
    signal,
    headers: { accept: "application/json", ...(value ? { "content-type": "application/json" } : {}) },
    body: value && JSON.stringify(value),
  });
  if (response.ok) return response.status === 204 ? null : response.json();
  const told = await response.json().catch(() => null);
  const error = told?.error ?? {};
  throw new Refusal(response.status, error.type ?? "", error.message ?? `Status ${response.status}`);
}

/**
 * Upload a file to a path of the API (`files/<box>/<group>/<name>`); resolves with what is known of
 * it. Rejects with a Refusal, of the kind FileExists where `overwrite` is not given.
 */
export async function upload(file, path, { overwrite = false, progress = () => {}, signal }) {
  const wish = { size: file.size, content_type: mediaType(file), overwrite };
  const links = await ask("PUT", path, wish, signal);
  await put(links, file, progress, signal);
  return ask("POST", `${path}?complete`, { size: file.size }, signal);
}

/** XMLHttpRequest, for `fetch` says nothing of an upload's progress. */
function put({ presigned_put_url: link, headers }, file, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", link);
    for (const [name, value] of Object.entries(headers)) {
      if (!BROWSERS_OWN.has(name)) request.setRequestHeader(name, value);
    }
    request.upload.addEventListener("progress", (event) => progress(event.loaded, event.total));
    request.addEventListener("load", () => {
      if (request.status < 300) resolve();
      else reject(refused(request));
    });
    request.addEventListener("error", () => reject(new Error("The connection to the store broke off")));
    request.addEventListener("abort", () => reject(signal.reason));
    signal?.addEventListener("abort", () => request.abort());
    signal?.throwIfAborted();
    request.send(file);
  });
}

/** The store speaks XML. */
function refused(request) {
  const told = new DOMParser().parseFromString(request.responseText, "application/xml");
  const said = (name) => told.getElementsByTagName(name)[0]?.textContent ?? "";
  const kind = said("Code") === "PreconditionFailed" ? "FileExists" : said("Code");
  return new Refusal(request.status, kind, said("Message") || `The store says ${request.status}`);
}

/** Let the browser save a file: the store streams it, the link says under which name. */
export async function save(path) {
  const { presigned_get_url: link } = await ask("GET", `${path}?download`);
  const anchor = document.createElement("a");
  anchor.href = link;
  anchor.rel = "noreferrer";
  anchor.click();
}
