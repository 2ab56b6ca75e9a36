/**
 * What a function takes and answers, read from an OpenAPI document. Pure functions.
 *
 * A variable is `{name, description, optional, declared, datatypes, contentTypes, shape, sample}`:
 * `shape` is a list of sizes where -1 is any, or null when nothing says it. `fileBox` of a contract
 * is the box where files of the function lie, or null.
 */

/** Every datatype that a request may name. */
export const DATATYPES = [
  "FP32", "FP64", "INT32", "str", "dict", "FILE", "BOOL", "BYTES",
  "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT64", "FP16", "BF16",
];

/**
 * The contract of the function behind `path`; `metadata` is the V2 description of its tensors,
 * or null.
 */
export function describe(document, metadata = null, path = "/predict") {
  const operation = document.paths[path].post;
  const content = operation.requestBody.content["application/json"];
  const asked = content.schema.properties;
  const infer = inferPath(document);
  const [title, namespace] = named(document.info?.title ?? "function");
  return {
    name: title,
    namespace,
    version: document.info?.version ?? "",
    description: document.info?.description ?? "",
    paths: { predict: path, ...(infer ? { v2: infer } : {}) },
    fileBox: operation["x-file-box"] ?? null,
    inputs: variables(asked.inputs, metadata?.inputs, content.example?.inputs),
    outputs: variables(asked.output_fields, metadata?.outputs, content.example?.output_fields),
    endpoints: endpoints(document),
  };
}

/** Where the V2 description of the tensors is, or null. */
export function metadataPath(document) {
  const path = inferPath(document)?.replace(/\/infer$/, "");
  return path && document.paths[path]?.get ? path : null;
}

/** A variable that the caller makes up: any name, any datatype. */
export function undeclared() {
  return {
    name: "",
    description: "",
    optional: true,
    declared: false,
    datatypes: DATATYPES,
    contentTypes: [],
    shape: null,
    sample: null,
  };
}

/** The shape that is declared for one of a variable's datatypes, or null: words have none. */
export function declaredShape(variable, datatype) {
  const words = ["str", "dict", "FILE"];
  const differs = words.includes(datatype) || words.includes(variable.datatypes[0]);
  return differs ? null : variable.shape;
}

function named(title) {
  const parts = title.split("/");
  return [parts.pop(), parts.join("/")];
}

function inferPath(document) {
  return Object.keys(document.paths).find(
    (path) => path.endsWith("/infer") && document.paths[path].post,
  );
}

function variables(list, tensors = [], samples = []) {
  const items = list?.items?.oneOf ?? [];
  return items.map((item) => {
    const name = item.properties.name.const ?? item.title;
    const optional = item["x-optional"] === true;
    const description = item.description ?? "";
    return {
      name,
      description: optional ? description.replace(/ ?\(optional\)$/, "") : description,
      optional,
      declared: true,
      datatypes: item.properties.datatype?.enum ?? DATATYPES,
      contentTypes: item.properties.content_type?.examples ?? [],
      shape: tensors.find((one) => one.name === name)?.shape ?? null,
      sample: samples.find((one) => one.name === name) ?? null,
    };
  });
}

function endpoints(document) {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    ["get", "post", "put", "delete"]
      .filter((method) => item[method])
      .map((method) => ({
        method: method.toUpperCase(),
        path,
        summary: item[method].summary ?? "",
      })),
  );
}
