/** A stored file in an answer: a picture where it is one, and a button that saves it. */

import { button, element } from "./elements.js";
import { baseName, fileUrl } from "./names.js";
import { save } from "./upload.js";

/** A view of files of a box (null for none); pictures are shown that come from the store alone. */
export function fileView(box, store) {
  return ({ path, url, contentType }, name) => {
    const isPicture = /^image\//.test(contentType) && isOf(store, url);
    return element("figure", { class: "stored" },
      isPicture ? picture(url, name) : null,
      element("figcaption", {},
        url ? element("a", { href: url, target: "_blank", rel: "noreferrer", class: "path" }, path)
          : element("span", { class: "path" }, path),
        box ? download(box, path) : null));
  };
}

function isOf(store, url) {
  return Boolean(store && url) && new URL(store).origin === new URL(url).origin;
}

function picture(url, name) {
  const shown = element("img", {
    src: url, alt: `Picture: ${name}`, on: { error: () => shown.remove() },
  });
  return shown;
}

function download(box, path) {
  const problem = element("span", { class: "problem", role: "alert" });
  const get = async () => {
    try {
      await save(fileUrl(box, path));
      problem.textContent = "";
    } catch (error) {
      problem.textContent = error.message;
    }
  };
  return element("span", { class: "actions" },
    button("Download", get, { "aria-label": `Download ${baseName(path)}` }), problem);
}
