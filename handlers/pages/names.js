/** Names, types and sizes of files, as the application's API takes them. Pure functions. */

const LONGEST_NAME = 200;
const MEDIA_TYPE = /^[!#$&^_.+\-A-Za-z0-9]{1,127}\/[!#$&^_.+\-A-Za-z0-9]{1,127}$/;
const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** A path for a URL; slashes stay. */
export function encodePath(path) {
  return path.split("/").map(encodeURIComponent).join("/");
}

/** The last part of a path. */
export function baseName(path) {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A name that the API takes, as near to a local file's as can be. */
export function safeName(name) {
  const signs = [...name.normalize("NFC")].map((sign) =>
    (/\p{C}/u.test(sign) || /[/\\]/.test(sign.normalize("NFKC")) ? "_" : sign));
  const safe = shortened(signs.join("").trim());
  return /^[. ]*$/.test(safe.normalize("NFKC")) ? "file" : safe;
}

/** The name for another file beside `name`: `photo-2.png`; the first one's is its own. */
export function numbered(name, count) {
  if (count < 2) return name;
  const [stem, ending] = split(name);
  return `${stem}-${count}${ending}`;
}

function split(name) {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
}

function shortened(name) {
  const length = (text) => new TextEncoder().encode(text).length;
  const [stem, ending] = split(name);
  const signs = [...stem];
  while (signs.length > 1 && length(signs.join("") + ending) > LONGEST_NAME) signs.pop();
  const kept = signs.join("") + ending;
  return length(kept) > LONGEST_NAME ? "file" : kept;
}

/** A local file's type, as a link is bound to it. */
export function mediaType({ type }) {
  return MEDIA_TYPE.test(type) ? type : "application/octet-stream";
}

/** A number of bytes in words; sizes of boxes are powers of a thousand. */
export function bytesText(bytes) {
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit && value < 99.95 ? +value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** Where below the application's URL a path of a box is. */
export function fileUrl(box, path) {
  return `${box.url}${encodePath(path)}`;
}
