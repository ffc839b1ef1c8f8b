// Shows openapi.json and lets one try it. No library, nothing from elsewhere, nothing stored.

const METHODS = ["get", "post", "put", "patch", "delete"];
const byId = (id) => document.getElementById(id);

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child != null));
  return node;
}

let api;
const resolve = (schema) => {
  while (schema?.$ref) schema = schema.$ref.slice(2).split("/").reduce((at, key) => at[key], api);
  return schema ?? {};
};

function typeName(schema) {
  const named = schema?.$ref?.split("/").pop();
  const found = resolve(schema);
  if (found.enum) return found.enum.map((word) => JSON.stringify(word)).join(" | ");
  if (found.const !== undefined) return JSON.stringify(found.const);
  const options = found.oneOf ?? found.anyOf;
  if (options) return options.map(typeName).join(" | ");
  if (found.type === "array") return `${typeName(found.items)}[]`;
  const type = Array.isArray(found.type) ? found.type.join(" | ") : found.type;
  return named ?? (found.format ? `${type} (${found.format})` : type) ?? "any";
}

function limits(schema) {
  const known = { minimum: "≥", maximum: "≤", minLength: "length ≥", maxLength: "length ≤", maxItems: "items ≤", default: "default" };
  const found = resolve(schema);
  return Object.entries(known)
    .filter(([key]) => found[key] !== undefined && found[key] !== null)
    .map(([key, sign]) => `${sign} ${JSON.stringify(found[key])}`)
    .join(", ");
}

function example(schema, depth = 0) {
  const found = resolve(schema);
  if (found.examples?.length) return found.examples[0];
  if (found.default !== undefined) return found.default;
  if (found.enum) return found.enum[0];
  const options = found.oneOf ?? found.anyOf;
  if (options) return example(options.find((option) => resolve(option).type !== "null") ?? options[0], depth);
  if (found.type === "object" && found.properties && depth < 6) {
    return Object.fromEntries(Object.entries(found.properties).map(([key, value]) => [key, example(value, depth + 1)]));
  }
  if (found.type === "array") return depth < 6 ? [example(found.items, depth + 1)] : [];
  return { string: found.format === "uuid" ? "00000000-0000-0000-0000-000000000000" : "", integer: 0, number: 0, boolean: false, object: {} }[found.type] ?? null;
}

function fields(schema) {
  const found = resolve(schema);
  if (found.type === "array") return fields(found.items);
  if (!found.properties) return el("p", { class: "soft" }, typeName(schema));
  const required = new Set(found.required ?? []);
  const rows = Object.entries(found.properties).map(([name, property]) =>
    el("tr", {},
      el("td", {}, el("code", {}, name), required.has(name) ? " *" : ""),
      el("td", {}, typeName(property), " ", el("span", { class: "soft" }, limits(property))),
      el("td", { class: "soft" }, resolve(property).description ?? "")));
  return el("table", {}, found.description ? el("caption", { class: "soft" }, found.description) : null, rows);
}

function parameters(operation) {
  if (!operation.parameters?.length) return null;
  const rows = operation.parameters.map((parameter) =>
    el("tr", {},
      el("td", {}, el("code", {}, parameter.name), parameter.required ? " *" : "", el("div", { class: "soft" }, parameter.in)),
      el("td", {}, typeName(parameter.schema), " ", el("span", { class: "soft" }, limits(parameter.schema)),
        el("div", { class: "soft" }, parameter.description ?? "")),
      el("td", {}, el("input", { name: `${parameter.in}:${parameter.name}`, "aria-label": parameter.name }))));
  return [el("h3", {}, "Parameters"), el("table", {}, rows)];
}

const content = (holder) => Object.entries(resolve(holder)?.content ?? {})[0] ?? [];

function body(operation) {
  const [type, media] = content(operation.requestBody);
  if (!type) return null;
  const box = type.endsWith("json")
    ? el("textarea", { name: "body", "aria-label": "Body", spellcheck: "false" }, JSON.stringify(example(media.schema), null, 2))
    : el("input", { name: "file", type: "file", "aria-label": "File" });
  return [el("h3", {}, `Body · ${type}`), fields(media.schema), box];
}

function responses(operation) {
  const rows = Object.entries(operation.responses).map(([status, response]) => {
    const [type, media] = content(response);
    return el("tr", {}, el("td", {}, status), el("td", {}, resolve(response).description ?? ""),
      el("td", {}, type ? `${type}: ${typeName(media.schema)}` : ""));
  });
  const [, good] = content(Object.entries(operation.responses).find(([status]) => status.startsWith("2"))?.[1]);
  return [el("h3", {}, "Answers"), el("table", {}, rows), good?.schema ? fields(good.schema) : null];
}

async function send(event, path, method) {
  event.preventDefault();
  const form = event.target;
  const output = form.querySelector("pre");
  const headers = new Headers();
  const query = new URLSearchParams();
  let url = path;
  if (byId("token").value) headers.set("Authorization", `Bearer ${byId("token").value}`);
  for (const input of form.elements) {
    const [place, name] = (input.name ?? "").split(/:(.*)/);
    if (!name || !input.value) continue;
    if (place === "path") url = url.replace(`{${name}}`, encodeURIComponent(input.value));
    if (place === "query") query.append(name, input.value);
    if (place === "header") headers.set(name, input.value);
  }
  let payload;
  if (form.elements.body) {
    headers.set("Content-Type", "application/json");
    payload = form.elements.body.value;
  } else if (form.elements.file?.files.length) {
    payload = new FormData();
    payload.append("data", form.elements.file.files[0]);
  }
  output.hidden = false;
  output.textContent = "…";
  try {
    const answer = await fetch(query.size ? `${url}?${query}` : url, { method: method.toUpperCase(), headers, body: payload });
    const text = await answer.text();
    let shown = text;
    try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON */ }
    output.textContent = `${answer.status} ${answer.statusText}\n${[...answer.headers].map((pair) => pair.join(": ")).join("\n")}\n\n${shown}`;
    const token = JSON.parse(text).access_token;
    if (token) byId("token").value = token;
  } catch (error) {
    if (output.textContent === "…") output.textContent = String(error);
  }
}

function operationView(path, method, operation) {
  const form = el("form", { onsubmit: (event) => send(event, path, method) },
    operation.description ? el("p", {}, operation.description) : null,
    parameters(operation), body(operation), responses(operation),
    el("button", {}, "Send"), el("pre", { hidden: true, "aria-live": "polite" }));
  const view = el("details", { class: "operation", id: operation.operationId },
    el("summary", {}, el("span", { class: "method" }, method.toUpperCase()), el("span", { class: "path" }, path),
      el("span", { class: "soft" }, operation.summary ?? "")),
    el("div", {}, form));
  view.dataset.words = `${method} ${path} ${operation.operationId} ${operation.summary}`.toLowerCase();
  return view;
}

function render() {
  byId("title").textContent = `${api.info.title} ${api.info.version}`;
  const main = byId("main");
  main.replaceChildren(el("p", {}, api.info.description ?? ""));
  const groups = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const tag = item[method].tags?.[0] ?? "Other";
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push([path, method, item[method]]);
    }
  }
  for (const [tag, operations] of groups) {
    main.append(el("h2", {}, tag), ...operations.map((parts) => operationView(...parts)));
    byId("index").append(el("li", { class: "tag" }, tag), ...operations.map(([, , { operationId, summary }]) =>
      el("li", {}, el("a", { href: `#${operationId}`, onclick: () => { byId(operationId).open = true; } }, summary ?? operationId))));
  }
  if (location.hash) { const at = byId(location.hash.slice(1)); if (at) { at.open = true; at.scrollIntoView(); } }
}

byId("filter").addEventListener("input", ({ target }) => {
  for (const view of document.querySelectorAll("details.operation")) view.hidden = !view.dataset.words.includes(target.value.toLowerCase());
});
api = await (await fetch("/docs/openapi.json")).json();
render();
