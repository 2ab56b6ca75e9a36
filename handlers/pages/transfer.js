/** One upload as its reader sees it: how far it is, and what can be done about it. */

import { button, element } from "./elements.js";
import { bytesText } from "./names.js";

/**
 * A list item that shows an upload, begun at once. `send({overwrite, progress, signal})` does it;
 * `ended(result)` is told what it resolved with, null when it was cancelled, undefined when it
 * failed and may yet be tried again.
 */
export function buildTransfer(file, send, ended) {
  const parts = {
    bar: element("progress", { max: 100, value: 0, "aria-label": `Upload of ${file.name}` }),
    status: element("span", { class: "status" }),
    actions: element("span", { class: "actions" }),
  };
  const row = element("li", { class: "transfer", "data-name": file.name },
    element("span", { class: "name" }, file.name),
    element("span", { class: "type" }, bytesText(file.size)),
    parts.bar, parts.status, parts.actions);
  run({ row, parts, file, send, ended }, false);
  return row;
}

async function run(context, overwrite) {
  const { row, parts, file, send, ended } = context;
  const controller = new AbortController();
  const total = bytesText(file.size);
  row.dataset.state = "underway";
  parts.status.setAttribute("aria-live", "off"); // the bar itself tells how far it is
  parts.bar.hidden = false;
  parts.actions.replaceChildren(button("Cancel", () => controller.abort(), {
    "aria-label": `Cancel the upload of ${file.name}`,
  }));
  parts.status.textContent = "Waiting for a link";
  const progress = (loaded) => {
    const percent = file.size ? Math.floor((100 * loaded) / file.size) : 100;
    parts.bar.value = percent;
    parts.status.textContent = `${percent} % of ${total}`;
  };
  try {
    const result = await send({ overwrite, progress, signal: controller.signal });
    settle(context, "done", "Uploaded", []);
    ended(result);
  } catch (error) {
    failed(context, error);
    ended(error.name === "AbortError" ? null : undefined);
  }
}

function failed(context, error) {
  const leave = button("Dismiss", () => context.row.remove());
  if (error.name === "AbortError") {
    settle(context, "cancelled", "Cancelled", [leave]);
    return;
  }
  const exists = error.kind === "FileExists";
  const again = button(exists ? "Replace it" : "Try again", () => run(context, exists));
  const message = exists ? "There is a file of this name" : error.message;
  settle(context, "failed", message, [again, leave]);
}

function settle({ row, parts }, state, message, actions) {
  row.dataset.state = state;
  parts.bar.hidden = true;
  parts.status.setAttribute("aria-live", "polite");
  parts.status.textContent = message;
  parts.actions.replaceChildren(...actions);
}
