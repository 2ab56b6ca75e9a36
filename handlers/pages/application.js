/** The page of an application: its functions, each woken when it is opened, and its files. */

import { getJson, pageFolder } from "./call.js";
import { describe, metadataPath } from "./contract.js";
import { fileField } from "./drop.js";
import { button, element, freshId } from "./elements.js";
import { buildBox } from "./files.js";
import { buildPanel } from "./panel.js";
import { recipes } from "./recipe.js";
import { fileView } from "./stored.js";
import { ask } from "./upload.js";
import { WIDGETS } from "./widgets.js";

const page = document.getElementById("page");

show();

async function show() {
  page.setAttribute("aria-busy", "true");
  try {
    const application = await ask("GET", "application.json");
    page.replaceChildren(...sections(application));
  } catch (error) {
    page.replaceChildren(unreachable(error));
  } finally {
    page.setAttribute("aria-busy", "false");
  }
}

function sections(application) {
  document.title = `${application.namespace} · application`;
  const doors = [...application.functions, ...(application.files ? [application.files] : [])];
  const boxes = (application.files?.boxes ?? []).map(buildBox);
  const changed = () => boxes.forEach((box) => box.refresh());
  const functions = application.functions.filter((one) => one.allowed);
  return [
    heading(application, doors.some((one) => one.auth.length)),
    signIn(application, doors.filter((one) => !one.allowed)),
    part("Functions", functions.map((one) => buildFunction(application, one, changed))),
    part("Files", boxes.map((box) => box.shown)),
    documents(),
  ].filter((one) => one !== null);
}

function heading({ namespace, user }, isGuarded) {
  const stranger = isGuarded ? "Not signed in" : "Open to everybody";
  return element("header", { class: "heading application" },
    element("h1", {}, namespace, element("span", { class: "tag" }, "application")),
    element("p", { class: "whoami" }, user === null
      ? stranger : element("span", {}, "Signed in as ", element("strong", {}, user))));
}

function part(title, shown) {
  if (!shown.length) return null;
  const id = freshId("part");
  return element("section", { class: "group-of", "aria-labelledby": id },
    element("h2", { id, class: "over" }, title), ...shown);
}

/** The way in for what this caller may not see; the browser itself asks for the password. */
function signIn({ user }, closed) {
  if (!closed.length) return null;
  const names = closed.map((one) => one.component ?? "files").join(", ");
  const problem = element("p", { class: "problem", role: "alert", hidden: true });
  const basic = closed.some((one) => one.auth.includes("basic"));
  const enter = async () => {
    try {
      await ask("GET", "application.json?login");
      await show();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
  };
  return element("section", { class: "card signin", "aria-label": "Sign in" },
    element("p", {}, user === null ? "Only for those who are signed in: " : `Not for ${user}: `,
      element("strong", {}, names)),
    basic ? button("Sign in", enter, { class: "call" })
      : element("p", { class: "note" }, "Callers say who they are with a bearer token."),
    problem);
}

/* ---- a function ---- */

function buildFunction(application, api, changed) {
  const id = freshId("function");
  const body = element("div", { id, class: "function-body", hidden: true, tabindex: "-1" });
  const state = element("span", { class: "type", role: "status" });
  let [loaded, loading] = [false, false];
  const load = async () => {
    if (loaded || loading) return;
    loading = true;
    state.textContent = "waking up…";
    body.replaceChildren(element("p", { class: "loading" }, "Waking the function…"));
    try {
      body.replaceChildren(...await opened(application, api, changed));
      loaded = true;
      state.textContent = "";
    } catch (error) {
      state.textContent = "not reached";
      body.replaceChildren(failure(error, load));
    } finally {
      loading = false;
    }
  };
  const head = element("button", {
    type: "button", class: "function-head", "aria-expanded": "false", "aria-controls": id,
    on: {
      click: () => {
        body.hidden = !body.hidden;
        head.setAttribute("aria-expanded", String(!body.hidden));
        if (!body.hidden) load();
      },
    },
  },
  element("span", { class: "name" }, api.component),
  element("span", { class: "path" }, `/${api.predict}`), state);
  return element("article", { class: "function", "data-name": api.component },
    element("h3", {}, head), body);
}

async function opened(application, api, changed) {
  const description = await getJson(api.openapi);
  const contract = describe(description, await metadata(api, description));
  const box = boxOf(application, api, contract);
  const site = {
    url: pageFolder(),
    files: box && box.url,
    user: application.user,
    way: api.auth.includes("basic") ? "basic" : api.auth[0] ?? "",
  };
  const tools = {
    widgets: box ? { ...WIDGETS, file: fileField(box, changed) } : WIDGETS,
    snippets: recipes(site),
    views: { file: fileView(box, application.store) },
    called: (answer) => {
      if (answer.outputs?.some(({ view }) => view.kind === "file")) changed();
    },
  };
  return [
    element("p", { class: "lead" }, contract.description,
      element("a", { href: api.docs }, "All endpoints")),
    buildPanel(contract, new URL(api.url, pageFolder()).href, tools),
  ];
}

/** The tensors' shapes; the page works without them. */
async function metadata(api, description) {
  const path = metadataPath(description);
  if (!path) return null;
  try {
    return await getJson(`${api.url}${path.slice(1)}`);
  } catch {
    return null;
  }
}

/** The box of a function's files, where what is uploaded here is what the function sees. */
function boxOf({ files }, api, { fileBox }) {
  if (!files?.allowed || files.area !== api.area) return null;
  return files.boxes.find((box) => box.name === fileBox) ?? null;
}

/* ---- what else there is ---- */

function documents() {
  return element("footer", {}, element("a", { href: "openapi.json" }, "openapi.json"),
    " describes the whole application to programs.");
}

function failure(error, again) {
  return element("div", { class: "error", role: "alert" },
    element("p", {}, String(error.message ?? error)), button("Try again", again));
}

function unreachable(error) {
  return element("div", { class: "card failure", role: "alert" },
    element("h1", {}, "The application’s description could not be read"),
    element("p", {}, String(error.message ?? error)), button("Try again", show));
}
