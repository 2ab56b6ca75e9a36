/** A request sent, timed and read. */

import { bodyText } from "./request.js";

/** The reply; rejects when there is none, or when `signal` says that nobody waits for it. */
export async function send(request, url, signal) {
  const begun = performance.now();
  const response = await fetch(url, {
    method: request.method, headers: request.headers, body: bodyText(request), signal,
  });
  const text = await response.text();
  return {
    status: response.status,
    statusText: response.statusText,
    milliseconds: performance.now() - begun,
    requestId: response.headers.get("x-request-id") ?? "",
    text,
  };
}

/** This page's folder, without the user and password that the address may have held. */
export function pageFolder() {
  const url = new URL(".", document.baseURI);
  url.username = "";
  url.password = "";
  return url.href;
}

/** The JSON behind a URL; rejects with a sentence that says why it is not there. */
export async function getJson(url) {
  const response = await fetch(new URL(url, pageFolder()), { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`${url} answered with status ${response.status}`);
  return response.json();
}
