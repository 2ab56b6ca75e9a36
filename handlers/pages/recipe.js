/**
 * A call with files as code to copy: a link, the upload, the call, the download. Pure functions.
 *
 * A site is `{url, files, user, way}`: the application's URL, the path of the function's box below
 * it (null without one), who calls (null for nobody), and how they say so: basic, bearer or "".
 */

import { PYTHON_WORDS, pretty } from "./json.js";
import { encodePath } from "./names.js";
import { curl as plainCurl, python as plainPython } from "./snippets.js";

const LONGEST_ARGUMENT = 100_000;

/** The languages for a function of this site, as `snippets.js` has them. */
export function recipes(site) {
  const plain = (request) => !site.way && !request.givesFiles && !uploads(site, request).length;
  const writer = (simple, full) => (request, url) =>
    (plain(request) ? simple(request, url) : full(site, request, url));
  return [
    { name: "curl", write: writer(plainCurl, curl) },
    { name: "Python", write: writer(plainPython, python) },
  ];
}

/** The files to upload first: those of which the reader has the original. */
function uploads({ files }, request) {
  return files === null ? [] : request.files.filter(({ local }) => local);
}

/* ---- curl ---- */

function curl(site, request, url) {
  const sent = uploads(site, request);
  const steps = [
    authorization(site),
    ...sent.map((file) => curlUpload(site, file)),
    curlCall(site, request, url),
    request.givesFiles ? curlDownload(request) : "",
  ];
  return steps.filter(Boolean).join("\n\n");
}

const CURL = "curl -gsS --fail-with-body";

function authorization({ way, user }) {
  const words = {
    basic: ["PASSWORD", `-u ${quoted(user ?? "")}":$PASSWORD"`],
    bearer: ["TOKEN", '-H "authorization: Bearer $TOKEN"'],
  }[way];
  if (!words) return `ask() { ${CURL} "$@"; }`;
  const [variable, option] = words;
  return `${remark(`${variable} holds ${passwordOf(way, user)}`)}\n`
    + `ask() { ${CURL} ${option} "$@"; }`;
}

function curlUpload({ url, files }, { path, local }) {
  const wish = quoted(pretty({ content_type: local.type, overwrite: true }));
  return [
    remark(`A link for ${local.name}, and the upload by it`),
    `LINK=$(ask -X PUT ${quoted(`${url}${files}${encodePath(path)}`)} \\`,
    `  -H 'content-type: application/json' -d ${wish} |`,
    "  jq -r '.presigned_put_url // error(.error.message)')",
    `${CURL} -T ${quoted(localName(local))} -H ${quoted(`content-type: ${local.type}`)} "$LINK"`,
  ].join("\n");
}

/** curl and cat take a lone `-` for standard input. */
function localName({ name }) {
  return name.startsWith("-") ? `./${name}` : name;
}

function curlCall(site, request, url) {
  const headers = Object.entries(request.headers).map(
    ([name, value]) => `  -H ${quoted(`${name}: ${value}`)} \\\n`,
  ).join("");
  const body = pretty(request.body);
  const given = new Blob([body]).size <= LONGEST_ARGUMENT
    ? `  -d ${quoted(body)}` : `  --data-binary @- <<'JSON'\n${body}\nJSON\n`;
  const call = `ask ${quoted(url)} \\\n${headers}${given}`;
  if (!request.givesFiles) return `# The call\n${call}`;
  return `# The call\nANSWER=$(${call})\nprintf '%s\\n' "$ANSWER"`;
}

function curlDownload(request) {
  const chosen = isV2(request)
    ? "select(.parameters.url) | .parameters.url, .data[0]"
    : 'select(.datatype == "FILE") | .url, .data';
  return [
    "# The files of the answer, into this folder",
    `printf '%s' "$ANSWER" | jq -r '.outputs[]? | ${chosen}' |`,
    "  while read -r LINK && read -r NAME; do",
    `    ${CURL} --no-clobber -o "./\${NAME##*/}" "$LINK"`,
    "  done",
  ].join("\n");
}

function isV2(request) {
  return request.path.endsWith("/infer");
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A comment, for the shell and for Python; it ends where its line ends. */
function remark(text) {
  return `# ${text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "_")}`;
}

function passwordOf(way, user) {
  return way === "bearer" ? "your token" : `the password of ${user}`;
}

/* ---- Python ---- */

function python(site, request, url) {
  const sent = uploads(site, request);
  const parts = [
    imports(site, request, sent),
    credentials(site),
    SEND,
    ...sent.map((file) => pythonUpload(site, file)),
    pythonCall(site, request, url),
    request.givesFiles ? pythonDownload(request) : "",
    "print(json.dumps(answer, indent=2))",
  ];
  return parts.filter(Boolean).join("\n\n");
}

function imports({ way }, request, sent) {
  const names = [
    ...(way === "basic" ? ["base64"] : []), "json", ...(way ? ["os"] : []),
    ...(sent.length || request.givesFiles ? ["pathlib"] : []), "urllib.request",
  ];
  return names.map((name) => `import ${name}`).join("\n");
}

function credentials({ way, user }) {
  if (way === "basic") {
    return `${remark(`PASSWORD holds ${passwordOf(way, user)}`)}\n`
      + `user = ${JSON.stringify(`${user}:`)} + os.environ["PASSWORD"]\n`
      + "headers = {\n"
      + '    "authorization": "Basic " + base64.b64encode(user.encode()).decode(),\n'
      + '    "content-type": "application/json",\n}';
  }
  const token = '    "authorization": "Bearer " + os.environ["TOKEN"],\n';
  return `headers = {\n${way ? token : ""}    "content-type": "application/json",\n}`;
}

const SEND = `
def send(method, url, body=None, headers={}):
    request = urllib.request.Request(url, body, headers, method=method)
    with urllib.request.urlopen(request) as response:
        return response.read()
`;

function pythonUpload({ url, files }, { path, local }) {
  const wish = pretty({ content_type: local.type, overwrite: true }, PYTHON_WORDS);
  return [
    remark(`A link for ${local.name}, and the upload by it`),
    `wish = json.dumps(${wish}).encode()`,
    `links = json.loads(send("PUT", ${JSON.stringify(`${url}${files}${encodePath(path)}`)}, wish, headers))`,
    `content = pathlib.Path(${JSON.stringify(local.name)}).read_bytes()`,
    'send("PUT", links["presigned_put_url"], content, links["headers"])',
  ].join("\n");
}

function pythonCall(site, request, url) {
  return [
    "# The call",
    `body = ${pretty(request.body, PYTHON_WORDS, 0, 4)}`,
    `answer = json.loads(send("POST", ${JSON.stringify(url)}, json.dumps(body).encode(), headers))`,
  ].join("\n");
}

function pythonDownload(request) {
  const [link, path] = isV2(request)
    ? ['one.get("parameters", {}).get("url")', 'one["data"][0]'] : ['one.get("url")', 'one["data"]'];
  return [
    "# The files of the answer, into this folder",
    'for one in answer["outputs"]:',
    `    if link := ${link}:`,
    `        with open(pathlib.PurePosixPath(${path}).name, "xb") as file:`,
    '            file.write(send("GET", link))',
  ].join("\n");
}
