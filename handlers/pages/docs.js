/** The page of one function: its description, a panel to call it, and its endpoints. */

import { getJson, pageFolder } from "./call.js";
import { describe, metadataPath } from "./contract.js";
import { button, element } from "./elements.js";
import { buildPanel } from "./panel.js";

const page = document.getElementById("page");

show();

async function show() {
  page.setAttribute("aria-busy", "true");
  try {
    const description = await getJson("openapi.json");
    page.replaceChildren(...sections(description, await metadata(description)));
  } catch (error) {
    page.replaceChildren(unreachable(error));
  } finally {
    page.setAttribute("aria-busy", "false");
  }
}

/** The tensors' shapes; the page works without them. */
async function metadata(description) {
  const path = metadataPath(description);
  if (!path) return null;
  try {
    return await getJson(relative(path));
  } catch {
    return null;
  }
}

/** Paths of the document are below this page's folder, wherever a gateway puts that. */
function relative(path) {
  return `.${path}`;
}

function sections(description, tensors) {
  const contract = describe(description, tensors);
  document.title = `${contract.name} · ${contract.namespace || "function"}`;
  return [
    heading(contract),
    buildPanel(contract, pageFolder()),
    endpointList(contract.endpoints),
  ];
}

function heading({ name, namespace, version, description }) {
  return element("header", { class: "heading" },
    namespace ? element("p", { class: "namespace" }, namespace) : null,
    element("h1", {}, name, element("span", { class: "tag" }, `version ${version}`)),
    description ? element("p", { class: "lead" }, description) : null);
}

function endpointList(endpoints) {
  const rows = [...endpoints, { method: "GET", path: "/openapi.json", summary: "This description" }];
  return element("section", { class: "card endpoints", "aria-labelledby": "endpoints" },
    element("div", { class: "card-head" }, element("h2", { id: "endpoints" }, "Endpoints")),
    element("ul", {}, ...rows.map(({ method, path, summary }) => element("li", {},
      element("span", { class: `method ${method.toLowerCase()}` }, method),
      method === "GET"
        ? element("a", { href: relative(path), class: "path" }, path)
        : element("span", { class: "path" }, path),
      element("span", { class: "about" }, summary)))));
}

function unreachable(error) {
  return element("div", { class: "card failure", role: "alert" },
    element("h1", {}, "The function's description could not be read"),
    element("p", {}, String(error.message ?? error)),
    button("Try again", show));
}
